package leaderboard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

// stage is a drive with figures that a test moves, and a bot that listens to it.
type stage struct {
	drive  leaderboard.Drive
	speech leaderboard.Speech
	now    time.Time
	said   leaderboard.Said
	total  leaderboard.Cents
	hosts  map[leaderboard.Host]leaderboard.Standing
	// yesterday is what the board of the day before shows.
	yesterday []leaderboard.Standing
	told      []leaderboard.News
}

func newStage(t testing.TB) *stage {
	t.Helper()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	begin := time.Date(2026, 10, 1, 9, 0, 0, 0, zone)
	return &stage{
		drive: leaderboard.Drive{
			ID: 3, Slug: "race", Goal: 10_000_00, Zone: zone, MinDonors: 5, Start: begin, End: begin.Add(14 * 24 * time.Hour),
		},
		speech: leaderboard.DefaultSpeech(), now: begin, hosts: map[leaderboard.Host]leaderboard.Standing{},
	}
}

func (s *stage) give(host leaderboard.Host, cents leaderboard.Cents, donors int64) {
	standing := s.hosts[host]
	standing.Host, standing.Raised, standing.Donors = host, standing.Raised+cents, standing.Donors+donors
	standing.Reached = s.now.UnixMicro()
	standing.Listed = standing.Donors >= 5 && standing.Raised > 0
	s.hosts[host] = standing
	s.total += cents
}

// pass lets time go by and listens every ten minutes.
func (s *stage) pass(d time.Duration) []leaderboard.News {
	var told []leaderboard.News
	for end := s.now.Add(d); ; {
		told = append(told, s.listen()...)
		if !s.now.Before(end) {
			return told
		}
		s.now = s.now.Add(min(10*time.Minute, end.Sub(s.now)))
	}
}

func (s *stage) listen() []leaderboard.News {
	board := func(span leaderboard.Span, at time.Time, standings []leaderboard.Standing) leaderboard.Board {
		total := leaderboard.Standing{Raised: s.total}
		if span == leaderboard.Day {
			total = leaderboard.Standing{}
			for _, standing := range standings {
				total.Raised += standing.Raised
				total.Donors += standing.Donors
			}
		}
		return leaderboard.NewBoard(s.drive, leaderboard.ByAmount, leaderboard.PeriodOf(span, at, s.drive.Zone), total, standings, s.now)
	}
	var all []leaderboard.Standing
	for _, standing := range s.hosts {
		all = append(all, standing)
	}
	news, said := s.speech.Tell(s.said, leaderboard.Scene{
		Now: s.now, All: board(leaderboard.AllTime, s.now, all), Yesterday: board(leaderboard.Day, s.now.Add(-24*time.Hour), s.yesterday),
	})
	s.said = said
	s.told = append(s.told, news...)
	return news
}

// words writes news shortly: "listed mas.to +2".
func words(news []leaderboard.News) []string {
	var list []string
	for _, n := range news {
		text := string(n.Kind)
		if n.Host != "" {
			text += " " + string(n.Host)
		}
		if n.Threshold != 0 {
			text += fmt.Sprint(" ", n.Threshold)
		}
		if n.Rank != 0 {
			text += fmt.Sprint(" #", n.Rank)
		}
		if len(n.With) > 0 {
			text += " with " + strings.Join(words(n.With), ", ")
		}
		list = append(list, text)
	}
	return list
}

func TestTellOpensOnce(t *testing.T) {
	s := newStage(t)
	s.now = s.drive.Start.Add(-time.Hour)
	assert.Empty(t, s.pass(50*time.Minute), "nothing before the start")
	assert.Equal(t, []string{"opened"}, words(s.pass(30*time.Minute)))
	assert.Empty(t, s.pass(2*time.Hour))
}

// Two who pass each other again and again are news once.
func TestTellOfARivalryOnce(t *testing.T) {
	s := newStage(t)
	s.speech.DigestHour, s.speech.Amounts, s.speech.Donors, s.speech.Gap, s.speech.Least = -1, nil, nil, 10*time.Minute, -9
	s.drive.Goal = 1_000_000_00
	for host, cents := range map[leaderboard.Host]leaderboard.Cents{"a.example": 900_00, "b.example": 500_00, "c.example": 400_00} {
		s.give(host, cents, 9)
	}
	s.pass(3 * time.Hour)
	told := len(s.told)
	for range 5 {
		s.give("c.example", 150_00, 1)
		s.pass(30 * time.Minute)
		s.give("b.example", 150_00, 1)
		s.pass(30 * time.Minute)
	}
	overtakes := []string{}
	for _, text := range words(s.told[told:]) {
		if strings.HasPrefix(text, "overtake") {
			overtakes = append(overtakes, text)
		}
	}
	assert.Equal(t, []string{"overtake c.example #2"}, overtakes)
}

// What goes by in silence is known afterwards, a new leader too.
func TestTellNothingOfWhatWentByInSilence(t *testing.T) {
	s := newStage(t)
	s.speech.DigestHour = -1
	s.give("a.example", 900_00, 9)
	s.give("b.example", 500_00, 9)
	s.pass(6 * time.Hour)
	s.speech.Silent = true
	s.give("b.example", 900_00, 30)
	assert.Empty(t, s.pass(6*time.Hour))
	s.speech.Silent = false
	assert.Empty(t, s.pass(12*time.Hour))
	s.give("a.example", 900_00, 0)
	assert.NotEmpty(t, s.pass(12*time.Hour), "and what comes then is told")
}

// A bot that comes into a race takes what it finds as known.
func TestTellComesLate(t *testing.T) {
	s := newStage(t)
	s.now = s.drive.Start.Add(3 * 24 * time.Hour)
	s.give("mas.to", 6_000_00, 80)
	assert.Empty(t, s.pass(24*time.Hour))
	s.give("mas.to", 2_000_00, 1)
	assert.Equal(t, []string{"share 750000"}, words(s.pass(time.Hour)))
}

func TestTellIsOneForABurst(t *testing.T) {
	s := newStage(t)
	s.speech.DigestHour = -1
	s.pass(3 * time.Hour)
	for i := range 40 {
		s.give("mas.to", 70_00, 1)
		s.give("fosstodon.org", 60_00, 1)
		s.now = s.now.Add(time.Second)
		assert.Empty(t, s.listen(), i)
	}
	assert.Equal(t, []string{"share 500000 with amount mas.to 250000"}, shorter(s.pass(2*time.Hour)))
}

// shorter leaves out what depends on when within a burst it was listened.
func shorter(news []leaderboard.News) []string {
	for i := range news {
		news[i].With = slices.DeleteFunc(slices.Clone(news[i].With), func(n leaderboard.News) bool { return n.Host != "mas.to" })
	}
	return words(news)
}

func TestTellSpeaksOfARefundNeverAndOfAMilestoneOnce(t *testing.T) {
	s := newStage(t)
	s.give("mas.to", 90_00, 9)
	s.pass(3 * time.Hour)
	s.give("mas.to", 2_500_00, 0)
	assert.Equal(t, []string{"share 250000 with amount mas.to 250000"}, words(s.pass(time.Hour)))
	s.give("mas.to", -2_500_00, 0)
	assert.Empty(t, s.pass(12*time.Hour))
	s.give("mas.to", 2_500_00, 0)
	assert.Empty(t, s.pass(6*time.Hour), "it was said before")

	// Undone before it was said, it is not said at all.
	s.give("mas.to", 2_500_00, 0)
	s.listen()
	s.give("mas.to", -2_500_00, 0)
	assert.Empty(t, s.pass(6*time.Hour))
}

func TestTellWhoLeads(t *testing.T) {
	s := newStage(t)
	s.speech.Amounts, s.speech.Donors, s.drive.Goal = nil, nil, 1_000_000_00
	s.give("a.example", 300_00, 6)
	s.give("b.example", 200_00, 6)
	s.give("c.example", 100_00, 6)
	s.pass(3 * time.Hour)
	s.give("b.example", 150_00, 0)
	assert.Equal(t, []string{"lead b.example #1"}, words(s.pass(3*time.Hour)))
	s.now = s.now.Add(24 * time.Hour)
	s.give("c.example", 220_00, 0)
	assert.Equal(t, []string{"overtake c.example #2"}, words(s.pass(3*time.Hour)))
	s.now = s.now.Add(24 * time.Hour)
	s.give("c.example", 100_00, 0) // leads for a moment
	s.listen()
	s.give("b.example", 150_00, 0)
	assert.Empty(t, s.pass(3*time.Hour), "nobody has heard of it")
	s.now = s.now.Add(24 * time.Hour)
	s.give("b.example", -200_00, 0) // a refund makes c.example the first
	assert.Empty(t, s.pass(3*time.Hour), "nobody has overtaken anybody")
	assert.Equal(t, leaderboard.Host("c.example"), s.said.Lead.Host)
	s.give("b.example", 120_00, 0) // level
	assert.Empty(t, s.pass(3*time.Hour), "who draws level has not taken the place")
}

func TestTellADayAndItsEnd(t *testing.T) {
	s := newStage(t)
	s.pass(time.Hour)
	s.now = s.drive.Start.Add(24 * time.Hour).Add(-time.Minute) // 8:59
	s.yesterday = []leaderboard.Standing{{Host: "mas.to", Raised: 100_00, Donors: 7, Listed: true}}
	assert.Empty(t, s.listen())
	s.now = s.now.Add(time.Minute)
	day := leaderboard.PeriodOf(leaderboard.Day, s.drive.Start, s.drive.Zone)
	told := s.pass(2 * time.Hour)
	require.Equal(t, []string{"digest"}, words(told))
	assert.Equal(t, day, told[0].Period)
	told = s.pass(2 * time.Hour)
	require.Equal(t, []string{"thanks"}, words(told))
	assert.Equal(t, day, told[0].Period)

	s.yesterday = nil
	s.now = s.drive.End.Add(-26 * time.Hour)
	assert.Equal(t, []string{"last-day"}, words(s.pass(12*time.Hour)))
	assert.Equal(t, []string{"last-hour"}, words(s.pass(14*time.Hour)))
	s.give("mas.to", 9_999_00, 9) // a late notice is part of the end
	assert.Equal(t, []string{"closed"}, words(s.pass(3*24*time.Hour)))
}

// After an outage the bot catches up with a digest, whatever has happened.
func TestTellAfterAnOutage(t *testing.T) {
	s := newStage(t)
	s.pass(time.Hour)
	for i := range 30 {
		s.give(leaderboard.Host(fmt.Sprintf("i%d.example", i)), 500_00, 12)
	}
	s.now = s.now.Add(time.Hour)
	told := s.pass(30 * time.Minute)
	require.Len(t, told, 1)
	assert.LessOrEqual(t, len(told[0].With), 3)
	assert.NotEmpty(t, s.said.Untold, "the rest waits for the digest")
	s.yesterday = []leaderboard.Standing{{Host: "i1.example", Raised: 500_00, Donors: 12, Listed: true}}
	s.now = s.drive.Start.Add(24 * time.Hour)
	told = s.listen()
	require.Equal(t, leaderboard.NewsDigest, told[0].Kind)
	assert.NotEmpty(t, told[0].With)
	assert.Empty(t, s.said.Untold)
}

func TestTellInSilence(t *testing.T) {
	s := newStage(t)
	s.speech.Silent = true
	s.give("mas.to", 6_000_00, 80)
	assert.Empty(t, s.pass(20*24*time.Hour))
	assert.Empty(t, s.said.Untold)
	assert.EqualValues(t, 5_000_00, s.said.Share)
}

// Whatever happens: nothing is said twice, no more than the cap is announced within a
// day, gaps are kept, only instances of the board are named, and all of it is true.
func TestTellKeepsItsManners(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStage(&testing.T{})
		s.speech.PerDay = rapid.IntRange(0, 4).Draw(t, "cap")
		s.speech.First = rapid.IntRange(0, 5).Draw(t, "first")
		keys := map[string]bool{}
		var announced []time.Time
		var last time.Time
		for range rapid.IntRange(10, 120).Draw(t, "steps") {
			host := leaderboard.Host(fmt.Sprintf("i%d.example", rapid.IntRange(0, 6).Draw(t, "host")))
			cents := rapid.Int64Range(-2_000_00, 5_000_00).Draw(t, "cents")
			if s.hosts[host].Raised+leaderboard.Cents(cents) >= 0 {
				s.give(host, leaderboard.Cents(cents), rapid.Int64Range(0, 6).Draw(t, "donors"))
			}
			s.now = s.now.Add(time.Duration(rapid.Int64Range(1, int64(9*time.Hour)).Draw(t, "wait")))
			for _, n := range s.listen() {
				require.False(t, keys[n.Key()], n.Key())
				keys[n.Key()] = true
				for _, told := range append(slices.Clone(n.With), n) {
					if told.Host != "" {
						require.True(t, s.hosts[told.Host].Listed, "%s is not listed", told.Host)
					}
				}
				if n.Importance() < 9 {
					require.True(t, n.At.Before(s.now), "a burst is waited for")
					require.GreaterOrEqual(t, s.now.Sub(last), s.speech.Gap)
					announced = append(announced, s.now)
					recent := slices.DeleteFunc(slices.Clone(announced), func(at time.Time) bool { return s.now.Sub(at) >= 24*time.Hour })
					require.LessOrEqual(t, len(recent), s.speech.PerDay)
				}
				last = s.now
			}
			require.LessOrEqual(t, len(s.said.Untold), 40)
		}
	})
}

func TestStretch(t *testing.T) {
	for raised, want := range map[leaderboard.Cents]leaderboard.Cents{
		-5: 1000, 0: 1000, 999: 1000, 1000: 1250, 1249: 1250, 1250: 1500, 1999: 2000, 2000: 2500, 4999: 5000, 5000: 6000, 6000: 7000,
	} {
		assert.Equal(t, want, leaderboard.Stretch(1000, raised), raised)
	}
	assert.EqualValues(t, 4, leaderboard.Stretch(3, 3))
	assert.EqualValues(t, 1, leaderboard.Stretch(0, 0))
}
