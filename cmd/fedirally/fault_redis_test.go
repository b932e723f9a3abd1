package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ranking/rankingtest"
)

// redisFault is a server with a race of which a part is in, and a Redis that is
// about to give trouble.
type redisFault struct {
	redis *rankingtest.Server
	wire  *wire
	p     *process
	race  *patientRace
	// slowest is how long a visitor has waited for the board.
	slowest time.Duration
}

func newRedisFault(t *testing.T) *redisFault {
	t.Helper()
	f := &redisFault{redis: rankingtest.StartRedis(t)}
	f.wire = startWire(t, f.redis.URL)
	direct := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
	direct[envRedisURL] = f.redis.URL
	env := settingsOf(direct[envDatabaseURL])
	env[envRedisURL] = f.wire.through(t, f.redis.URL)
	f.p = startProcess(t, env)
	t.Cleanup(f.p.kill)
	f.race = newPatientRace(t, direct, 400)
	f.takesIn(t, 200)
	f.comesToBe(t, false)
	return f
}

// takesIn posts notices, of which none may be refused.
func (f *redisFault) takesIn(t *testing.T, count int) {
	t.Helper()
	require.Equal(t, map[int]int{http.StatusOK: count}, f.race.post(t, f.p.url, count))
}

// comesToBe waits until the board says that it may be behind, or no longer says
// so. It can be seen at any time.
func (f *redisFault) comesToBe(t *testing.T, stale bool) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		begin := time.Now()
		status, page := fetchText(c, f.p.url+"/drives/race")
		f.slowest = max(f.slowest, time.Since(begin))
		require.Equal(c, http.StatusOK, status, "the board can be seen at any time")
		assert.Equal(c, stale, strings.Contains(page, "may be a little old"))
		status, ready := fetchText(c, f.p.url+"/readyz")
		require.Equal(c, http.StatusOK, status, "gifts are taken in")
		assert.Equal(c, stale, strings.Contains(ready, `"boards"`), ready)
	}, time.Minute, 50*time.Millisecond)
}

// TestSilentRedisHoldsNobodyUp has Redis give no answer, which is worse than to
// refuse the connection.
func TestSilentRedisHoldsNobodyUp(t *testing.T) {
	f := newRedisFault(t)
	f.wire.silence()
	f.takesIn(t, 100)
	f.comesToBe(t, true)
	f.takesIn(t, 50)
	t.Logf("a visitor waited %v at most", f.slowest.Round(time.Millisecond))
	f.wire.mend()
	f.comesToBe(t, false)
	f.race.finish(t, f.p.url)
}

// TestSlowRedisIsWaitedFor has every answer come a third of a second late.
func TestSlowRedisIsWaitedFor(t *testing.T) {
	f := newRedisFault(t)
	f.wire.delay.Store(int64(150 * time.Millisecond))
	f.takesIn(t, 100)
	f.comesToBe(t, false)
	f.race.finish(t, f.p.url)
}

// TestRedisThatRefusesWrites has Redis answer, but take in nothing. What it holds
// can be read, and is behind.
func TestRedisThatRefusesWrites(t *testing.T) {
	f := newRedisFault(t)
	faults := []struct {
		name       string
		begin, end []any
		advice     string
	}{
		{"its memory is full", []any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}, "Raise its maxmemory"},
		{"it is a replica", []any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}, "Let REDIS_URL name the master"},
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			require.NoError(t, f.redis.Client.Do(t.Context(), fault.begin...).Err())
			f.takesIn(t, 60)
			f.comesToBe(t, true)
			require.NoError(t, f.redis.Client.Do(t.Context(), fault.end...).Err())
			f.comesToBe(t, false)
		})
	}
	f.race.finish(t, f.p.url)
	f.p.kill()
	for _, fault := range faults {
		assert.Contains(t, f.p.logs.String(), fault.advice)
	}
}
