package main

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
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
