package web

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// A crowd that is cut all at once would come back all at once.
func TestACrowdIsCutSomeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		const crowd = 4_000
		for range crowd {
			_, err := s.streams.watch(t.Context(), boardKey{"vote", leaderboard.ByAmount, leaderboard.AllTime})
			require.NoError(t, err)
		}
		go s.Close()
		most, left := 0, crowd
		for range cutTime/cutPause + 1 {
			synctest.Wait()
			s.streams.mu.Lock()
			most, left = max(most, left-s.streams.watchers), s.streams.watchers
			s.streams.mu.Unlock()
			time.Sleep(cutPause)
		}
		assert.Zero(t, left, "all are cut in time")
		assert.LessOrEqual(t, most, 2*cutLot, "and few at once")
		assert.True(t, s.streams.ending())
	})
}

func TestTheLargerTheCrowdTheLaterItComesBack(t *testing.T) {
	s := open(t)
	latest := func() time.Duration {
		var latest time.Duration
		for range 2_000 {
			told := strings.TrimPrefix(strings.TrimSpace(string(s.streams.comeBack())), "retry: ")
			wait, err := time.ParseDuration(told + "ms")
			require.NoError(t, err)
			require.GreaterOrEqual(t, wait, comeBackSoonest)
			latest = max(latest, wait)
		}
		return latest
	}
	assert.LessOrEqual(t, latest(), comeBackSoonest+comeBackWithin)
	s.streams.watchers = maxWatchers
	assert.Greater(t, latest(), comeBackSoonest+comeBackWithin)
	s.streams.ended, s.streams.crowd, s.streams.watchers = true, maxWatchers, 0
	assert.Greater(t, latest(), comeBackSoonest+comeBackWithin, "the last to be cut belong to the crowd too")
	assert.LessOrEqual(t, latest(), comeBackSoonest+comeBackLatest)
}

func TestADrainingServerServesOnAndSaysThatItEnds(t *testing.T) {
	s := open(t)
	require.Equal(t, http.StatusOK, s.get("/readyz").Code)
	require.Empty(t, s.get("/").Header().Get("Connection"))
	s.Drain()
	ready := s.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, ready.Code)
	assert.JSONEq(t, `{"status":"stopping"}`, ready.Body.String())
	page := s.get("/drives/vote")
	assert.Equal(t, http.StatusOK, page.Code)
	assert.Equal(t, "close", page.Header().Get("Connection"))
}
