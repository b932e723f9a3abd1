package fedi_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

// servers are ways to count: by Mastodon's rule with its limits and with less room, with
// addresses in full, and as GoToSocial does.
func servers() []feditest.Style {
	return []feditest.Style{
		{MaxCharacters: 500, PerURL: 23},
		{MaxCharacters: 300, PerURL: 23},
		{MaxCharacters: 500, PerURL: 25},
		{MaxCharacters: 300},
		{MaxCharacters: 5000},
		{MaxCharacters: 500, PerURL: 25, Runes: true},
		{MaxCharacters: 140, PerURL: 23},
	}
}

func limitsOf(style feditest.Style) fedi.Limits {
	return fedi.Limits{MaxCharacters: style.MaxCharacters, PerURL: style.PerURL, Runes: style.Runes, Description: 1500}
}

var callsSomebody = regexp.MustCompile(`@[A-Za-z0-9_]`)

// assertSound checks what has to hold for every toot. The length is counted by the
// simulated server, which shares no code with the writer.
func assertSound(t interface {
	assert.TestingT
	Helper()
}, toot fedi.Toot, row int64, style feditest.Style, scene leaderboard.Scene, pool []leaderboard.Host,
) {
	t.Helper()
	assert.LessOrEqual(t, style.Length(toot.Warning, toot.Text), style.MaxCharacters, "%s", toot.Text)
	assert.Equal(t, 1, strings.Count(toot.Text, toot.Link), "one link of its own: %s", toot.Text)
	alone := 0
	for _, word := range strings.Fields(toot.Text) {
		if strings.TrimRight(word, ".,;:!?") == toot.Link {
			alone++
		}
	}
	assert.Equal(t, 1, alone, "and it stands alone: %s", toot.Text)
	if address, err := url.Parse(toot.Link); assert.NoError(t, err) {
		assert.Equal(t, strconv.FormatInt(row, 10), address.Query().Get("n"))
	}
	assert.True(t, utf8.ValidString(toot.Text))
	assert.NotRegexp(t, callsSomebody, toot.Text+toot.Warning)
	assert.Equal(t, len(toot.Picture) > 0, toot.Alt != "")
	said := toot.Text + " " + toot.Alt
	for _, host := range pool {
		_, onBoard := scene.All.Row(host)
		_, onDay := scene.Yesterday.Row(host)
		if !onBoard && !onDay {
			assert.NotContains(t, said, host.Display())
			assert.NotContains(t, said, string(host))
		}
	}
}

// Whatever the race looks like, and whatever the outbox holds: a toot fits, has its link,
// and names nobody who is not on the board.
func TestEveryTootIsSound(t *testing.T) {
	t.Parallel()
	pool := make([]leaderboard.Host, 12)
	for i := range pool {
		pool[i] = leaderboard.Host(fmt.Sprintf("server-%02d.example", i))
	}
	pool[11] = "xn--strae-oqa.example"
	usual := autumn(t)
	rapid.Check(t, func(t *rapid.T) {
		drive := usual
		drive.Title = rapid.OneOf(rapid.Just("The autumn race"), rapid.StringN(1, 60, 200), rapid.Just("Vote @sam@a.example! #Now 🏳️‍🌈")).Draw(t, "title")
		drive.Disclaimer = rapid.SampledFrom([]string{"Paid for by us.", strings.Repeat("Paid for by a committee. ", 8)}).Draw(t, "disclaimer")
		drive.Goal = leaderboard.Cents(rapid.Int64Range(1, 1_000_000_00).Draw(t, "goal"))
		drive.MinDonors = rapid.IntRange(1, 8).Draw(t, "minimum")
		now := drive.Start.Add(time.Duration(rapid.Int64Range(0, int64(34*24*time.Hour)).Draw(t, "now")))
		board := func(period leaderboard.Period, name string) leaderboard.Board {
			var standings []leaderboard.Standing
			total := leaderboard.Standing{Host: leaderboard.EveryHost}
			for _, host := range pool {
				s := leaderboard.Standing{
					Host: host, Raised: leaderboard.Cents(rapid.Int64Range(0, 500_000_00).Draw(t, name)), Donors: rapid.Int64Range(0, 40).Draw(t, name),
				}
				s.Listed = leaderboard.Listed(s, leaderboard.Policy{MinDonors: drive.MinDonors, State: rapid.SampledFrom([]leaderboard.InstanceState{leaderboard.Known, leaderboard.Known, leaderboard.Hidden}).Draw(t, name)})
				total.Raised, total.Donors = total.Raised+s.Raised, total.Donors+s.Donors
				standings = append(standings, s)
			}
			return leaderboard.NewBoard(drive, leaderboard.ByAmount, period, total, standings, now)
		}
		yesterday := leaderboard.PeriodOf(leaderboard.Day, now.Add(-24*time.Hour), drive.Zone)
		scene := leaderboard.Scene{Now: now, All: board(leaderboard.Period{}, "all"), Yesterday: board(yesterday, "day")}

		kinds := []leaderboard.NewsKind{
			"opened", "share", "amount", "donors", "listed", "lead", "overtake", "digest", "last-day", "last-hour", "closed", "thanks",
		}
		one := func() leaderboard.News {
			n := leaderboard.News{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Drive: 1, Rank: rapid.IntRange(1, 9).Draw(t, "rank"), Threshold: rapid.Int64Range(0, 300_000_00).Draw(t, "threshold")}
			if slices.Contains([]leaderboard.NewsKind{"amount", "donors", "listed", "lead", "overtake", "thanks"}, n.Kind) {
				n.Host = rapid.SampledFrom(pool).Draw(t, "host")
			}
			if n.Kind == "digest" || n.Kind == "thanks" && rapid.Bool().Draw(t, "of the day") {
				n.Period = yesterday
			}
			if n.Kind == "thanks" && rapid.Bool().Draw(t, "all") {
				n.Host = ""
			}
			return n
		}
		news := one()
		for range rapid.IntRange(0, 9).Draw(t, "with") {
			news.With = append(news.With, one())
		}
		style := rapid.SampledFrom(servers()).Draw(t, "server")
		o := fedi.Occasion{
			Row: rapid.Int64Range(1, 1_000_000).Draw(t, "row"), News: news, Scene: scene, Speech: leaderboard.DefaultSpeech(),
			Turn: rapid.IntRange(0, 100).Draw(t, "turn"), Limits: limitsOf(style),
		}
		o.Speech.Warning = rapid.SampledFrom([]string{"", "US politics, fundraising", strings.Repeat("w", 90), "@sam 🏳️‍🌈"}).Draw(t, "warning")
		o.Speech.Hashtags = rapid.SliceOfN(rapid.StringN(0, 20, 60), 0, 4).Draw(t, "tags")
		toot, err := writer().Write(o)
		if _, is := isUnsaid(err); is {
			return
		}
		require.NoError(t, err)
		assertSound(t, toot, o.Row, style, scene, pool)
	})
}

// FuzzWords writes toots in words that somebody has typed, checked or not. None is
// unsound, and the check never panics.
func FuzzWords(f *testing.F) {
	f.Add("{host} has reached {threshold} in {drive}! {link}", "US politics", "The race", "Fedirally")
	f.Add("{host} {rank} {raised} {donors} {next} {second} {people} {goal} {share}", "", "", "")
	f.Add("{{host}} }{ {link}{link}", "@a@b.example", "@a https://x.example/?n=12", "#A b-c")
	f.Add("{host}\n\n\n{host}\x00", "\n", "{host}", "123")
	f.Add("{host} https://rally.example.org/drives/autumn/instances/fosstodon.example?n=12", "", "🏳️‍🌈", "é")
	f.Fuzz(func(t *testing.T, words, warning, title, tag string) {
		news, scene := newsOf(t, "amount")
		scene.All.Drive.Title = title
		pool := []leaderboard.Host{small, secret}
		if strings.Contains(words+title+warning+tag, ".example") {
			pool = nil // somebody typed it
		}
		for _, style := range servers() {
			o := occasion(news, scene)
			o.Limits, o.Speech.Warning, o.Speech.Hashtags = limitsOf(style), warning, []string{tag, "Fedirally"}
			o.Speech.Words = map[leaderboard.NewsKind][]string{leaderboard.NewsAmount: {words}}
			toot, err := writer().Write(o)
			if _, is := isUnsaid(err); is {
				continue
			}
			require.NoError(t, err)
			assertSound(t, toot, o.Row, style, scene, pool)
			_ = fedi.CheckWords(o.Speech.Words, o.Limits)
		}
	})
}
