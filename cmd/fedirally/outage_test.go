package main

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger/ledgertest"
)

// TestDatabaseAwayAsksActBlueToComeAgain stops PostgreSQL under a running server:
// notices are refused for later, the board goes on showing what it had, and all
// heals by itself.
func TestDatabaseAwayAsksActBlueToComeAgain(t *testing.T) {
	postgres := ledgertest.StartServer(t)
	env := settingsOf(postgres.URL("postgres"))
	s := serveHere(t, env, quiet)
	must(t, env, "drive", "add", "--slug", "bench", "--title", "Bench", "--form", "bench", "--goal", "1000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example", "--min-donors", "1")
	address := s.address().String()
	require.NoError(t, postGift(http.DefaultClient, address, 1))
	require.EventuallyWithT(t, func(c *assert.CollectT) { // the page follows the answer, within a second
		assert.Contains(c, read(t, address+"/drives/bench"), "$25.77")
	}, 10*time.Second, 50*time.Millisecond)

	require.NoError(t, postgres.Kill())
	status, header := postRaw(t, address, benchNotice(2))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.NotEmpty(t, header.Get("Retry-After"))
	assert.Contains(t, read(t, address+"/drives/bench"), "$25.77")
	assert.Contains(t, read(t, address+"/healthz"), "ok")
	require.EventuallyWithT(t, func(c *assert.CollectT) { // its answer may be half a second old
		ready, err := http.Get(address + "/readyz")
		require.NoError(c, err)
		require.NoError(c, ready.Body.Close())
		assert.Equal(c, http.StatusServiceUnavailable, ready.StatusCode)
	}, 10*time.Second, 100*time.Millisecond)

	require.NoError(t, postgres.Restart())
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		status, _ := postRaw(t, address, benchNotice(2))
		assert.Equal(c, http.StatusOK, status)
	}, 30*time.Second, 100*time.Millisecond)
	export := mustJSON[standingsDocument](t, env, "export", "standings", "--drive", "bench", "--json")
	assert.EqualValues(t, 2*2577, export.RaisedCents)
	must(t, env, "audit")
}

func postRaw(t testing.TB, address string, body []byte) (int, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		address+"/webhooks/actblue/contributions", bytes.NewReader(body))
	require.NoError(t, err)
	request.SetBasicAuth(testUser, testPassword)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, response.Header
}
