package ranking_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

func TestInspectReadsWhatRedisSays(t *testing.T) {
	for version, isNew := range map[string]bool{
		"6.2.0": true, "6.2.14": true, "7.0.15": true, "10.1.0": true, "6.0.16": false, "5.0.7": false, "": false, "six": false,
	} {
		c := ranking.ReadInfo("# Server\r\nredis_version:" + version + "\r\nrole:master\r\n")
		assert.Equal(t, isNew, c.New, version)
	}
	c := ranking.ReadInfo("role:slave\r\nmaxmemory:1048576\r\nmaxmemory_policy:allkeys-lru\r\naof_enabled:1\r\naof_last_write_status:err\r\n")
	assert.True(t, c.Replica)
	assert.True(t, c.Limited)
	assert.Equal(t, "allkeys-lru", c.Policy)
	assert.Equal(t, "an append-only file, and writing it failed the last time", c.Persistence)
}

func TestInspectAsksARedis(t *testing.T) {
	for _, server := range []*rankingtest.Server{rankingtest.StartRedis(t), rankingtest.StartCluster(t)} {
		c, err := ranking.Inspect(t.Context(), server.URL)
		require.NoError(t, err)
		assert.True(t, c.New, c.Version)
		assert.False(t, c.Replica)
		assert.Equal(t, "noeviction", c.Policy)
		assert.Equal(t, "no append-only file", c.Persistence)
		assert.NotZero(t, c.Clock)
		server.Stop()
		_, err = ranking.Inspect(t.Context(), server.URL)
		require.Error(t, err)
	}
}
