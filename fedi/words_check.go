package fedi

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"fedirally/leaderboard"
)

// Placeholders are the names that words for a kind of news may have in braces. Not each
// has a value every time: {left} has none where a drive has no end, {next} none for the
// instance in front. Words that lack a value are passed over that time.
func Placeholders(kind leaderboard.NewsKind) []string {
	names := []string{"link", "drive", "beneficiary", "goal", "total", "progress", "share", "stretch", "people", "left"}
	switch kind {
	case leaderboard.NewsShare:
		names = append(names, "threshold", "part")
	case leaderboard.NewsAmount, leaderboard.NewsDonors:
		names = append(names, "host", "rank", "raised", "donors", "next", "threshold")
	case leaderboard.NewsListed, leaderboard.NewsLead, leaderboard.NewsOvertake:
		names = append(names, "host", "rank", "raised", "donors", "next")
	case leaderboard.NewsDigest:
		names = append(names, "day", "raised", "donors")
	case leaderboard.NewsThanks:
		names = append(names, "day", "host", "donors")
	case leaderboard.NewsOpened, leaderboard.NewsLastDay, leaderboard.NewsLastHour, leaderboard.NewsClosed:
	}
	if kind == leaderboard.NewsLead {
		names = append(names, "second")
	}
	return names
}

// needsHost reports whether nobody knows what news of a kind is about without the host.
func needsHost(kind leaderboard.NewsKind) bool {
	return slices.Contains(Placeholders(kind), "host") && kind != leaderboard.NewsThanks
}

// mostVariant bounds a variant, in bytes.
const mostVariant = 4_000

var (
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	mention     = regexp.MustCompile(`@(\w+(@[\w.-]+)?|\{\w*\}?)`)
	linkAlone   = regexp.MustCompile(`(^|\s)\{link\}($|[\s.,;:!?])`)
)

// CheckWords names every mistake in words of an organizer's own.
func CheckWords(words map[leaderboard.NewsKind][]string, limits Limits) error {
	var faults []error
	for _, kind := range slices.Sorted(maps.Keys(words)) {
		if !slices.Contains(Kinds(), kind) {
			faults = append(faults, fmt.Errorf("words for %q: there is no such kind of news; there are %s", kind, listed(Kinds())))
			continue
		}
		for i, variant := range words[kind] {
			for _, fault := range checkVariant(kind, variant, limits) {
				faults = append(faults, fmt.Errorf("words for %q, number %d: %w", kind, i+1, fault))
			}
		}
	}
	return errors.Join(faults...)
}

// Kinds are the kinds of news for which there are words, in the order of a drive.
func Kinds() []leaderboard.NewsKind {
	return []leaderboard.NewsKind{
		leaderboard.NewsOpened, leaderboard.NewsShare, leaderboard.NewsAmount, leaderboard.NewsDonors, leaderboard.NewsListed,
		leaderboard.NewsLead, leaderboard.NewsOvertake, leaderboard.NewsDigest, leaderboard.NewsLastDay, leaderboard.NewsLastHour,
		leaderboard.NewsClosed, leaderboard.NewsThanks,
	}
}

func checkVariant(kind leaderboard.NewsKind, variant string, limits Limits) []error {
	var faults []error
	say := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	if strings.TrimSpace(variant) == "" {
		return []error{errors.New("they are empty")}
	}
	if len(variant) > mostVariant {
		return []error{fmt.Errorf("they have more than %d bytes", mostVariant)}
	}
	say(strings.ContainsFunc(variant, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || r == '\uFFFD' }),
		"they have a character in them that is none, or not UTF-8")
	names := Placeholders(kind)
	found := placeholder.FindAllStringSubmatch(variant, -1)
	for _, match := range found {
		if name := match[1]; !slices.Contains(names, name) {
			say(true, "{%s} says nothing here%s; there are {%s}", name, didYouMean(name, names), strings.Join(names, "} {"))
		}
	}
	say(strings.ContainsAny(placeholder.ReplaceAllString(variant, ""), "{}"), "a brace is open: write placeholders as {host}")
	say(needsHost(kind) && !strings.Contains(variant, "{host}"), "they lack {host}: nobody would know which instance is meant")
	say(strings.Count(variant, "{link}") > 1, "{link} stands in them more than once")
	say(strings.Contains(variant, "{link}") && !linkAlone.MatchString(variant), "{link} needs a space before and behind it, or it is no link")
	if called := mention.FindString(variant); called != "" {
		say(true, "%s would be called, and has not asked for it", called)
	}
	if len(faults) == 0 {
		length := sampleLength(kind, variant, limits)
		say(length > limits.MaxCharacters, "with a content warning, a link and a long name they can have %d characters, and the server takes %d",
			length, limits.MaxCharacters)
	}
	return faults
}

// didYouMean names the placeholder that differs by one slip, if there is one.
func didYouMean(name string, names []string) string {
	for _, known := range names {
		if strings.EqualFold(name, known) || strings.TrimSpace(name) == known || oneSlip(name, known) {
			return ", did you mean {" + known + "}?"
		}
	}
	return ""
}

// oneSlip reports whether two names differ by a letter that is wrong, missing, too many,
// or swapped with the next.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(b)-len(a) == 1:
		return a[i:] == b[i+1:]
	case len(a) != len(b) || i == len(a):
		return false
	case a[i+1:] == b[i+1:]:
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// sampleLength is what a variant comes to with figures and names that are long, and with
// all that cannot be left out around it.
func sampleLength(kind leaderboard.NewsKind, variant string, limits Limits) int {
	link := "https://rally.example.org/drives/a-drive-with-a-name/instances/an-instance.example.social?n=12345"
	values := map[string]string{
		"link": link, "drive": "A drive with a title of this length", "beneficiary": "Committee for a Good Cause", "goal": "$1,250,000",
		"total": "$1,234,567.89", "progress": "$1,234,567.89 (100% of the goal)", "share": "100%", "stretch": "$1,500,000", "people": "12,345 people", "left": "23 hours",
		"threshold": "$1,000,000", "part": "three quarters of the goal", "host": "an-instance.example.social", "rank": "23rd",
		"raised": "$123,456.78", "donors": "12,345 people", "next": "$12,345 takes 22nd", "day": "on Wednesday",
		"second": "another.example.social",
	}
	body, _ := fill(variant, values)
	d := draft{values: values}
	if kind == leaderboard.NewsThanks {
		d.list = []string{"12,345 people on an-instance.example.social"}
	}
	d.rest = func(int) string { return "" }
	return limits.Length("US politics, fundraising", d.compose(body))
}

func listed(kinds []leaderboard.NewsKind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}
