package fedi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

func TestHashtags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		given, want string
		ok          bool
	}{
		{"Fedirally", "#Fedirally", true},
		{"#Fedirally", "#Fedirally", true},
		{"get out the vote", "#GetOutTheVote", true},
		{"InstanceRace", "#InstanceRace", true},
		{"Vote2026", "#Vote2026", true},
		{"GOTV-now", "#GOTVNow", true},
		{"snake_case", "#snake_case", true},
		{"straße", "#straße", true},
		{"2026", "#2026", false},
		{"", "#", false},
		{"!?", "#", false},
		{"_", "#_", false},
	} {
		tag, ok := fedi.Hashtag(tt.given)
		assert.Equal(t, tt.ok, ok, tt.given)
		if ok {
			assert.Equal(t, tt.want, tag)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	// The clocks are put back in the night of November 1, 2026, a Sunday.
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 30, 0, 0, zone)
	}
	period := func(t time.Time) leaderboard.Period { return leaderboard.PeriodOf(leaderboard.Day, t, zone) }
	assert.Equal(t, "today", fedi.DayOf(period(at(11, 1, 0)), at(11, 1, 23), zone))
	assert.Equal(t, "yesterday", fedi.DayOf(period(at(11, 1, 12)), at(11, 2, 0), zone))
	assert.Equal(t, "yesterday", fedi.DayOf(period(at(10, 31, 23)), at(11, 1, 0), zone))
	assert.Equal(t, "on Saturday", fedi.DayOf(period(at(10, 31, 23)), at(11, 2, 0), zone))
	assert.Equal(t, "on Saturday", fedi.DayOf(period(at(10, 31, 0)), at(11, 6, 0), zone))
	assert.Equal(t, "on October 31", fedi.DayOf(period(at(10, 31, 0)), at(11, 7, 0), zone))
	assert.Equal(t, "so far", fedi.DayOf(leaderboard.Period{}, at(11, 7, 0), zone))
	assert.Equal(t, "today", fedi.DayOf(leaderboard.PeriodOf(leaderboard.Day, at(10, 3, 3), time.UTC), at(10, 3, 3), nil))
}

func TestLasting(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		72*time.Hour + 5*time.Minute:  "3 days",
		47*time.Hour + 59*time.Minute: "48 hours",
		23*time.Hour + 29*time.Minute: "23 hours",
		119 * time.Minute:             "119 minutes",
		time.Hour - 20*time.Second:    "60 minutes",
		50 * time.Second:              "1 minute",
	} {
		assert.Equal(t, want, fedi.Lasting(d))
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	for threshold, want := range map[int64]string{
		2_500: "a quarter of the goal", 5_000: "half of the goal", 7_500: "three quarters of the goal", 10_000: "the goal",
		12_500: "125% of the goal", 20_000: "twice the goal", 60_000: "6 times the goal", 3_000: "30% of the goal",
	} {
		assert.Equal(t, want, fedi.Part(threshold, 10_000))
	}
	assert.Equal(t, "the goal", fedi.Part(1, 0))
}

// A title or a disclaimer calls nobody and breaks no line.
func TestOneLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Vote with @\u2060sam@\u2060a.example now", fedi.OneLine("  Vote\n with \t@sam@a.example\x00 now "))
	assert.Equal(t, "5 @ noon", fedi.OneLine("5 @ noon"))
}
