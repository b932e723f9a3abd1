package bot_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// racers are the instances of the race, with how readily their people give.
var racers = []struct {
	host leaderboard.Host
	pull float64
}{
	{"mastodon.example", 22},
	{"fosstodon.example", 15},
	{"hachyderm.example", 14},
	{"knitting.example", 9},
	{"photog.example", 7},
	{"sfba.example", 7},
	{"science.example", 6},
	{"gardens.example", 5},
	{"books.example", 4},
	{"bikes.example", 3},
	{"teachers.example", 3},
	{"trains.example", 2},
	{"tiny.example", 0.05},
	{"oddities.example", 2},
}

// The bot's server does not answer in this hour.
var cutFrom, cutTo = start.Add(5*24*time.Hour + 5*time.Hour), start.Add(5*24*time.Hour + 6*time.Hour)

const twoWeeksFile = "testdata/two-weeks.txt"

// TestTwoWeeks lives through a drive of two weeks with all that happens in one: quiet
// nights, bursts, overtakes, a refund of a large gift, an hour without the bot's server,
// an instance that is hidden, thanks that a campaigner asks for, and a close finish. The
// timeline is kept in testdata/two-weeks.txt, where a person should enjoy it.
func TestTwoWeeks(t *testing.T) {
	s := newStage(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil)
	for _, r := range racers {
		require.NoError(t, s.store.SetInstance(t.Context(), r.host, leaderboard.Known, "test"))
	}
	rng := rand.New(rand.NewPCG(2026, 6))
	const step = 10 * time.Minute
	var large int64
	end := s.drive.End.Add(30 * time.Hour)
	for at := start.Add(-30 * time.Minute); at.Before(end); at = at.Add(step) {
		s.set(at)
		switch { // what happens once
		case at.Equal(start.Add(3*24*time.Hour + 2*time.Hour)):
			large = s.give("books.example", "books-patron", 600_00)
		case at.Equal(start.Add(4*24*time.Hour + 7*time.Hour)):
			s.refund(large, 600_00)
		case at.Equal(cutFrom):
			s.server.Chaos(1, feditest.Unavailable)
		case at.Equal(cutTo):
			s.server.Calm()
		case at.Equal(start.Add(7 * 24 * time.Hour)):
			err := s.store.SetInstance(t.Context(), "oddities.example", leaderboard.Hidden, "test")
			require.NoError(t, err)
		case at.Equal(start.Add(9*24*time.Hour + 6*time.Hour)):
			_, err := s.store.Request(t.Context(), leaderboard.News{
				Kind: leaderboard.NewsThanks, Drive: s.drive.ID, Host: "knitting.example", At: at,
			}, false)
			require.NoError(t, err)
		}
		if s.drive.State(at) == leaderboard.Live {
			for range giftsAt(rng, at) {
				host := pick(rng, at)
				s.give(host, fmt.Sprintf("%s-%d", host, rng.IntN(400)), leaderboard.Cents(500+100*rng.IntN(30)))
			}
		}
		s.bot.Turn(t.Context())
	}
	posts := s.server.Posts()
	toots, err := s.store.Toots(t.Context(), ledger.Toots{}, 1000)
	require.NoError(t, err)
	slices.Reverse(toots)
	checkTimeline(t, posts, toots)

	story := tellTimeline(s, posts, toots)
	if *update {
		require.NoError(t, os.WriteFile(twoWeeksFile, []byte(story), 0o600))
	}
	want, err := os.ReadFile(twoWeeksFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), story, "read it, and rewrite it with -update")
}

// giftsAt is how many gifts come in ten minutes: few at night, many in a burst.
func giftsAt(rng *rand.Rand, at time.Time) int {
	rate := 0.9
	if hour := at.Add(-4 * time.Hour).Hour(); hour < 8 || hour > 22 {
		rate = 0.12
	}
	day := int(at.Sub(start) / (24 * time.Hour))
	if day == 0 || day >= 12 {
		rate *= 2.2
	}
	if !at.Before(cutFrom) && at.Before(cutTo) {
		rate = 25 // a popular post, while nobody can read of it
	}
	n := int(rate)
	if rng.Float64() < rate-float64(n) {
		n++
	}
	return n + rng.IntN(2)*rng.IntN(int(rate)+1)
}

// pick chooses an instance. Some wake up late.
func pick(rng *rand.Rand, at time.Time) leaderboard.Host {
	day := at.Sub(start).Hours() / 24
	weight := func(host leaderboard.Host, pull float64) float64 {
		switch host { //nolint:exhaustive // a host is any
		case "hachyderm.example":
			return pull * (0.4 + day/4)
		case "knitting.example":
			return pull * (0.3 + day/5)
		case "mastodon.example":
			if day > 12.5 {
				return 5 * pull // they want the first place back
			}
			return pull * (1.2 - day/12)
		case "trains.example", "teachers.example":
			if day < 4 {
				return 0
			}
			return 2 * pull
		}
		return pull
	}
	sum := 0.0
	for _, r := range racers {
		sum += weight(r.host, r.pull)
	}
	for at := rng.Float64() * sum; ; {
		for _, r := range racers {
			if at -= weight(r.host, r.pull); at < 0 {
				return r.host
			}
		}
	}
}

// checkTimeline holds a timeline against what is promised of every one.
func checkTimeline(t *testing.T, posts []feditest.Post, toots []ledger.Toot) {
	t.Helper()
	links := map[string]int{}
	for _, post := range posts {
		links[regexp.MustCompile(`https://\S+\?n=\d+`).FindString(post.Text)]++
		assert.Equal(t, "US politics, fundraising", post.Warning)
		assert.Equal(t, "en", post.Language)
		assert.Equal(t, "unlisted", post.Visibility)
		for _, media := range post.Media {
			assert.NotEmpty(t, media.Alt)
		}
		assert.NotContains(t, post.Text, "@", "nobody is called")
		assert.NotContains(t, post.Text, "tiny.example", "it never has five donors")
		if post.At.After(start.Add(7 * 24 * time.Hour)) {
			assert.NotContains(t, post.Text, "oddities.example", "it is hidden")
		}
	}
	for link, times := range links {
		assert.NotEmpty(t, link)
		assert.Equal(t, 1, times, link)
	}
	kinds := map[leaderboard.NewsKind]int{}
	var announced []time.Time
	posted, crossed := 0, 0
	for _, toot := range toots {
		for _, n := range append([]leaderboard.News{toot.News}, toot.News.With...) {
			if n.Kind == leaderboard.NewsAmount && n.Host == "books.example" && n.Threshold == 500_00 {
				crossed++
			}
		}
		if toot.State != ledger.TootPosted {
			continue
		}
		posted++
		assert.NotContains(t, string(toot.Post), `"picture"`, "it is of no use any more")
		kinds[toot.News.Kind]++
		switch toot.News.Kind {
		case leaderboard.NewsShare, leaderboard.NewsAmount, leaderboard.NewsDonors, leaderboard.NewsListed, leaderboard.NewsLead, leaderboard.NewsOvertake:
			announced = append(announced, toot.Created)
		case leaderboard.NewsOpened, leaderboard.NewsDigest, leaderboard.NewsLastDay, leaderboard.NewsLastHour, leaderboard.NewsClosed, leaderboard.NewsThanks:
		}
	}
	assert.Len(t, posts, posted, "each toot that was posted is there, and no other")
	for i := 3; i < len(announced); i++ {
		assert.GreaterOrEqual(t, announced[i].Sub(announced[i-3]), 24*time.Hour, "at most three announcements in 24 hours")
	}
	assert.Equal(t, 1, crossed, "what a refund has undone is not said again when it is passed again")
	afterCut := 0
	for _, post := range posts {
		if !post.At.Before(cutFrom) && post.At.Before(cutTo.Add(2*time.Hour)) {
			afterCut++
			assert.False(t, post.At.Before(cutTo))
		}
	}
	assert.Equal(t, 1, afterCut, "an hour without the server ends with one toot")
	for _, once := range []leaderboard.NewsKind{leaderboard.NewsOpened, leaderboard.NewsLastDay, leaderboard.NewsLastHour, leaderboard.NewsClosed} {
		assert.Equal(t, 1, kinds[once], once)
	}
	for _, often := range []leaderboard.NewsKind{leaderboard.NewsDigest, leaderboard.NewsThanks} {
		assert.GreaterOrEqual(t, kinds[often], 10, often)
	}
	for _, some := range []leaderboard.NewsKind{leaderboard.NewsShare, leaderboard.NewsLead, leaderboard.NewsAmount} {
		assert.Positive(t, kinds[some], some)
	}
	variants := map[leaderboard.NewsKind]string{}
	for _, toot := range toots {
		if toot.State == ledger.TootPosted {
			text := tootText(toot)
			shape := regexp.MustCompile(`[\d$,.%]+`).ReplaceAllString(strings.SplitN(text, "\n", 2)[0], "#")
			assert.NotEqual(t, variants[toot.News.Kind], shape, "the same words twice in a row")
			variants[toot.News.Kind] = shape
		}
	}
}

// tootText is what was sent.
func tootText(toot ledger.Toot) string {
	var post struct{ Text string }
	if err := json.Unmarshal(toot.Post, &post); err != nil {
		return ""
	}
	return post.Text
}

// tellTimeline writes it down for a person.
func tellTimeline(s *stage, posts []feditest.Post, toots []ledger.Toot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Two weeks of %s, as the bot told them.\n\n", s.drive.Title)
	byLink := map[string]feditest.Post{}
	for _, post := range posts {
		byLink[regexp.MustCompile(`\?n=\d+`).FindString(post.Text)] = post
	}
	for _, toot := range toots {
		post, found := byLink[fmt.Sprintf("?n=%d", toot.ID)]
		if !found {
			fmt.Fprintf(&b, "──── %s · %s · %s: %s\n\n", toot.Created.In(s.drive.Zone).Format("Mon, Jan 2, 15:04"), toot.News.Kind, toot.State, toot.Why)
			continue
		}
		fmt.Fprintf(&b, "──── %s · %s\n\n%s\n\n", post.At.In(s.drive.Zone).Format("Mon, Jan 2, 15:04"), toot.News.Kind, post.Text)
		for _, media := range post.Media {
			fmt.Fprintf(&b, "[picture: %s]\n\n", media.Alt)
		}
	}
	return b.String()
}
