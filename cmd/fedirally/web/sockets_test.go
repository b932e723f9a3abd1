package web

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// TestManyRealConnections has hundreds of streams over sockets, of which some are
// never read, while every row of the board changes again and again. Those who read
// get the last state, those who do not are cut, and nothing is left of either.
func TestManyRealConnections(t *testing.T) {
	const readers, sleepers = 300, 30
	var w wakes
	s := open(t, func(c *Config) { c.Changed, c.Clock = w.subscribe, nil })
	s.ledger.change(func(l *ledger) { l.standings[leaderboard.AllTime] = hundredRows(0) })
	address := strings.TrimPrefix(listen(t, s), "http://")
	before := runtime.NumGoroutine() + 1 // by the one that will look
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, "GET /drives/vote/events HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		return conn
	}
	for range sleepers {
		require.NoError(t, dial().(*net.TCPConn).SetReadBuffer(4<<10))
	}
	texts := make([]string, readers)
	var reading sync.WaitGroup
	for i := range readers {
		conn := dial()
		reading.Go(func() {
			all, _ := io.ReadAll(conn) // an end is an end
			texts[i] = string(all)
		})
	}
	watching := func() int {
		s.streams.mu.Lock()
		defer s.streams.mu.Unlock()
		return s.streams.watchers
	}
	require.Eventually(t, func() bool { return watching() == readers+sleepers }, 30*time.Second, time.Millisecond)
	change := 0
	require.Eventually(t, func() bool {
		change++
		s.ledger.change(func(l *ledger) { l.standings[leaderboard.AllTime] = hundredRows(change) })
		w.wake()
		return watching() == readers
	}, 60*time.Second, 100*time.Millisecond, "those who do not read are cut, and nobody else")
	s.ledger.change(func(l *ledger) { l.total.Raised = 31_415_92 })
	w.wake()
	require.Eventually(t, func() bool {
		s.streams.mu.Lock()
		defer s.streams.mu.Unlock()
		for _, st := range s.streams.open {
			return st.seen.total.board.Raised == 31_415_92
		}
		return false
	}, 30*time.Second, 5*time.Millisecond)

	s.Close()
	reading.Wait()
	for _, text := range texts {
		assert.True(t, strings.HasPrefix(text, "HTTP/1.1 200 OK\r\n") && strings.Contains(text, `"full":true`))
		assert.True(t, strings.Contains(text, `"raised_cents":3141592`) && strings.HasSuffix(text, "\n\n"), "the last event is whole")
	}
	assert.Zero(t, watching())
	assert.Empty(t, s.streams.open)
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= before && w.count() == 0 }, 30*time.Second, 5*time.Millisecond,
		"nothing of them is left")
}

// hundredRows is a board on which everyone has other figures than before.
func hundredRows(change int) []leaderboard.Standing {
	rows := make([]leaderboard.Standing, 100)
	for i := range rows {
		rows[i] = row(fmt.Sprintf("a-rather-long-name-%03d.example", i), leaderboard.Cents(1_000_000-i*100+change), int64(100+change), true)
	}
	return rows
}
