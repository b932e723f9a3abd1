package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking/rankingtest"
)

// redisRace is a server with its ranking in Redis and a race of which half the
// notices are in.
func redisRace(t *testing.T) (redis *rankingtest.Server, env map[string]string, address string, rest []actbluetest.Notice) {
	t.Helper()
	redis = rankingtest.StartRedis(t)
	env = sqliteEnv(t)
	env[envRedisURL] = redis.URL
	race := harshRace(t, 5, 400)
	address = serveHere(t, env, quiet).address().String()
	openRace(t, env, race, "--min-donors", "2")
	notices := actbluetest.Notices(race.Deliveries)
	half := len(notices) / 2
	takesIn(t, address, notices[:half])
	return redis, env, address, notices[half:]
}

// takesIn sends notices, each of which has to be acknowledged the first time.
func takesIn(t *testing.T, address string, notices []actbluetest.Notice) {
	t.Helper()
	posting := sender(address)
	posting.Attempts = 1
	report, err := posting.Send(t.Context(), notices)
	require.NoError(t, err)
	require.Len(t, report.With(actbluetest.Acknowledged), len(notices))
}

// TestEmptiedRedisIsFilledAgain empties Redis under a running server, while
// nothing comes in and while much does.
func TestEmptiedRedisIsFilledAgain(t *testing.T) {
	redis, env, address, rest := redisRace(t)
	before := comesToShowTheLedger(t, env, address, "race")
	redis.Flush(t)
	assert.Equal(t, before, comesToShowTheLedger(t, env, address, "race"))

	for part := range 10 {
		redis.Flush(t)
		takesIn(t, address, rest[part*len(rest)/10:(part+1)*len(rest)/10])
	}
	assert.NotEqual(t, before, comesToShowTheLedger(t, env, address, "race"))
}

// TestRedisIsAwayForLong stops Redis under a running server. Gifts are taken in
// all the same, pages show the last good board and say so, and all heals by
// itself: Redis comes back with nothing in it.
func TestRedisIsAwayForLong(t *testing.T) {
	away := 2 * time.Second
	if os.Getenv("FEDIRALLY_LONG") != "" {
		away = time.Minute
	}
	redis, env, address, rest := redisRace(t)
	events := watch(t, address, "race")
	last := comesToShowTheLedger(t, env, address, "race")
	last.Stale = true

	redis.Stop()
	for ending := time.Now().Add(away); ; {
		count := min(5, len(rest)-1)
		takesIn(t, address, rest[:count])
		rest = rest[count:]
		comesToShow(t, address, "race", last)
		status, body := readiness(t, address)
		assert.Equal(t, http.StatusOK, status)
		assert.JSONEq(t, `{"status":"degraded","degraded":["boards"]}`, body)
		if time.Now().After(ending) {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	hears(t, events, "figures that are old", func(e told) bool { return e.Stale })
	code, _, errs := command(t, env, "audit")
	assert.Equal(t, 1, code, "a ranking that cannot be asked has not been found right")
	assert.Contains(t, errs, "ranking")

	redis.Start(t)
	want := comesToShowTheLedger(t, env, address, "race")
	hears(t, events, "the present", func(e told) bool { return !e.Stale && e.RaisedCents == want.RaisedCents })
	require.Greater(t, want.RaisedCents, last.RaisedCents, "the gifts of the time without Redis are on the board")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		_, body := readiness(c, address)
		assert.JSONEq(c, `{"status":"ok"}`, body)
	}, patience, 100*time.Millisecond)
	takesIn(t, address, rest)
	comesToShowTheLedger(t, env, address, "race")
}

// TestAServerStartsWithoutRedis takes gifts in from the start, and has a board as
// soon as there is a Redis.
func TestAServerStartsWithoutRedis(t *testing.T) {
	redis := rankingtest.StartRedis(t)
	redis.Stop()
	env := sqliteEnv(t)
	env[envRedisURL] = redis.URL
	address := serveHere(t, env, quiet).address().String()
	giftsDrive(t, env, 10)
	status, body := readiness(t, address)
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"status":"degraded","degraded":["boards"]}`, body, "nobody has asked for a board yet")
	give(t, address, 1, 1, 3)
	give(t, address, 2, 1, 2)
	response, err := http.Get(address + "/drives/bench")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode, "there never was a board to show")
	redis.Start(t)
	comesToShowTheLedger(t, env, address, "bench")
}

// serveUntil runs a server that is stopped by the function that it gives.
func serveUntil(t *testing.T, env map[string]string) (s *server, stop func()) {
	t.Helper()
	chosen, err := (&program{ctx: t.Context(), world: world{lookup: looker(env)}}).readSettings(forServing)
	require.NoError(t, err)
	s, err = newServer(t.Context(), serverConfig{settings: chosen, logger: quiet})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		assert.NoError(t, <-done)
	}
	t.Cleanup(stop)
	return s, stop
}

// TestARestoredDatabaseIsShown puts an older database in the place of the one
// that Redis has been told of: the board is that of the older one, also where it
// has meanwhile seen as many changes as the other had, but others.
func TestARestoredDatabaseIsShown(t *testing.T) {
	redis := rankingtest.StartRedis(t)
	env := sqliteEnv(t)
	env[envRedisURL] = redis.URL
	file, _ := ledger.SQLiteFile(env[envDatabaseURL])
	backup := filepath.Join(t.TempDir(), "backup.db")

	s, stop := serveUntil(t, env)
	giftsDrive(t, env, 10)
	give(t, s.address().String(), 1, 1, 3)
	give(t, s.address().String(), 2, 1, 2)
	old := comesToShowTheLedger(t, env, s.address().String(), "bench")
	stop()
	require.Equal(t, []string{file}, databaseFiles(t, file), "a server that has ended leaves one file")
	copyFile(t, file, backup)

	// The database that will be lost: host 3 leads, and Redis knows it.
	later := func() (version int64) {
		s, stop := serveUntil(t, env)
		give(t, s.address().String(), 3, 1, 5)
		lost := comesToShowTheLedger(t, env, s.address().String(), "bench")
		require.Equal(t, "host3.example", lost.Standings[0].Host)
		version, err := s.store.Head(t.Context())
		require.NoError(t, err)
		stop()
		for _, name := range databaseFiles(t, file) {
			require.NoError(t, os.Remove(name))
		}
		copyFile(t, backup, file)
		return version
	}
	later()
	s, stop = serveUntil(t, env)
	assert.Equal(t, old, comesToShowTheLedger(t, env, s.address().String(), "bench"))
	give(t, s.address().String(), 4, 1, 2)
	comesToShowTheLedger(t, env, s.address().String(), "bench")
	stop()
	copyFile(t, backup, file)

	version := later()
	// As many changes come while the ranking cannot be had, so that it hears of
	// them only when the numbers are the same.
	aside := map[string]string{}
	for name, value := range env {
		aside[name] = value
	}
	aside[envRedisURL] = "redis://127.0.0.1:1"
	s, stop = serveUntil(t, aside)
	for donor := 1; ; donor++ {
		give(t, s.address().String(), 4, donor, 1)
		head, err := s.store.Head(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, head, version)
		if head == version {
			break
		}
	}
	stop()
	s, _ = serveUntil(t, env)
	want := comesToShowTheLedger(t, env, s.address().String(), "bench")
	assert.Equal(t, "host4.example", want.Standings[0].Host)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}
