package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking/rankingtest"
)

// A score that somebody changes by hand is shown as it is: what is public is read
// from the ranking and from nowhere else. The audit names it, and the rebuild
// mends it.
func TestAScoreChangedByHandInRedis(t *testing.T) {
	redis := rankingtest.StartRedis(t)
	env := sqliteEnv(t)
	env[envRedisURL] = redis.URL
	address := serveHere(t, env, quiet).address().String()
	giftsDrive(t, env, 10)
	give(t, address, 1, 1, 3)
	give(t, address, 2, 1, 2)
	right := comesToShowTheLedger(t, env, address, "bench")
	events := watch(t, address, "bench")

	sets, err := redis.Client.Keys(t.Context(), "*:0:0:amount").Result()
	require.NoError(t, err)
	require.Len(t, sets, 1)
	members, err := redis.Client.ZRange(t.Context(), sets[0], 0, -1).Result()
	require.NoError(t, err)
	require.Len(t, members, 2)
	require.Contains(t, members[1], "host2.example")
	require.NoError(t, redis.Client.ZIncrBy(t.Context(), sets[0], -1_000_00, members[1]).Err())

	wrong := right
	wrong.Standings = []shownHost{{"host2.example", 2*2577 + 1_000_00, 2}, right.Standings[0]}
	comesToShow(t, address, "bench", wrong)
	hears(t, events, "the changed score", func(e told) bool {
		return len(e.Standings) > 0 && e.Standings[0].RaisedCents == 2*2577+1_000_00
	})
	namesHost2(t, env)
	assert.Contains(t, must(t, env, "rebuild"), "The ranking in Redis is made anew.")
	assert.Equal(t, right, comesToShowTheLedger(t, env, address, "bench"))
}

// namesHost2 looks for the one difference in an audit's words, its JSON and its
// exit code.
func namesHost2(t *testing.T, env map[string]string) {
	t.Helper()
	code, out, _ := command(t, env, "audit")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "host2.example in bench: the ranking shows $1,051.54, the ledger says $51.54")
	assert.Contains(t, out, "1 differences")
	code, out, _ = command(t, env, "audit", "--json")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, `"ok": false`)
	assert.Contains(t, out, "host2.example in bench")
}

// A ranking within the server's memory is compared and made anew through the
// admin address.
func TestAFigureChangedInTheServersMemory(t *testing.T) {
	env := sqliteEnv(t)
	env[envAdminAddr] = "127.0.0.1:0"
	s := serveHere(t, env, quiet)
	env[envAdminAddr] = s.adminListener.Addr().String()
	address := s.address().String()
	giftsDrive(t, env, 10)
	give(t, address, 1, 1, 3)
	give(t, address, 2, 1, 2)
	right := comesToShowTheLedger(t, env, address, "bench")

	drive, err := s.store.Drive(t.Context(), "bench")
	require.NoError(t, err)
	held, err := s.standings.rankings.Dump(t.Context(), drive.ID)
	require.NoError(t, err)
	for i, b := range held.Balances {
		if b.Host == "host2.example" && b.Period.Span == leaderboard.AllTime {
			held.Balances[i].Raised += 1_000_00
		}
	}
	now := time.Now()
	require.NoError(t, s.standings.rankings.Put(t.Context(), held, leaderboard.WindowAt(now, drive.Zone), now))

	wrong := right
	wrong.Standings = []shownHost{{"host2.example", 2*2577 + 1_000_00, 2}, right.Standings[0]}
	comesToShow(t, address, "bench", wrong)
	namesHost2(t, env)
	assert.Contains(t, must(t, env, "rebuild"), "The running server has made its ranking anew.")
	assert.Equal(t, right, comesToShowTheLedger(t, env, address, "bench"))
}

// Without a server beside, or with another ledger's, a command says that there is
// nothing to compare, and does what it can.
func TestCommandsFindNoServer(t *testing.T) {
	env, other := sqliteEnv(t), sqliteEnv(t)
	other[envAdminAddr] = "127.0.0.1:0"
	elsewhere := serveHere(t, other, quiet)
	giftsDrive(t, env, 10)
	listening := elsewhere.adminListener.Addr().String()
	for address, why := range map[string]string{"": envAdminAddr + " is empty", "127.0.0.1:1": "no server of this ledger answers at 127.0.0.1:1", listening: "another ledger's server is there"} {
		env[envAdminAddr] = address
		assert.Contains(t, must(t, env, "audit"), why)
		assert.Contains(t, must(t, env, "rebuild"), why)
	}
}

// The admin surface answers commands, and neither a page in somebody's browser
// nor nonsense.
func TestTheAdminAddressIsForCommands(t *testing.T) {
	env := sqliteEnv(t)
	env[envAdminAddr] = "127.0.0.1:0"
	s := serveHere(t, env, quiet)
	base := "http://" + s.adminListener.Addr().String()
	ask := func(method, path string, header ...string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(""))
		require.NoError(t, err)
		for i := 0; i+1 < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, http.StatusOK, ask(http.MethodPost, controlRebuild))
	assert.Equal(t, http.StatusForbidden, ask(http.MethodPost, controlRebuild, "Sec-Fetch-Site", "cross-site"))
	assert.Equal(t, http.StatusForbidden, ask(http.MethodPost, controlRebuild, "Origin", "https://elsewhere.example"))
	assert.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodGet, controlRebuild))
	assert.Equal(t, http.StatusBadRequest, ask(http.MethodGet, controlRanking+"?drive=x&at-least=1"))
	response, err := http.Get(s.address().String() + controlLedger)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotFound, response.StatusCode, "nothing of it is public")
}
