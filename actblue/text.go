package actblue

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Lengths, in characters, that text is cut to: longer than any honest value,
// and short enough for any column and page.
const (
	maxName    = 200
	maxEmail   = 254
	maxRefcode = 256
	maxOrder   = 64
	maxForm    = 128
	maxKey     = 64
)

// clean removes what no database, log or page should meet: NUL and other control
// characters, the marks that reorder text, and the sign for what was not UTF-8.
// Line breaks become spaces. Space around the text is cut off.
func clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strings.TrimSpace(s) // almost every text is plain
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError, r == '\ufeff':
			return -1
		}
		return r
	}, s))
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n--; n < 0 {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// instant is RFC 3339 and the ways in which Ruby's and older servers write it.
// Without an offset a time is not an instant, so one is always demanded.
var instant = regexp.MustCompile(
	`^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)? ?(?:([Zz]|UTC)|([+-]\d\d):?(\d\d))$`)

// parseTime reads a time with an offset from UTC, and returns it in UTC to the
// microsecond. Years in which ActBlue was not yet, or that no payment of today
// can be in, are refused.
func parseTime(s string) (time.Time, bool) {
	part := instant.FindStringSubmatch(s)
	if part == nil {
		return time.Time{}, false
	}
	offset := part[5] + ":" + part[6]
	if part[4] != "" {
		offset = "Z"
	}
	t, err := time.Parse(time.RFC3339, part[1]+"T"+part[2]+part[3]+offset)
	if err != nil {
		return time.Time{}, false
	}
	t = t.UTC().Truncate(time.Microsecond)
	return t, t.Year() >= 2004 && t.Year() <= 2100
}
