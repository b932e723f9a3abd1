package fedi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fedirally/leaderboard"
)

// mostListed is how many rows a list has at most, and mostBesides how much is said
// besides.
const (
	mostListed  = 5
	mostThanked = 12
	mostBesides = 6
)

// draft is a toot with everything that there is to say.
type draft struct {
	form    form
	values  map[string]string
	warning string
	// greeting stands before all, and may call somebody.
	greeting string
	// heading stands above the list, and rest below it says how many rows it lacks.
	heading string
	list    []string
	rest    func(left int) string
	// leastList is how many rows there must be, for the toot to make sense.
	leastList int
	besides   []string
	// disclaimer must be there where needed is true; otherwise the short form, or
	// nothing, does as well.
	disclaimer, short string
	needed            bool
	tags              []string
}

func newDraft(o Occasion, link string) draft {
	news, board := o.News, o.Scene.All
	d := draft{
		form: formOf(news, o.Scene), values: valuesOf(o, link), warning: oneLine(o.Speech.Warning),
		disclaimer: oneLine(board.Drive.Disclaimer), short: "For " + oneLine(board.Drive.Beneficiary) + ".",
		rest: func(int) string { return "" },
	}
	switch news.Kind {
	case leaderboard.NewsDigest, leaderboard.NewsClosed:
		d.heading, d.needed = "The standings:", true
		if news.Kind == leaderboard.NewsClosed {
			d.heading = "The final standings:"
		}
		rows := board.Rows()
		for _, row := range rows[:min(mostListed, len(rows))] {
			d.list = append(d.list, ordinal(row.Rank)+" "+row.Host.Display()+" "+row.Raised.String())
		}
	case leaderboard.NewsThanks:
		if d.form == formThanksOne {
			break
		}
		d.thank(news, o.Scene)
	case leaderboard.NewsOpened, leaderboard.NewsLastDay:
		d.needed = true
	case leaderboard.NewsShare, leaderboard.NewsAmount, leaderboard.NewsDonors, leaderboard.NewsListed,
		leaderboard.NewsLead, leaderboard.NewsOvertake, leaderboard.NewsLastHour:
	}
	for _, other := range news.With[:min(mostBesides, len(news.With))] {
		// How many they are is said of the instance that it is about anyway.
		again := other.Kind == leaderboard.NewsDonors && other.Host == news.Host
		if clause, ok := besidesOf(other, o.Scene); ok && !again {
			d.besides = append(d.besides, clause)
		}
	}
	for _, tag := range o.Speech.Hashtags {
		if tag, ok := hashtag(tag); ok {
			d.tags = append(d.tags, tag)
		}
	}
	return d
}

// thank lists the groups that are thanked.
func (d *draft) thank(news leaderboard.News, scene leaderboard.Scene) {
	rows := thanked(news, scene)
	for _, row := range rows[:min(mostThanked, len(rows))] {
		d.list = append(d.list, people(row.Donors)+" on "+row.Host.Display())
	}
	d.leastList = 1
	d.rest = func(left int) string {
		if left += len(rows) - len(d.list); left > 0 {
			return "and people on " + count(int64(left), "more instance", "more instances")
		}
		return ""
	}
}

// besidesOf is news as a clause. Words for it are few, so that it stays short.
func besidesOf(news leaderboard.News, scene leaderboard.Scene) (string, bool) {
	words := map[leaderboard.NewsKind]string{
		leaderboard.NewsShare:    "the race has reached {part}",
		leaderboard.NewsAmount:   "{host} has reached {threshold}",
		leaderboard.NewsDonors:   "{donors} have given through {host}",
		leaderboard.NewsListed:   "{host} has joined the board",
		leaderboard.NewsLead:     "{host} has taken the lead",
		leaderboard.NewsOvertake: "{host} has climbed to {rank}",
	}[news.Kind]
	return fill(words, valuesOf(Occasion{News: news, Scene: scene}, ""))
}

// fit fills a variant and shortens what is around it until it fits. It reports false if
// it cannot be made to fit, or lacks a value.
func (d draft) fit(variant string, limits Limits) (string, bool) {
	body, ok := fill(tidyText(variant), d.values)
	if body = quiet(body); !ok || body == "" {
		return "", false
	}
	for {
		text := d.compose(body)
		if limits.Length(d.warning, text) <= limits.MaxCharacters {
			return text, standsAlone(text, d.values["link"])
		}
		switch {
		case len(d.tags) > 0:
			d.tags = d.tags[:len(d.tags)-1]
		case !d.needed && d.disclaimer != "":
			d.disclaimer = ""
		case len(d.besides) > 0:
			d.besides = d.besides[:len(d.besides)-1]
		case len(d.list) > d.leastList:
			d.drop()
		case !d.needed && d.short != "":
			d.short = ""
		default:
			return "", false
		}
	}
}

// standsAlone reports whether a text has the link in it once, and so that servers take it
// for that very address.
func standsAlone(text, link string) bool {
	before, behind, found := strings.Cut(text, link)
	if !found || strings.Contains(behind, link) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(behind, ".,;:!?"))
	last, _ := utf8.DecodeLastRuneInString(before)
	return (before == "" || unicode.IsSpace(last)) && (first == utf8.RuneError || unicode.IsSpace(first))
}

// drop takes the last row off the list.
func (d *draft) drop() {
	rest := d.rest
	d.list = d.list[:len(d.list)-1]
	d.rest = func(left int) string { return rest(left + 1) }
}

// compose puts the parts together.
func (d draft) compose(body string) string {
	paragraphs := []string{d.greeting + body}
	if len(d.list) > 0 {
		lines := d.list
		if d.heading != "" {
			lines = append([]string{d.heading}, lines...)
		}
		if rest := d.rest(0); rest != "" {
			lines = append(lines[:len(lines):len(lines)], rest)
		}
		paragraphs = append(paragraphs, strings.Join(lines, "\n"))
	}
	if len(d.besides) > 0 {
		paragraphs = append(paragraphs, "Also: "+strings.Join(d.besides, "; ")+".")
	}
	link := d.values["link"]
	if !strings.Contains(body, link) {
		paragraphs = append(paragraphs, link)
	}
	switch {
	case d.disclaimer != "":
		paragraphs = append(paragraphs, d.disclaimer)
	case d.short != "":
		paragraphs = append(paragraphs, d.short)
	}
	if len(d.tags) > 0 {
		paragraphs = append(paragraphs, strings.Join(d.tags, " "))
	}
	return strings.Join(paragraphs, "\n\n")
}
