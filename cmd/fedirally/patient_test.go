package main

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// patientRace is a race whose notices are sent in parts, through faults.
type patientRace struct {
	env  map[string]string
	race *actbluetest.Race
	rest []actbluetest.Notice
	// concurrency is how many are posted at once; 0: a few.
	concurrency int
}

func newPatientRace(t *testing.T, env map[string]string, orders int) *patientRace {
	t.Helper()
	race := harshRace(t, 11, orders)
	openRace(t, env, race, "--min-donors", "3")
	return &patientRace{env: env, race: race, rest: actbluetest.Notices(race.Deliveries)}
}

// post sends that many notices once each, and gives how many were answered how.
// What was not acknowledged comes again later.
func (r *patientRace) post(t *testing.T, address string, count int) map[int]int {
	t.Helper()
	posting := sender(address)
	posting.Attempts = 1
	posting.Concurrency = cmp.Or(r.concurrency, posting.Concurrency)
	count = min(count, len(r.rest))
	report, err := posting.Send(t.Context(), r.rest[:count])
	require.NoError(t, err)
	answers := map[int]int{}
	for _, outcome := range report {
		answers[outcome.Status]++
	}
	r.rest = append(report.With(actbluetest.Open), r.rest[count:]...)
	return answers
}

// finish sends all that is left, each until it is acknowledged, and holds the
// ledger and the board against the model.
func (r *patientRace) finish(t *testing.T, address string) {
	t.Helper()
	posting := sender(address)
	report, err := posting.Send(t.Context(), r.rest)
	require.NoError(t, err)
	require.Len(t, report.With(actbluetest.Acknowledged), len(r.rest))
	model := actbluetest.NewModel()
	model.Feed(actbluetest.Notices(r.race.Deliveries)...)
	drive := r.race.Drive(newYork(t), 3)
	want := model.Result(drive).All()
	checkExport(t, r.env, want)
	checkBoard(t, address, want)
	audit := mustJSON[auditDocument](t, r.env, "audit", "--json")
	assert.True(t, audit.OK, "%v", audit.Differences)
}

// busiestHour is when the hour began in which most was given.
func (r *patientRace) busiestHour(t *testing.T) (begin time.Time) {
	t.Helper()
	model := actbluetest.NewModel()
	model.Feed(actbluetest.Notices(r.race.Deliveries)...)
	var most leaderboard.Cents
	for period, sums := range model.Result(r.race.Drive(newYork(t), 3)) {
		if period.Span == leaderboard.Hour && sums.Total.Raised > most {
			most, begin = sums.Total.Raised, time.UnixMicro(period.Start)
		}
	}
	require.Positive(t, most)
	return begin
}

// showsPeriods holds the boards of the day and the hour against the model.
func (r *patientRace) showsPeriods(t *testing.T, s *server, now time.Time) {
	t.Helper()
	drive := r.race.Drive(newYork(t), 3)
	model := actbluetest.NewModel()
	model.Feed(actbluetest.Notices(r.race.Deliveries)...)
	stored, err := s.store.Drive(t.Context(), "race")
	require.NoError(t, err)
	for _, span := range []leaderboard.Span{leaderboard.Day, leaderboard.Hour} {
		period := leaderboard.PeriodOf(span, now, drive.Zone)
		want := model.Result(drive)[period]
		raised := map[leaderboard.Host]leaderboard.Cents{}
		for _, sum := range want.Hosts {
			if sum.Listed {
				raised[sum.Host] = sum.Raised
			}
		}
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			board, err := s.standings.Board(t.Context(), stored, leaderboard.ByAmount, period)
			require.NoError(c, err)
			assert.Equal(c, want.Total.Raised, board.Raised)
			got := map[leaderboard.Host]leaderboard.Cents{}
			for _, row := range board.Rows() {
				got[row.Host] = row.Raised
			}
			assert.Equal(c, raised, got)
		}, time.Minute, 50*time.Millisecond)
	}
}
