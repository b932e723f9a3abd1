package fedi

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"fedirally/leaderboard"
)

// ordinal writes 1st, 2nd, 3rd, 4th, 11th, 21st.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return number(int64(n)) + suffix
}

// number writes 1,234.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func people(n int64) string { return count(n, "person", "people") }

// lasting writes a stretch of time in its one fitting unit.
func lasting(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return count(int64(d/(24*time.Hour)), "day", "days")
	case d >= 2*time.Hour:
		return count(int64((d+30*time.Minute)/time.Hour), "hour", "hours")
	}
	return count(int64((d+30*time.Second)/time.Minute), "minute", "minutes")
}

// dayOf says which day a period is, seen from now: "yesterday", "on Monday". The zero
// period is all the time until now.
func dayOf(period leaderboard.Period, now time.Time, zone *time.Location) string {
	if period == (leaderboard.Period{}) {
		return "so far"
	}
	if zone == nil {
		zone = time.UTC
	}
	day, today := time.UnixMicro(period.Start).In(zone), now.In(zone)
	between := midnight(today).Sub(midnight(day))
	switch days := int(between / (24 * time.Hour)); {
	case days == 0:
		return "today"
	case days == 1:
		return "yesterday"
	case days > 1 && days < 7:
		return "on " + day.Weekday().String()
	}
	return "on " + day.Format("January 2")
}

// midnight is a date as a time of UTC, so that days are of one length.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

var mentionLike = regexp.MustCompile(`@(\w)`)

// quiet breaks what would call somebody, by a joiner that nobody sees or hears.
func quiet(s string) string { return mentionLike.ReplaceAllString(s, "@\u2060$1") }

// oneLine is a text that somebody typed for a drive, fit for a toot: on one line, and
// calling nobody.
func oneLine(s string) string { return quiet(strings.Join(strings.Fields(tidyText(s)), " ")) }

// hashtag writes a tag with its mark. Words are joined in CamelCase, which is how a
// screen reader can tell them apart.
func hashtag(s string) (string, bool) {
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	for i, word := range words {
		if runes := []rune(word); len(words) > 1 {
			words[i] = string(unicode.ToUpper(runes[0])) + string(runes[1:])
		}
	}
	tag := strings.Join(words, "")
	return "#" + tag, strings.ContainsFunc(tag, unicode.IsLetter)
}
