package ranking_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	rankingtest.Run(t, func(testing.TB) ranking.Rankings { return ranking.NewMemory() })
}

func TestRedis(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartRedis(t)
	rankingtest.Run(t, func(tb testing.TB) ranking.Rankings {
		tb.Helper()
		server.Flush(tb)
		return openRedis(tb, server)
	})
}

func TestRedisCluster(t *testing.T) {
	t.Parallel()
	server := rankingtest.StartCluster(t)
	rankingtest.Run(t, func(tb testing.TB) ranking.Rankings {
		tb.Helper()
		server.Flush(tb)
		return openRedis(tb, server)
	})
}

func openRedis(tb testing.TB, server *rankingtest.Server) *ranking.Redis {
	tb.Helper()
	r, err := ranking.OpenRedis(tb.Context(), server.URL, ranking.RedisOptions{Ledger: "test"})
	require.NoError(tb, err)
	return r
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"redis://localhost:6379/0", "redis://user:pass@redis.example:6379/3", "rediss://redis.example",
		"redis://a:1?cluster=true", "redis://a:1?addr=b:2",
	} {
		require.NoError(t, ranking.CheckURL(good), good)
	}
	for _, bad := range []string{"localhost:6379", "http://localhost", "redis://:hunter2@host:port/0", "redis://x/notanumber", "redis://user:hunter2@[::1"} {
		err := ranking.CheckURL(bad)
		require.Error(t, err, bad)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
