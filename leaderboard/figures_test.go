package leaderboard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestWindowHoldsThePresentAndThePreviousPeriods(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	// A quarter past midnight on the day after the clocks went back.
	now := time.Date(2026, 11, 2, 0, 15, 0, 0, zone)
	window := leaderboard.WindowAt(now, zone)

	at := func(span leaderboard.Span, t time.Time) leaderboard.Period {
		return leaderboard.PeriodOf(span, t, zone)
	}
	for name, tt := range map[string]struct {
		period leaderboard.Period
		want   bool
	}{
		"all time":               {leaderboard.Period{}, true},
		"this hour":              {at(leaderboard.Hour, now), true},
		"last hour":              {at(leaderboard.Hour, now.Add(-time.Hour)), true},
		"the hour before":        {at(leaderboard.Hour, now.Add(-2*time.Hour)), false},
		"an hour that will come": {at(leaderboard.Hour, now.Add(time.Hour)), true},
		"today":                  {at(leaderboard.Day, now), true},
		"yesterday, 25 hours":    {at(leaderboard.Day, now.Add(-25*time.Hour)), true},
		"the day before":         {at(leaderboard.Day, now.Add(-26*time.Hour)), false},
	} {
		assert.Equal(t, tt.want, window.Holds(tt.period), name)
	}
	assert.False(t, window.Holds(leaderboard.Period{Span: 7}))
}
