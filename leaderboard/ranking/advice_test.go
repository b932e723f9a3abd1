package ranking_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

// Errors that Redis really gives, and the words of the advice.
func TestAdvice(t *testing.T) {
	server := rankingtest.StartRedis(t)
	r := closing(t, server)
	now := time.Date(2026, time.June, 10, 16, 0, 0, 0, time.UTC)
	window := leaderboard.WindowAt(now, time.UTC)
	put := func() error {
		return r.Put(t.Context(), leaderboard.Figures{Drive: 1, Whole: true, Mark: leaderboard.Mark{Version: 1, Witness: "a"}}, window, now)
	}
	do := func(arguments ...any) {
		t.Helper()
		require.NoError(t, server.Client.Do(t.Context(), arguments...).Err())
	}
	require.NoError(t, put())

	do("CONFIG", "SET", "maxmemory", "1")
	advises(t, put(), "Raise its maxmemory")
	do("CONFIG", "SET", "maxmemory", "0")
	do("REPLICAOF", "127.0.0.1", "1")
	advises(t, put(), "Let REDIS_URL name the master")
	do("CONFIG", "SET", "replica-serve-stale-data", "no")
	_, err := r.Mark(t.Context(), 1)
	advises(t, err, "do not reach one another")
	do("REPLICAOF", "NO", "ONE")
	do("ACL", "SETUSER", "reader", "on", ">pass", "~*", "+@read", "+hello", "+ping")
	advises(t, openAs(t, server, "reader:pass"), "does not let this user")
	advises(t, openAs(t, server, "reader:wrong"), "refuses the user or the password")
	require.NoError(t, put(), "all of that is over")

	server.Stop()
	_, err = r.Mark(t.Context(), 1)
	advises(t, err, "See that Redis runs")
	assert.Empty(t, ranking.Advice(fmt.Errorf("reading: %w", ranking.ErrEmpty)), "that is no failure")
	assert.Empty(t, ranking.Advice(nil))
}

// openAs asks Redis for a board as another user.
func openAs(t *testing.T, server *rankingtest.Server, user string) error {
	t.Helper()
	r, err := ranking.OpenRedis(t.Context(), "redis://"+user+"@"+server.Client.Options().Addr+"/0", ranking.RedisOptions{Ledger: "test"})
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Board(t.Context(), leaderboard.Drive{ID: 1}, leaderboard.ByAmount, leaderboard.Period{})
	return err
}

func advises(t *testing.T, err error, words string) {
	t.Helper()
	require.Error(t, err)
	assert.Contains(t, ranking.Advice(err), words, err.Error())
}

// TestAdviceWhileRedisLoads talks to what answers as Redis does until it has read
// its file, which cannot be had for long.
func TestAdviceWhileRedisLoads(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				lines := bufio.NewScanner(connection)
				for lines.Scan() {
					if strings.HasPrefix(lines.Text(), "*") { // a command begins
						_, _ = io.WriteString(connection, "-LOADING Redis is loading the dataset in memory\r\n")
					}
				}
			}()
		}
	}()
	r, err := ranking.OpenRedis(t.Context(), "redis://"+listener.Addr().String(), ranking.RedisOptions{Ledger: "test"})
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Mark(t.Context(), 1)
	advises(t, err, "Wait until it is done")
}
