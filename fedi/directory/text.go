package directory

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"fedirally/fedi"
)

const (
	// mostTitle and mostWord bound what people and programs are called, in characters as
	// people see them.
	mostTitle = 60
	mostWord  = 40
	// mostMarks is how many accents one character may wear, and mostRaw how much of a text
	// is looked at.
	mostMarks = 3
	mostRaw   = 4 << 10
)

// plain is what a server says, fit to be shown anywhere: one line of visible text,
// without marks, without what turns the text around it, and not long.
func plain(s string, most int) string {
	if len(s) > mostRaw {
		s = s[:mostRaw]
	}
	marks := 0
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			marks = 0
			return ' '
		case r == '\u200d' || r == '\ufe0f' || r == '\ufe0e': // they hold emoji together
			return r
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r):
			if marks++; marks > mostMarks {
				return -1
			}
			return r
		case !unicode.IsGraphic(r), r == unicode.ReplacementChar, isBlank(r):
			return -1
		}
		marks = 0
		return r
	}, fedi.Plain(s))
	s = strings.Join(strings.Fields(s), " ")
	return cut(strings.TrimRight(strings.TrimLeft(s, " \u200d\ufe0f\ufe0e"), " \u200d"), most)
}

// isBlank reports letters that nobody sees.
func isBlank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return false
}

// mostCluster is how many bytes one character may have: families of emoji have 25.
const mostCluster = 40

// cut leaves at most so many characters, and none that is a tower of many.
func cut(s string, most int) string {
	var short strings.Builder
	characters := uniseg.NewGraphemes(s)
	for n := 0; characters.Next(); {
		if len(characters.Str()) > mostCluster {
			continue
		}
		if n++; n > most {
			return strings.TrimSpace(short.String()) + "…"
		}
		short.WriteString(characters.Str())
	}
	return strings.TrimSpace(short.String())
}

// software is the name of a program: lower case, of letters, digits and little else.
func software(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.', r == '+':
			return r
		case unicode.IsSpace(r):
			return '-'
		}
		return -1
	}, strings.ToLower(plain(s, mostWord)))
	return strings.Trim(s, "-._+")
}
