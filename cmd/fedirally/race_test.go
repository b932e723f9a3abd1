package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// harshRace is a race with every shape and mishap that the simulator knows.
func harshRace(t testing.TB, seed uint64, orders int) *actbluetest.Race {
	t.Helper()
	mix := actbluetest.HarshMix()
	hosts := []leaderboard.Host{
		"mastodon.social", "fosstodon.org", "hachyderm.io", "my-inst.example", "xn--bcher-kva.example",
		"a.b-c.d.example", "infosec.exchange", "tiny.example", "mas.to", "never-vetted.example",
	}
	race, err := actbluetest.NewRace(actbluetest.Options{
		Seed: seed, Hosts: hosts, Forms: []string{"form-one", "form-two"}, Entities: []int64{900001, 900002},
		Aliases: map[string]leaderboard.Host{"newsletter_june": "mas.to"},
		Now:     time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC), Backlog: orders, Live: -1, Mix: &mix,
	})
	require.NoError(t, err)
	return race
}

// TestRaceAgreesWithTheModel sends a race over HTTP, shuffled, with repeats and
// from many connections at once, and holds every balance, the order of the board
// and the audit against the independent model.
func TestRaceAgreesWithTheModel(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				database := url
				if seed > 0 {
					database = freshLike(t, url)
				}
				raceAgrees(t, database, seed, 700)
			})
		}
	})
}

func raceAgrees(t *testing.T, database string, seed uint64, orders int) {
	env := settingsOf(database)
	race := harshRace(t, seed, orders)
	s := serveHere(t, env, quiet)
	openRace(t, env, race, "--min-donors", "3")

	rng := rand.New(rand.NewPCG(seed, 99))
	notices := actbluetest.Notices(race.Deliveries)
	notices = actbluetest.Shuffle(rng, actbluetest.Repeat(rng, notices, 0.3))
	report, err := sender(s.address().String()).Send(t.Context(), notices)
	require.NoError(t, err)
	require.Len(t, report.With(actbluetest.Acknowledged), len(notices), "everything must be acknowledged")

	model := actbluetest.NewModel()
	model.Feed(notices...)
	agreesWithModel(t, s, env, model, race.Drive(newYork(t), 3))
}

// agreesWithModel compares every balance, the exports and the public board.
func agreesWithModel(t *testing.T, s *server, env map[string]string, model *actbluetest.Model, drive actbluetest.Drive) {
	t.Helper()
	booksAgree(t, s.store, env, model, drive)
	checkBoard(t, s.address().String(), model.Result(drive).All())
}

// booksAgree compares every balance and the exports, and audits.
func booksAgree(t *testing.T, store *ledger.Store, env map[string]string, model *actbluetest.Model, drive actbluetest.Drive) {
	t.Helper()
	want := model.Result(drive)
	stored, err := store.Drive(t.Context(), "race")
	require.NoError(t, err)
	got := map[leaderboard.BalanceKey]actbluetest.Sum{}
	require.NoError(t, store.Balances(t.Context(), stored.ID, func(key leaderboard.BalanceKey, b leaderboard.Standing) error {
		got[key] = actbluetest.Sum{Host: key.Host, Raised: b.Raised, Gifts: b.Gifts, Donors: b.Donors, Reached: b.Reached, Listed: b.Listed}
		return nil
	}))
	compared := 0
	for period, sums := range want {
		sums.Total.Host = leaderboard.EveryHost
		for _, sum := range append(sums.Hosts, sums.Total, sums.Unattributed) {
			key := leaderboard.BalanceKey{Drive: stored.ID, Period: period, Host: sum.Host}
			assert.Equal(t, sum, got[key], "%s of %q", period.Span, sum.Host)
			delete(got, key)
			compared++
		}
	}
	require.Greater(t, compared, 100)
	for key, sum := range got {
		assert.Zero(t, sum.Raised, "%v stands there and is not in the model", key)
	}
	checkExport(t, env, want.All())
	report := mustJSON[auditDocument](t, env, "audit", "--json")
	assert.True(t, report.OK, "%v", report.Differences)
}

func checkExport(t *testing.T, env map[string]string, want actbluetest.Sums) {
	t.Helper()
	export := mustJSON[standingsDocument](t, env, "export", "standings", "--drive", "race", "--json")
	assert.EqualValues(t, want.Total.Raised, export.RaisedCents)
	assert.EqualValues(t, want.Unattributed.Raised, export.UnattributedCents)
	var hosts []standingDocument
	for _, sum := range want.Hosts {
		if sum.Raised != 0 {
			hosts = append(hosts, standingDocument{string(sum.Host), int64(sum.Raised), sum.Donors, sum.Gifts, sum.Listed})
		}
	}
	assert.Equal(t, hosts, export.Standings)
}

// checkBoard reads the public board over HTTP. It may be half a second old, so
// it is asked until it shows the whole sum.
func checkBoard(t *testing.T, address string, want actbluetest.Sums) {
	t.Helper()
	type row struct {
		Rank        int    `json:"rank"`
		Host        string `json:"host"`
		RaisedCents int64  `json:"raised_cents"`
		Donors      int64  `json:"donors"`
	}
	var listed []row
	for _, sum := range want.Hosts {
		if !sum.Listed {
			continue
		}
		rank := len(listed) + 1
		if n := len(listed); n > 0 && listed[n-1].RaisedCents == int64(sum.Raised) {
			rank = listed[n-1].Rank
		}
		listed = append(listed, row{rank, string(sum.Host), int64(sum.Raised), sum.Donors})
	}
	var board struct {
		RaisedCents int64 `json:"raised_cents"`
		Standings   []row `json:"standings"`
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		board.Standings = nil
		getJSON(c, address+"/api/v1/drives/race/standings?limit=1000", &board)
		assert.EqualValues(c, want.Total.Raised, board.RaisedCents)
		assert.Equal(c, listed, board.Standings)
	}, 20*time.Second, 100*time.Millisecond)
}

func getJSON(t require.TestingT, url string, into any) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, json.NewDecoder(response.Body).Decode(into))
}
