package ranking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

func TestProgress(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		b := newBooks(1, 2)
		now := noon
		f := ranking.NewFollower(ranking.FollowerConfig{Source: b, Rankings: r, Clock: func() time.Time { return now }})
		assert.Zero(t, f.Progress())
		b.give(1, "a.example", 500, true)
		b.give(2, "a.example", 500, true)
		follow(t, f)
		assert.Equal(t, ranking.Progress{Version: 2, At: noon, Whole: 2}, f.Progress())

		now = noon.Add(time.Second)
		b.give(1, "a.example", 500, true)
		follow(t, f)
		assert.Equal(t, ranking.Progress{Version: 3, At: now, Whole: 2}, f.Progress())
		reached := f.Progress()

		now = noon.Add(time.Minute)
		b.give(1, "a.example", 500, true)
		b.set(func() { b.broken[2] = errors.New("broken") })
		for range 2 {
			require.Error(t, f.Follow(t.Context()))
		}
		reached.Failures = 2
		assert.Equal(t, reached, f.Progress(), "one drive behind is behind")

		b.set(func() { b.broken, b.down = nil, errors.New("down") })
		require.Error(t, f.Follow(t.Context()))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, f.Follow(ended))
		reached.Failures = 3
		assert.Equal(t, reached, f.Progress(), "what was told to end has not failed")

		b.set(func() { b.down = nil })
		require.NoError(t, f.Rebuild(t.Context()))
		assert.Equal(t, ranking.Progress{Version: 4, At: now, Failures: 3, Whole: 4}, f.Progress())
	})
}

func TestPing(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	require.NoError(t, r.Ping(t.Context()))
	server.Stop()
	require.Error(t, r.Ping(t.Context()))
	server.Start(t)
	require.Eventually(t, func() bool { return r.Ping(t.Context()) == nil }, 30*time.Second, 10*time.Millisecond)
}
