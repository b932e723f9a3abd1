package ranking_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

// onBoth runs a test with each kind of ranking.
func onBoth(t *testing.T, test func(t *testing.T, r ranking.Rankings)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) { t.Parallel(); test(t, ranking.NewMemory()) })
	t.Run("redis", func(t *testing.T) { t.Parallel(); test(t, closing(t, rankingtest.StartRedis(t))) })
}

func TestFollow(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		b := newBooks(1, 2)
		f := newFollower(b, r)
		assert.False(t, f.Healthy(), "nothing has been tried")
		b.give(1, "a.example", 500, true)
		b.give(2, "a.example", 700, false)
		follow(t, f)
		b.agrees(t, r)
		assert.True(t, f.Healthy())

		asked := b.asked
		follow(t, f)
		assert.Equal(t, asked, b.asked, "nothing has changed")
		b.give(1, "b.example", 600, true)
		follow(t, f)
		b.agrees(t, r)

		another := newFollower(b, r)
		asked = b.asked
		follow(t, another)
		assert.Equal(t, asked+2, b.asked, "after a start it is asked whether this is the same ledger")
	})
}

func TestRestoredLedger(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		b := newBooks(1)
		f := newFollower(b, r)
		b.give(1, "a.example", 500, true)
		restore := b.backup()
		for range 3 {
			b.give(1, "b.example", 900, true)
		}
		follow(t, f)
		restore()
		follow(t, f)
		b.agrees(t, r)

		for range 3 {
			b.give(1, "b.example", 900, true)
		}
		follow(t, f)
		restore()
		for range 3 {
			b.give(1, "c.example", 100, true) // as many changes as had been, and others
		}
		follow(t, newFollower(b, r))
		b.agrees(t, r)
	})
}

func TestOneDriveFails(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		b := newBooks(1, 2, 3)
		f := newFollower(b, r)
		b.set(func() { b.broken[2] = errors.New("broken") })
		b.give(3, "a.example", 500, true)
		require.EqualError(t, f.Follow(t.Context()), "drive drive-2: reading what has changed: broken")
		assert.False(t, f.Healthy())
		assert.Len(t, boardOf(t, r, 3).Rows(), 1)
		b.set(func() { delete(b.broken, 2) })
		follow(t, f)
		b.agrees(t, r)
		assert.True(t, f.Healthy())

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		b.set(func() { b.down = context.Canceled })
		require.Error(t, f.Follow(ended))
		assert.True(t, f.Healthy(), "what was told to end has not failed")
	})
}

func TestRebuild(t *testing.T) {
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	b := newBooks(1, 2)
	f := newFollower(b, r)
	b.give(1, "a.example", 500, true)
	b.give(2, "a.example", 500, true)
	follow(t, f)
	for _, key := range keysLike(t, server, "*:amount") {
		require.NoError(t, server.Client.ZIncrBy(t.Context(), key, -100, "0000000000000001|a.example").Err())
	}
	follow(t, f)
	require.EqualValues(t, 600, boardOf(t, r, 1).Rows()[0].Raised, "what was done by hand is not hidden")
	require.NoError(t, f.Rebuild(t.Context()))
	b.agrees(t, r)
}

func TestSubscribe(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		b := newBooks(1)
		f := newFollower(b, r)
		wake, cancel := f.Subscribe()
		gone, leave := f.Subscribe()
		leave()
		for range 3 {
			b.give(1, "a.example", 500, true)
			follow(t, f)
		}
		assert.Len(t, wake, 1)
		<-wake
		follow(t, f)
		assert.Empty(t, wake, "nothing has changed")
		b.look(1, "u.example")
		follow(t, f)
		b.agrees(t, r)
		assert.Empty(t, wake, "nobody can see what has changed")
		assert.Empty(t, gone)
		cancel()
		b.give(1, "a.example", 500, true)
		follow(t, f)
		assert.Empty(t, wake)
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, b := ranking.NewMemory(), newBooks(1)
		var said bytes.Buffer
		f := ranking.NewFollower(ranking.FollowerConfig{
			Source: b, Rankings: r, Clock: time.Now, Logger: slog.New(slog.NewTextHandler(&said, nil)),
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- f.Run(ctx) }()
		synctest.Wait()

		time.Sleep(500 * time.Millisecond)
		b.give(1, "a.example", 5, true)
		synctest.Wait()
		b.agrees(t, r)

		asked := b.asked
		for range 100 { // ten a millisecond
			b.give(1, "a.example", 5, true)
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		b.agrees(t, r)
		assert.Equal(t, asked+1, b.asked, "a burst is one pass")

		b.set(func() { b.down = errors.New("away") })
		b.give(1, "a.example", 5, true)
		time.Sleep(10 * time.Second)
		assert.False(t, f.Healthy())
		b.set(func() { b.down = nil })
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		assert.True(t, f.Healthy(), "it is tried every second")
		b.agrees(t, r)
		assert.Equal(t, 1, strings.Count(said.String(), "level=WARN"), said.String())
		assert.Equal(t, 1, strings.Count(said.String(), "level=INFO"), said.String())

		cancel()
		require.NoError(t, <-ended)
	})
}

// Redis is stopped, comes back empty, and is right again by itself, for both of two
// processes that follow one ledger.
func TestRedisComesBack(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	b := newBooks(1, 2)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	rankings := []*ranking.Redis{closing(t, server), closing(t, server)}
	var followers []*ranking.Follower
	for _, r := range rankings {
		f := newFollower(b, r)
		followers = append(followers, f)
		running.Go(func() { assert.NoError(t, f.Run(ctx)) })
	}
	caughtUp := func() bool {
		head, _ := b.Head(ctx)
		for i, r := range rankings {
			for _, drive := range b.drives {
				mark, err := r.Mark(ctx, drive.ID)
				if err != nil || mark.Version != head || !followers[i].Healthy() {
					return false
				}
			}
		}
		return true
	}
	for range 20 {
		b.give(1, "a.example", 5, true)
		b.give(2, "b.example", 5, true)
	}
	require.Eventually(t, caughtUp, 30*time.Second, 10*time.Millisecond)
	server.Stop()
	b.give(1, "c.example", 5, true)
	require.Eventually(t, func() bool { return !followers[0].Healthy() && !followers[1].Healthy() }, 30*time.Second, 10*time.Millisecond)
	server.Start(t)
	require.Eventually(t, caughtUp, 30*time.Second, 10*time.Millisecond)
	b.agrees(t, rankings[0])

	server.Flush(t)
	require.Eventually(t, caughtUp, 30*time.Second, 10*time.Millisecond)
	b.agrees(t, rankings[1])
	cancel()
	running.Wait()
}

// TestAnyCourse lets gifts, two followers, restored backups, an emptied Redis,
// rebuilds and readers come in any order: after one more pass the ranking is the ledger.
func TestAnyCourse(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	rapid.Check(t, func(rt *rapid.T) {
		require.NoError(rt, server.Client.FlushAll(context.Background()).Err())
		b := newBooks(1)
		var rankings []*ranking.Redis
		var followers []*ranking.Follower
		for range 2 {
			r, err := ranking.OpenRedis(context.Background(), server.URL, ranking.RedisOptions{Ledger: "test"})
			require.NoError(rt, err)
			defer r.Close()
			rankings = append(rankings, r)
			followers = append(followers, newFollower(b, r))
		}
		hosts := []leaderboard.Host{"a.example", "b.example", "c.example"}
		restore := b.backup()
		which := rapid.IntRange(0, 1)
		rt.Repeat(map[string]func(*rapid.T){
			"give": func(rt *rapid.T) {
				cents := leaderboard.Cents(rapid.SampledFrom([]int{100, 100, 250, -50}).Draw(rt, "cents"))
				b.give(1, rapid.SampledFrom(hosts).Draw(rt, "host"), cents, rapid.IntRange(0, 3).Draw(rt, "listed") > 0)
			},
			"follow":  func(rt *rapid.T) { require.NoError(rt, followers[which.Draw(rt, "who")].Follow(context.Background())) },
			"rebuild": func(rt *rapid.T) { require.NoError(rt, followers[which.Draw(rt, "who")].Rebuild(context.Background())) },
			"read": func(rt *rapid.T) {
				_, err := rankings[which.Draw(rt, "who")].Board(context.Background(), b.drives[0], leaderboard.ByAmount, leaderboard.Period{})
				if err != nil {
					require.ErrorIs(rt, err, ranking.ErrEmpty)
				}
			},
			"compare": func(rt *rapid.T) {
				_, err := rankings[which.Draw(rt, "who")].Mark(context.Background(), 1)
				require.NoError(rt, err)
			},
			"empty":  func(rt *rapid.T) { require.NoError(rt, server.Client.FlushAll(context.Background()).Err()) },
			"backup": func(*rapid.T) { restore = b.backup() },
			// A ledger is restored while its servers are stopped.
			"restore": func(*rapid.T) {
				restore()
				for i, r := range rankings {
					followers[i] = newFollower(b, r)
				}
			},
		})
		b.give(1, "a.example", 100, true)
		require.NoError(rt, followers[0].Follow(context.Background()))
		b.agrees(rt, rankings[1])
	})
}
