package leaderboard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestWellKnown(t *testing.T) {
	date, hosts := leaderboard.WellKnown()
	_, err := time.Parse(time.DateOnly, date)
	require.NoError(t, err)
	assert.Greater(t, len(hosts), 100)
	assert.Contains(t, hosts, leaderboard.Host("mastodon.social"))
	assert.IsIncreasing(t, hosts, "sorted, none twice")
	for _, host := range hosts {
		canonical, err := leaderboard.ParseHost(string(host))
		require.NoError(t, err, "%q", host)
		assert.Equal(t, canonical, host)
	}
}

func TestInstanceStates(t *testing.T) {
	for _, state := range []leaderboard.InstanceState{
		leaderboard.Known, leaderboard.Pending, leaderboard.Hidden, leaderboard.Blocked, leaderboard.OptedOut,
	} {
		parsed, err := leaderboard.ParseInstanceState(string(state))
		require.NoError(t, err)
		assert.Equal(t, state, parsed)
	}
	for _, text := range []string{"", "Known", "opted out"} {
		_, err := leaderboard.ParseInstanceState(text)
		require.Error(t, err, "%q", text)
	}
}
