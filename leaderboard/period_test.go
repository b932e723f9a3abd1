package leaderboard_test

import (
	"testing"
	"time"
	_ "time/tzdata" // so that zones do not depend on the machine

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	require.NoError(t, err)
	return location
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

func TestPeriodOf(t *testing.T) {
	for _, test := range []struct{ name, zone, at, day, hour string }{
		{"a plain day", "America/New_York", "2026-06-10T12:34:56.789-04:00", "2026-06-10T00:00:00-04:00", "2026-06-10T12:00:00-04:00"},
		{"the last microsecond", "America/New_York", "2026-06-10T23:59:59.999999-04:00", "2026-06-10T00:00:00-04:00", "2026-06-10T23:00:00-04:00"},
		{"midnight", "America/New_York", "2026-06-11T00:00:00-04:00", "2026-06-11T00:00:00-04:00", "2026-06-11T00:00:00-04:00"},
		{"a day of 23 hours", "America/New_York", "2026-03-08T23:30:00-04:00", "2026-03-08T00:00:00-05:00", "2026-03-08T23:00:00-04:00"},
		{"after the missing hour", "America/New_York", "2026-03-08T03:30:00-04:00", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"first pass of the repeated hour", "America/New_York", "2026-11-01T01:30:00-04:00", "2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00"},
		{"second pass of the repeated hour", "America/New_York", "2026-11-01T01:30:00-05:00", "2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-05:00"},
		{"half an hour beside UTC", "Asia/Kolkata", "2026-06-10T00:10:00+05:30", "2026-06-10T00:00:00+05:30", "2026-06-10T00:00:00+05:30"},
		{"before a missing half hour", "Australia/Lord_Howe", "2026-10-04T01:59:00+10:30", "2026-10-04T00:00:00+10:30", "2026-10-04T01:00:00+10:30"},
		{"after a missing half hour", "Australia/Lord_Howe", "2026-10-04T02:45:00+11:00", "2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"first pass of a repeated half hour", "Australia/Lord_Howe", "2026-04-05T01:45:00+11:00", "2026-04-05T00:00:00+11:00", "2026-04-05T01:00:00+11:00"},
		{"second pass of a repeated half hour", "Australia/Lord_Howe", "2026-04-05T01:45:00+10:30", "2026-04-05T00:00:00+11:00", "2026-04-05T01:30:00+10:30"},
		{"no midnight", "America/Havana", "2026-03-08T01:30:00-04:00", "2026-03-08T01:00:00-04:00", "2026-03-08T01:00:00-04:00"},
		{"two midnights, first pass", "America/Havana", "2026-11-01T00:30:00-04:00", "2026-11-01T00:00:00-04:00", "2026-11-01T00:00:00-04:00"},
		{"two midnights, second pass", "America/Havana", "2026-11-01T00:30:00-05:00", "2026-11-01T00:00:00-04:00", "2026-11-01T00:00:00-05:00"},
		{"no midnight in Cairo", "Africa/Cairo", "2026-04-24T01:00:00+03:00", "2026-04-24T01:00:00+03:00", "2026-04-24T01:00:00+03:00"},
		{"the hour before midnight twice", "Africa/Cairo", "2026-10-29T23:30:00+02:00", "2026-10-29T00:00:00+03:00", "2026-10-29T23:00:00+02:00"},
		{"a minute past midnight, then yesterday again", "America/St_Johns", "2006-10-29T00:00:30-02:30", "2006-10-29T00:00:00-02:30", "2006-10-29T00:00:00-02:30"},
		{"yesterday again", "America/St_Johns", "2006-10-28T23:30:00-03:30", "2006-10-28T00:00:00-02:30", "2006-10-28T23:01:00-03:30"},
		{"today after yesterday came again", "America/St_Johns", "2006-10-29T09:00:00-03:30", "2006-10-29T00:00:00-02:30", "2006-10-29T09:00:00-03:30"},
		{"a missing hour from 00:01", "America/St_Johns", "2006-04-02T01:30:00-02:30", "2006-04-02T00:00:00-03:30", "2006-04-02T01:01:00-02:30"},
		{"before a missing date", "Pacific/Apia", "2011-12-29T23:30:00-10:00", "2011-12-29T00:00:00-10:00", "2011-12-29T23:00:00-10:00"},
		{"after a missing date", "Pacific/Apia", "2011-12-31T00:30:00+14:00", "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00"},
		{"a date twice, first pass", "Pacific/Kwajalein", "1969-09-30T23:30:00+11:00", "1969-09-30T00:00:00+11:00", "1969-09-30T23:00:00+11:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			at, in := instant(t, test.at), zone(t, test.zone)
			day, hour := leaderboard.PeriodOf(leaderboard.Day, at, in), leaderboard.PeriodOf(leaderboard.Hour, at, in)
			assert.Equal(t, instant(t, test.day).UTC(), time.UnixMicro(day.Start).UTC(), "day")
			assert.Equal(t, instant(t, test.hour).UTC(), time.UnixMicro(hour.Start).UTC(), "hour")
			assert.Equal(t, [3]leaderboard.Period{{}, day, hour}, leaderboard.PeriodsOf(at, in))
		})
	}
}

// TestPeriodsAreOfTheClock holds periods against what a clock on the wall shows,
// near the changes of the clocks that are known to be hard.
func TestPeriodsAreOfTheClock(t *testing.T) {
	near := map[string][]string{
		"America/New_York":    {"2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"},
		"America/St_Johns":    {"2006-04-02T03:31:00Z", "2006-10-29T02:31:00Z", "1988-04-03T03:31:00Z", "1988-10-30T01:31:00Z"},
		"Asia/Kolkata":        {"2026-06-10T00:00:00Z"},
		"Australia/Lord_Howe": {"2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"},
		"America/Havana":      {"2026-03-08T05:00:00Z", "2026-11-01T05:00:00Z"},
		"Africa/Cairo":        {"2026-04-23T22:00:00Z", "2026-10-29T21:00:00Z", "2014-05-15T22:00:00Z"},
		"Pacific/Apia":        {"2011-12-30T10:00:00Z", "2011-09-24T14:00:00Z"},
		"America/Asuncion":    {"2023-10-01T04:00:00Z", "2024-03-24T03:00:00Z"},
		"Antarctica/Troll":    {"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"},
	}
	names := make([]string, 0, len(near))
	for name := range near {
		names = append(names, name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "zone")
		in := zone(t, name)
		change := instant(t, rapid.SampledFrom(near[name]).Draw(rt, "near"))
		draw := func(label string) time.Time {
			micros := rapid.Int64Range(-30*3600e6, 30*3600e6).Draw(rt, label)
			if rapid.Bool().Draw(rt, label+" on a minute") {
				micros -= micros % 60e6
			}
			return change.Add(time.Duration(micros) * time.Microsecond).In(in)
		}
		a, b := draw("a"), draw("b")
		day, hour := leaderboard.PeriodOf(leaderboard.Day, a, in), leaderboard.PeriodOf(leaderboard.Hour, a, in)
		start := time.UnixMicro(day.Start).In(in)
		require.LessOrEqual(rt, day.Start, a.UnixMicro())
		require.Less(rt, a.Sub(start), 48*time.Hour, "no day is that long")
		require.Equal(rt, a.Format(time.DateOnly), start.Format(time.DateOnly), "the day starts on its date")
		require.NotEqual(rt, a.Format(time.DateOnly), start.Add(-time.Microsecond).Format(time.DateOnly), "%s: it starts with its date", a)
		require.Equal(rt, a.Format(time.DateOnly) == b.Format(time.DateOnly), day == leaderboard.PeriodOf(leaderboard.Day, b, in), "%s and %s", a, b)

		begun := time.UnixMicro(hour.Start).In(in)
		require.LessOrEqual(rt, hour.Start, a.UnixMicro())
		require.Less(rt, a.Sub(begun), time.Hour)
		_, offsetA := a.Zone()
		_, offsetB := b.Zone()
		require.Equal(rt, a.Format("2006-01-02 15"), begun.Format("2006-01-02 15"))
		sameHour := offsetA == offsetB && a.Format("2006-01-02 15") == b.Format("2006-01-02 15")
		require.Equal(rt, sameHour, hour == leaderboard.PeriodOf(leaderboard.Hour, b, in), "%s and %s", a, b)
		require.Equal(rt, leaderboard.Period{}, leaderboard.PeriodOf(leaderboard.AllTime, a, in))
	})
}

func TestSpan(t *testing.T) {
	for _, span := range []leaderboard.Span{leaderboard.AllTime, leaderboard.Day, leaderboard.Hour} {
		parsed, err := leaderboard.ParseSpan(span.String())
		require.NoError(t, err)
		assert.Equal(t, span, parsed)
	}
	_, err := leaderboard.ParseSpan("Day")
	require.ErrorContains(t, err, `"Day"`)
}
