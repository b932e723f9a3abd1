package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// wakes is a source of wake-ups for streams.
type wakes struct {
	mu   sync.Mutex
	subs map[chan struct{}]struct{}
}

func (w *wakes) subscribe() (<-chan struct{}, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.subs == nil {
		w.subs = map[chan struct{}]struct{}{}
	}
	wake := make(chan struct{}, 1)
	w.subs[wake] = struct{}{}
	return wake, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.subs, wake)
	}
}

func (w *wakes) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for sub := range w.subs {
		select {
		case sub <- struct{}{}:
		default:
		}
	}
}

func (w *wakes) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.subs)
}

// listen serves a site over real HTTP.
func listen(t testing.TB, s *site) string {
	t.Helper()
	server := HTTPServer("", s.Server, s.log)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Close()
		assert.NoError(t, server.Shutdown(ctx))
		assert.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return "http://" + listener.Addr().String()
}

// reader reads events from a stream.
type reader struct {
	lines *bufio.Scanner
	close func()
}

func follow(t *testing.T, url string) *reader {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", response.Header.Get("Content-Type"))
	r := &reader{lines: bufio.NewScanner(response.Body), close: func() { _ = response.Body.Close() }}
	r.lines.Buffer(nil, 1<<20)
	t.Cleanup(r.close)
	return r
}

// next waits for an event; ok is false when the stream has ended.
func (r *reader) next(t *testing.T) (event boardEvent, id string, ok bool) {
	t.Helper()
	for r.lines.Scan() {
		line := r.lines.Text()
		if value, found := strings.CutPrefix(line, "id: "); found {
			id = value
		}
		if data, found := strings.CutPrefix(line, "data: "); found {
			require.NoError(t, json.Unmarshal([]byte(data), &event))
			return event, id, true
		}
	}
	return event, id, false
}

func TestStream(t *testing.T) {
	var w wakes
	s := open(t, func(c *Config) { c.Changed = w.subscribe })
	r := follow(t, listen(t, s)+"/drives/vote/events")
	first, id, ok := r.next(t)
	require.True(t, ok)
	assert.True(t, first.Full)
	assert.Equal(t, "42", id)
	assert.Len(t, first.Standings, 4)
	assert.Equal(t, sums{5_900_00, 190}, first.Total)

	s.ledger.change(func(l *ledger) {
		l.total.Raised += 25_00
		l.total.Version = 43
		l.standings[leaderboard.AllTime][3].Raised += 1000_00 // hachyderm.io takes 2nd
	})
	w.wake()
	second, id, ok := r.next(t)
	require.True(t, ok)
	assert.False(t, second.Full)
	assert.Equal(t, "43", id)
	assert.Equal(t, []eventRow{{2, standingItem{2, "hachyderm.io", "hachyderm.io", 1_900_00, 44}}}, second.Standings)

	s.ledger.change(func(l *ledger) { l.standings[leaderboard.AllTime][0].Listed = false })
	third, _, ok := r.next(t) // nobody has woken it: it looks every second anyway
	require.True(t, ok)
	assert.Equal(t, []leaderboard.Host{"mastodon.social"}, third.Gone)
	assert.Empty(t, third.Standings)

	s.ledger.change(func(l *ledger) { l.gone = errBroken })
	fourth, _, ok := r.next(t)
	require.True(t, ok)
	assert.True(t, fourth.Stale)
	r.close()
	assert.Eventually(t, func() bool { return w.count() == 0 }, 10*time.Second, 5*time.Millisecond,
		"nobody looks at a board that nobody watches")
}

func TestStreamOfAnotherView(t *testing.T) {
	s := open(t)
	url := listen(t, s)
	first, _, ok := follow(t, url+"/drives/vote/events?view=donors&period=day").next(t)
	require.True(t, ok)
	assert.Equal(t, leaderboard.ByDonors, first.View)
	assert.Equal(t, "day", first.Period)
	assert.Len(t, first.Standings, 1)
	assert.Equal(t, sums{5_900_00, 190}, first.Total, "the sums of the whole drive come along")
	for target, status := range map[string]int{
		"/drives/none/events": 404, "/drives/vote/events?view=luck": 400, "/drives/vote/events?period=x": 400,
	} {
		assert.Equal(t, status, s.get(target).Code, target)
	}
	assert.Equal(t, http.StatusOK, s.do(http.MethodHead, "/drives/vote/events").Code)
}

// A slow reader holds up nobody and is cut.
func TestSlowWatchersAreCut(t *testing.T) {
	s := open(t)
	key := boardKey{"vote", leaderboard.ByAmount, leaderboard.AllTime}
	slow, err := s.streams.watch(t.Context(), key)
	require.NoError(t, err)
	quick, err := s.streams.watch(t.Context(), key)
	require.NoError(t, err)
	for i := range 2 * behind {
		s.streams.send(slow.stream, []byte{byte(i)})
		<-quick.events
	}
	received := 0
	for range slow.events { // ends, because it is closed
		received++
	}
	assert.Equal(t, behind, received)
	s.streams.leave(slow)
	s.streams.leave(quick)
	s.streams.leave(quick)
	assert.Empty(t, s.streams.open)
	assert.Zero(t, s.streams.watchers)
}

func TestStreamsAreBounded(t *testing.T) {
	s := open(t)
	s.streams.watchers = maxWatchers
	w := s.get("/drives/vote/events")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.NotEmpty(t, w.Header().Get("Retry-After"))
	s.streams.watchers = 0
	s.Close()
	s.Close()
	assert.Equal(t, http.StatusServiceUnavailable, s.get("/drives/vote/events").Code, "a server that ends lets nobody in")
}

func TestManyComeAndGo(t *testing.T) {
	var w wakes
	s := open(t, func(c *Config) { c.Changed = w.subscribe })
	address := listen(t, s)
	var crowd sync.WaitGroup
	for i := range 60 {
		crowd.Go(func() {
			r := follow(t, address+"/drives/vote/events?period="+[]string{"all", "day", "hour"}[i%3])
			first, _, ok := r.next(t)
			assert.True(t, ok && first.Full)
			time.Sleep(time.Duration(20+i*5) * time.Millisecond)
			r.close()
		})
		s.ledger.change(func(l *ledger) { l.total.Raised++ })
		w.wake()
	}
	crowd.Wait()
	assert.Eventually(t, func() bool {
		s.streams.mu.Lock()
		defer s.streams.mu.Unlock()
		return s.streams.watchers == 0 && len(s.streams.open) == 0 && w.count() == 0
	}, 10*time.Second, 5*time.Millisecond, "a visitor who has left is noticed though there is nothing to send")
}
