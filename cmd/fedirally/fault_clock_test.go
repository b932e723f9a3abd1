package main

import (
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard/ranking/rankingtest"
)

// TestJumpingClock sets the clock of a running server hours and a year ahead and
// back, while gifts come in. What counts comes from ActBlue's times; what is shown
// comes right with the clock; and nobody's data is removed.
func TestJumpingClock(t *testing.T) {
	for _, kind := range []string{"memory", "redis"} {
		t.Run(kind, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "test.db")
			env := settingsOf("sqlite:" + file)
			if kind == "redis" {
				env[envRedisURL] = rankingtest.StartRedis(t).URL
			}
			race := newPatientRace(t, env, 500)
			race.rest = actbluetest.Shuffle(rand.New(rand.NewPCG(1, 1)), race.rest) // so that some come before and some after
			right := race.busiestHour(t).Add(30 * time.Minute)
			begin := time.Now()
			var ahead atomic.Int64
			logs := &lockedBuffer{}
			s := serveAt(t, env, slog.New(slog.NewJSONHandler(logs, nil)), func() time.Time {
				return right.Add(time.Since(begin) + time.Duration(ahead.Load()))
			})
			address := s.address().String()
			post := func() {
				t.Helper()
				answers := race.post(t, address, 60)
				require.Equal(t, map[int]int{200: 60}, answers)
			}
			post()
			for _, jump := range []time.Duration{5 * time.Hour, 400 * 24 * time.Hour, -7 * time.Hour, -400 * 24 * time.Hour, 2 * time.Hour} {
				ahead.Store(int64(jump))
				post()
				require.NoError(t, s.expire(t.Context()))
				status, _ := fetchText(t, address+"/drives/race?period=hour")
				require.Equal(t, 200, status)
				require.Eventually(t, func() bool { return s.standings.follower.Healthy() }, time.Minute, 10*time.Millisecond)
				ahead.Store(0)
				post()
				require.NoError(t, s.expire(t.Context()))
			}
			race.finish(t, address)
			ahead.Store(int64(400 * 24 * time.Hour))
			must(t, env, "instance", "add", "somewhere.example") // something to be followed
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				head, err := s.store.Head(t.Context())
				require.NoError(c, err)
				mark, err := s.standings.rankings.Mark(t.Context(), 1)
				require.NoError(c, err)
				assert.Equal(c, head, mark.Version)
			}, time.Minute, 10*time.Millisecond)
			ahead.Store(0)
			race.showsPeriods(t, s, right)
			var purged int
			require.NoError(t, openFile(t, file).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM donors WHERE purged_us <> 0").Scan(&purged))
			assert.Zero(t, purged, "nobody's data was removed")
			assert.Contains(t, logs.String(), "the clock has jumped, or no server has run for long: nothing is removed for a day")
		})
	}
}
