package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard/ledger/ledgertest"
)

// kills is how often a server is killed on each database; many times in the long run.
func kills() int {
	if os.Getenv("FEDIRALLY_LONG") != "" {
		return 200
	}
	return 6
}

// freshLike gives another fresh database of the same kind.
func freshLike(t testing.TB, url string) string {
	t.Helper()
	if strings.HasPrefix(url, "sqlite:") {
		return "sqlite:" + filepath.Join(t.TempDir(), "another.db")
	}
	return ledgertest.Postgres(t)
}

// TestKillLosesNothingAcknowledged kills the server in the middle of a burst,
// again and again. After each start everything that was acknowledged before must
// be there, once; and in the end the books must agree with the model.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		env := settingsOf(url)
		race := harshRace(t, 7, 700+30*kills())
		openRace(t, env, race)
		rng := rand.New(rand.NewPCG(7, 7))
		waiting := actbluetest.Shuffle(rng, actbluetest.Notices(race.Deliveries))
		var acknowledged []actbluetest.Notice
		struck := 0 // how often the kill came in the middle of the burst
		share := len(waiting)/kills() + 1
		for round := range kills() {
			p := startProcess(t, env)
			count := min(share, len(waiting))
			burst := actbluetest.Shuffle(rng, append(waiting[:count:count], sampleOf(rng, acknowledged, count/4)...))
			outcome := burstAndKill(t, p, burst, 1+rng.IntN(len(burst)/2))
			waiting = append(waiting[count:], append(outcome.With(actbluetest.Open), outcome.With(actbluetest.Unsent)...)...)
			acknowledged = append(acknowledged, outcome.With(actbluetest.Acknowledged)...)
			if n := len(outcome.With(actbluetest.Acknowledged)); n > 0 && n < len(burst) {
				struck++
			}
			requireEntries(t, env, race.Drive(newYork(t), 5), acknowledged, fmt.Sprintf("kill %d", round))
		}
		require.Positive(t, struck, "no kill came in the middle of a burst: the test has shown nothing")
		t.Logf("%d of %d kills came in the middle of a burst, %d notices acknowledged before the end", struck, kills(), len(acknowledged))
		p := startProcess(t, env)
		outcome, err := sender(p.url).Send(t.Context(), waiting)
		require.NoError(t, err)
		require.Len(t, outcome.With(actbluetest.Acknowledged), len(waiting))
		p.kill()

		model := actbluetest.NewModel()
		model.Feed(actbluetest.Notices(race.Deliveries)...)
		agreesWithModel(t, serveHere(t, env, quiet), env, model, race.Drive(newYork(t), 5))
	})
}

// burstAndKill posts notices and kills the server at a given answer: the
// connections beside that one are then at any point of theirs.
func burstAndKill(t *testing.T, p *process, burst []actbluetest.Notice, at int) actbluetest.Report {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	posting := sender(p.url)
	posting.Attempts = 1
	posting.Client.Transport = &countingTransport{next: posting.Client.Transport, at: int64(at), then: func() {
		p.kill()
		cancel()
	}}
	report, _ := posting.Send(ctx, burst)
	if ctx.Err() == nil {
		p.kill() // the burst was over first
	}
	<-p.done
	return report
}

// countingTransport does something when the given number of answers has come.
type countingTransport struct {
	next  http.RoundTripper
	count atomic.Int64
	at    int64
	then  func()
}

func (c *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err == nil && c.count.Add(1) == c.at {
		c.then()
	}
	return response, err
}

func sampleOf(rng *rand.Rand, from []actbluetest.Notice, n int) []actbluetest.Notice {
	chosen := actbluetest.Shuffle(rng, append([]actbluetest.Notice(nil), from...))
	return chosen[:min(n, len(chosen))]
}

// requireEntries checks that each line item that was acknowledged stands in the
// ledger exactly once, and that the audit finds nothing.
func requireEntries(t *testing.T, env map[string]string, drive actbluetest.Drive, acknowledged []actbluetest.Notice, when string) {
	t.Helper()
	found := map[string]int{}
	var export struct {
		Entries []struct{ Key string }
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, env, "export", "entries", "--drive", "race", "--json")), &export))
	for _, entry := range export.Entries {
		found[entry.Key]++
	}
	model := actbluetest.NewModel()
	model.Feed(acknowledged...)
	for _, item := range model.LineItems(drive) {
		assert.Equal(t, 1, found[fmt.Sprintf("%d:paid", item)], "%s: line item %d", when, item)
	}
	report := mustJSON[auditDocument](t, env, "audit", "--json")
	require.True(t, report.OK, "%s: %v", when, report.Differences)
}
