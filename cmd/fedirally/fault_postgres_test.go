package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger/ledgertest"
)

// commits decides on the next so many commits that a server sends to PostgreSQL.
type commits struct {
	left, seen atomic.Int64
	fate       fate
}

func (c *commits) tamper(piece []byte) fate {
	if !bytes.Contains(bytes.ToLower(piece), []byte("commit\x00")) || c.left.Add(-1) < 0 {
		return passed
	}
	c.seen.Add(1)
	return c.fate
}

// TestCommitWhoseAnswerIsLost has PostgreSQL fail over in the middle of commits: in
// one case it has done what nobody hears of, in the other it has not.
func TestCommitWhoseAnswerIsLost(t *testing.T) {
	for name, lost := range map[string]struct {
		fate fate
		done bool
	}{"done": {loseAnswer, true}, "not done": {loseAll, false}} {
		t.Run(name, func(t *testing.T) {
			url := ledgertest.Postgres(t)
			direct := settingsOf(url)
			w := startWire(t, url)
			p := startProcess(t, settingsOf(w.through(t, url)))
			defer p.kill()
			openBench(t, direct)
			// A server that has begun looks at its clock, which commits as well.
			database := openPostgres(t, url)
			require.Eventually(t, func() bool {
				var looked int
				err := database.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM keyring WHERE name = 'clock'").Scan(&looked)
				return err == nil && looked == 1
			}, 30*time.Second, 20*time.Millisecond)
			lose := func(count int64) *commits {
				c := &commits{fate: lost.fate}
				c.left.Store(count)
				tamper := c.tamper
				w.tamper.Store(&tamper)
				return c
			}

			lose(1)
			status, header := postRaw(t, p.url, benchNotice(1))
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.NotEmpty(t, header.Get("Retry-After"))
			raised := func() int64 {
				return mustJSON[standingsDocument](t, direct, "export", "standings", "--drive", "bench", "--json").RaisedCents
			}
			if lost.done {
				assert.EqualValues(t, 2577, raised(), "it is on disk, though nobody has been told")
			} else {
				assert.Zero(t, raised())
			}
			status, _ = postRaw(t, p.url, benchNotice(1))
			assert.Equal(t, http.StatusOK, status)
			assert.EqualValues(t, 2577, raised(), "and counts once")

			race := newPatientRace(t, direct, 300)
			struck := int64(0)
			for len(race.rest) > 200 {
				c := lose(3)
				answers := race.post(t, p.url, 60)
				assert.Equal(t, 60, answers[http.StatusOK]+answers[http.StatusServiceUnavailable], "%v", answers)
				struck += c.seen.Load()
			}
			assert.Positive(t, struck)
			w.tamper.Store(nil)
			race.finish(t, p.url)
			t.Logf("%d commits were lost under way", struck)
		})
	}
}

// TestSilentPostgresAsksActBlueToComeAgain cuts the network between a server and
// PostgreSQL without anybody being told.
func TestSilentPostgresAsksActBlueToComeAgain(t *testing.T) {
	url := ledgertest.Postgres(t)
	direct := settingsOf(url)
	w := startWire(t, url)
	p := startProcess(t, settingsOf(w.through(t, url)))
	defer p.kill()
	race := newPatientRace(t, direct, 200)
	require.Equal(t, map[int]int{http.StatusOK: 200}, race.post(t, p.url, 200))
	status, _ := fetchText(t, p.url+"/drives/race")
	require.Equal(t, http.StatusOK, status)

	w.silence()
	require.Equal(t, map[int]int{http.StatusServiceUnavailable: 40}, race.post(t, p.url, 40))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		status, _ := fetchText(c, p.url+"/readyz")
		assert.Equal(c, http.StatusServiceUnavailable, status)
		_, page := fetchText(c, p.url+"/drives/race")
		assert.Contains(c, page, "may be a little old")
	}, time.Minute, 100*time.Millisecond)
	status, _ = fetchText(t, p.url+"/api/v1/drives/race/standings")
	assert.Equal(t, http.StatusOK, status)

	w.mend()
	race.finish(t, p.url)
}

// TestReadOnlyPostgresAsksActBlueToComeAgain makes PostgreSQL take no writes, as a
// standby does that a server was led to.
func TestReadOnlyPostgresAsksActBlueToComeAgain(t *testing.T) {
	postgres := ledgertest.StartServer(t)
	env := settingsOf(postgres.URL("postgres"))
	p := startProcess(t, env)
	race := newPatientRace(t, env, 200)
	require.Equal(t, map[int]int{http.StatusOK: 200}, race.post(t, p.url, 200))

	db, err := sql.Open("pgx", postgres.URL("postgres"))
	require.NoError(t, err)
	defer db.Close()
	standby := func(is string) {
		for _, statement := range []string{"ALTER SYSTEM SET default_transaction_read_only = " + is, "SELECT pg_reload_conf()"} {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
	}
	standby("on")
	require.Eventually(t, func() bool {
		return race.post(t, p.url, 20)[http.StatusServiceUnavailable] == 20
	}, time.Minute, 10*time.Millisecond)
	_, ready := fetchText(t, p.url+"/readyz")
	assert.JSONEq(t, `{"status":"degraded","degraded":["intake"]}`, ready)
	standby("off")
	race.finish(t, p.url)
	p.kill()
	assert.Contains(t, p.logs.String(), "Let DATABASE_URL name the primary")
}

// TestLongSilenceGivesTheLockBack cuts a server off while it holds the one lock of
// all writers: PostgreSQL gives it to another server before long.
func TestLongSilenceGivesTheLockBack(t *testing.T) {
	if os.Getenv("FEDIRALLY_LONG") == "" {
		t.Skip("this takes half a minute; set FEDIRALLY_LONG")
	}
	url := ledgertest.Postgres(t)
	direct := settingsOf(url)
	w := startWire(t, url)
	cutOff, other := startProcess(t, settingsOf(w.through(t, url))), startProcess(t, direct)
	defer cutOff.kill()
	defer other.kill()
	openBench(t, direct)
	c := &commits{fate: loseContact}
	c.left.Store(1)
	tamper := c.tamper
	w.tamper.Store(&tamper)
	status, _ := postRaw(t, cutOff.url, benchNotice(1))
	require.Equal(t, http.StatusServiceUnavailable, status)
	begin := time.Now()
	status, _ = postRaw(t, other.url, benchNotice(2))
	require.Equal(t, http.StatusServiceUnavailable, status, "the lock is held by one who cannot give it back")
	require.Eventually(t, func() bool {
		status, _ := postRaw(t, other.url, benchNotice(2))
		return status == http.StatusOK
	}, 2*time.Minute, time.Second)
	t.Logf("the other server wrote again after %v", time.Since(begin).Round(time.Second))
	status, _ = postRaw(t, cutOff.url, benchNotice(1))
	assert.Equal(t, http.StatusOK, status, fmt.Sprint("and the one that was cut off too, ", cutOff.url))
	must(t, direct, "audit")
}
