package ranking_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

// closing gives another process's ranking on the same server.
func closing(t *testing.T, server *rankingtest.Server) *ranking.Redis {
	t.Helper()
	r := openRedis(t, server)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// keysLike gives the keys that end so.
func keysLike(t *testing.T, server *rankingtest.Server, pattern string) []string {
	t.Helper()
	keys, err := server.Client.Keys(t.Context(), pattern).Result()
	require.NoError(t, err)
	return keys
}

func TestEmptiedRedis(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	require.NoError(t, r.Put(t.Context(), figures(true, 5, listed("a.example", 5, 1, 1, 5)), window, noon))
	server.Flush(t)

	_, err := r.Board(t.Context(), leaderboard.Drive{ID: 7}, leaderboard.ByAmount, leaderboard.Period{})
	require.ErrorIs(t, err, ranking.ErrEmpty)
	mark, err := r.Mark(t.Context(), 7)
	require.NoError(t, err)
	assert.Zero(t, mark)
	require.ErrorIs(t, r.Put(t.Context(), figures(false, 6, listed("b.example", 5, 1, 1, 6)), window, noon), ranking.ErrStale)
	require.NoError(t, r.Put(t.Context(), figures(true, 6, listed("b.example", 5, 1, 1, 6)), window, noon))
	assert.Len(t, boardOf(t, r, 7).Rows(), 1)
}

// The client asks again where an answer was lost; what was built must not be taken
// for the work of another and removed.
func TestLostAnswerToTheSwitch(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	r.Hook(hook(func(cmd redis.Cmder, send func() error) error {
		if err := send(); err != nil || !r.IsSwitch(cmd) {
			return err
		}
		return send()
	}))
	for version := range int64(3) {
		require.NoError(t, r.Put(t.Context(), figures(true, version+1, listed("a.example", 5, 1, 1, 1)), window, noon))
		assert.Len(t, boardOf(t, r, 7).Rows(), 1)
	}
}

// A slow rebuild may put in less than what was there. What another process read
// before must not be added to it: what lies between would be missing for ever.
func TestNothingIsAddedToAGenerationThatItDoesNotFollow(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	ours, theirs := closing(t, server), closing(t, server)
	require.NoError(t, ours.Put(t.Context(), figures(true, 15, listed("a.example", 5, 1, 1, 15)), window, noon))
	mark, err := ours.Mark(t.Context(), 7)
	require.NoError(t, err)
	require.EqualValues(t, 15, mark.Version)

	require.NoError(t, theirs.Put(t.Context(), figures(true, 10), window, noon))
	// A page is read, and somebody compares, in our process meanwhile.
	assert.Empty(t, boardOf(t, ours, 7).Rows())
	_, err = ours.Mark(t.Context(), 7)
	require.NoError(t, err)

	next := figures(false, 22, listed("b.example", 5, 1, 1, 22))
	require.ErrorIs(t, ours.Put(t.Context(), next, window, noon), ranking.ErrStale)
	mark, err = ours.Mark(t.Context(), 7)
	require.NoError(t, err)
	assert.EqualValues(t, 10, mark.Version)
	require.NoError(t, ours.Put(t.Context(), next, window, noon), "now it follows")
}

func TestInterruptedRebuild(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	require.NoError(t, r.Put(t.Context(), figures(true, 5, listed("a.example", 5, 1, 1, 5)), window, noon))
	before := keysLike(t, server, "*")

	var interrupted atomic.Bool
	interrupted.Store(true)
	r.Hook(hook(func(cmd redis.Cmder, send func() error) error {
		if interrupted.Load() && r.IsSwitch(cmd) {
			cmd.SetErr(errLost)
			return errLost
		}
		return send()
	}))
	fresh := figures(true, 6, listed("b.example", 9, 1, 1, 6))
	require.ErrorIs(t, r.Put(t.Context(), fresh, window, noon), errLost)
	assert.Equal(t, leaderboard.Host("a.example"), boardOf(t, r, 7).Rows()[0].Host, "readers see what was there")
	lasting := func() (keys []string) {
		for _, key := range keysLike(t, server, "*") {
			ttl, err := server.Client.TTL(t.Context(), key).Result()
			require.NoError(t, err)
			if ttl < 0 {
				keys = append(keys, key)
			}
		}
		return keys
	}
	assert.ElementsMatch(t, before, lasting(), "what was begun goes by itself")

	interrupted.Store(false)
	require.NoError(t, r.Put(t.Context(), fresh, window, noon))
	assert.Equal(t, leaderboard.Host("b.example"), boardOf(t, r, 7).Rows()[0].Host)
	assert.Len(t, lasting(), len(before), "the one before is gone, and the new one stays")
}

func TestRebuildsAtOnce(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	balances := make([]leaderboard.Balance, 1200)
	for i := range balances {
		balances[i] = listed(leaderboard.Host(fmt.Sprintf("i%d.example", i)), leaderboard.Cents(i+1), 1, 1, 1)
	}
	var processes sync.WaitGroup
	for range 4 {
		r := closing(t, server)
		processes.Go(func() {
			for range 5 {
				err := r.Put(context.Background(), figures(true, 9, balances...), window, noon)
				if err != nil {
					assert.ErrorIs(t, err, ranking.ErrStale)
				}
			}
		})
	}
	reader := closing(t, server)
	require.Eventually(t, func() bool {
		mark, err := reader.Mark(t.Context(), 7)
		return err == nil && mark.Version == 9
	}, 30*time.Second, time.Millisecond)
	ended := make(chan struct{})
	go func() { processes.Wait(); close(ended) }()
	for reading := true; reading; {
		select {
		case <-ended:
			reading = false
		default:
		}
		require.Len(t, boardOf(t, reader, 7).Rows(), len(balances), "never half of it")
	}
	assert.Len(t, keysLike(t, server, "*"), 1+1+3, "the mark, and one generation with its index")
}

func TestChangedByHand(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	require.NoError(t, r.Put(t.Context(), figures(true, 5,
		listed("a.example", 500, 5, 16, 5), listed("b.example", 400, 4, 17, 5), listed("*", 1000, 12, 0, 5)), window, noon))
	amount := keysLike(t, server, "*:amount")[0]
	member := func(reached int, host string) string { return fmt.Sprintf("%016x|%s", reached, host) }
	add := func(score float64, member string) {
		require.NoError(t, server.Client.ZAdd(t.Context(), amount, redis.Z{Score: score, Member: member}).Err())
	}
	add(-777_00, member(17, "b.example"))
	add(-300, member(1, "nobody.example"))
	add(-600, "<script>")
	require.NoError(t, server.Client.ZRem(t.Context(), amount, member(16, "a.example")).Err())

	assert.Equal(t, []leaderboard.Row{
		{Rank: 1, Host: "b.example", Raised: 777_00, Donors: 4}, {Rank: 2, Host: "nobody.example", Raised: 300},
	}, boardOf(t, r, 7).Rows(), "what is no host is not shown")
	row, err := r.Rank(t.Context(), 7, leaderboard.ByAmount, leaderboard.Period{}, "b.example")
	require.NoError(t, err)
	assert.EqualValues(t, 777_00, row.Raised)
	_, err = r.Rank(t.Context(), 7, leaderboard.ByAmount, leaderboard.Period{}, "a.example")
	require.ErrorIs(t, err, ranking.ErrUnlisted, "it is no longer in that set")

	dump, err := r.Dump(t.Context(), 7)
	require.NoError(t, err)
	assert.ElementsMatch(t, []leaderboard.Balance{
		listed("b.example", 777_00, 4, 17, 5), listed("a.example", 0, 5, 16, 5),
		listed("nobody.example", 300, 0, 1, 0), listed("<script>", 600, 0, 0, 0),
		{Standing: leaderboard.Standing{Host: "*", Raised: 1000, Donors: 12, Version: 5}},
	}, dump.Balances)

	require.NoError(t, r.Put(t.Context(), figures(false, 6, listed("b.example", 401, 4, 18, 5)), window, noon))
	assert.EqualValues(t, 777_00, boardOf(t, r, 7).Rows()[0].Raised, "it stays until the next gift")
	require.NoError(t, r.Put(t.Context(), figures(false, 7, listed("b.example", 402, 4, 18, 7)), window, noon))
	row, err = r.Rank(t.Context(), 7, leaderboard.ByAmount, leaderboard.Period{}, "b.example")
	require.NoError(t, err)
	assert.EqualValues(t, 402, row.Raised)
}

func TestListen(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	ours, theirs := closing(t, server), closing(t, server)
	require.NoError(t, theirs.Put(t.Context(), figures(true, 1), window, noon))
	woken := make(chan struct{}, 100)
	var listening sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	listening.Go(func() { ours.Listen(ctx, func() { woken <- struct{}{} }) })
	<-woken // there is a connection

	change := func(version int64) {
		require.NoError(t, theirs.Put(t.Context(), figures(false, version, listed("a.example", leaderboard.Cents(version), 1, 1, version)), window, noon))
	}
	change(2)
	<-woken
	quiet := listed("u.example", 3, 1, 1, 3)
	quiet.Listed = false
	require.NoError(t, theirs.Put(t.Context(), figures(false, 3, quiet), window, noon))
	_, err := ours.Mark(t.Context(), 7)
	require.NoError(t, err)
	require.NoError(t, ours.Put(t.Context(), figures(false, 4, listed("b.example", 4, 1, 1, 4)), window, noon))
	change(5)
	<-woken
	assert.Empty(t, woken, "neither what nobody sees nor what we did ourselves wakes us")

	server.Stop()
	server.Start(t)
	<-woken // something may have been missed
	cancel()
	listening.Wait()
}

func TestRedisIsAway(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	server.Stop()
	for _, address := range []string{server.URL, server.URL + "?cluster=true"} {
		r, err := ranking.OpenRedis(t.Context(), strings.Replace(address, "//", "//user:hunter2@", 1), ranking.RedisOptions{Ledger: "test"})
		require.NoError(t, err, "a server starts without")
		_, err = r.Mark(t.Context(), 7)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
		require.Error(t, r.Put(t.Context(), figures(true, 5), window, noon))
		_, err = r.Board(t.Context(), leaderboard.Drive{ID: 7}, leaderboard.ByAmount, leaderboard.Period{})
		require.Error(t, err)
		require.NotErrorIs(t, err, ranking.ErrEmpty, "that is another matter")
		require.NoError(t, r.Close())
	}

	server.Start(t)
	r, err := ranking.OpenRedis(t.Context(), strings.Replace(server.URL, "//", "//user:hunter2@", 1), ranking.RedisOptions{Ledger: "test"})
	require.NoError(t, err)
	_, err = r.Mark(t.Context(), 7)
	require.Error(t, err, "a wrong password")
	assert.NotContains(t, err.Error(), "hunter2")
	require.NoError(t, r.Close())
}
