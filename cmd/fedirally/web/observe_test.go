package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// counting is an observer that keeps what it hears.
type counting struct {
	mu       sync.Mutex
	answers  []Answer
	rendered map[Kind]int
	took     time.Duration
}

func (o *counting) Answered(a Answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers = append(o.answers, a)
}

func (o *counting) Rendered(kind Kind, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rendered == nil {
		o.rendered = map[Kind]int{}
	}
	o.rendered[kind]++
	o.took += took
}

// taken gives the answers since the last time.
func (o *counting) taken() []Answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	answers := o.answers
	o.answers = nil
	return answers
}

func observed(t *testing.T, adjust ...func(*Config)) (*site, *counting) {
	t.Helper()
	o := &counting{}
	return open(t, append(adjust, func(c *Config) { c.Observer = o })...), o
}

func TestEachAnswerIsTold(t *testing.T) {
	s, o := observed(t, func(c *Config) {
		c.Webhooks = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	})
	s.ledger.change(func(l *ledger) { l.explode = true })
	for _, c := range []struct {
		method, target string
		want           Answer
	}{
		{http.MethodGet, "/", Answer{Route: "/", Method: "GET", Status: 200}},
		{http.MethodHead, "/drives/vote", Answer{Route: "/drives/:drive", Method: "HEAD", Status: 200}},
		{http.MethodGet, "/drives/vote/", Answer{Route: "/drives/:drive", Method: "GET", Status: 301}},
		{http.MethodGet, "/drives/none", Answer{Route: "/drives/:drive", Method: "GET", Status: 404}},
		{http.MethodGet, "/drives/vote/give/mas.to", Answer{Route: "/drives/:drive/give/:host", Method: "GET", Status: 500}},
		{http.MethodPost, "/webhooks/actblue/refunds", Answer{Route: "/webhooks/actblue/*", Method: "POST", Status: 418}},
		{http.MethodOptions, "/api/v1/drives", Answer{Route: "/api/v1/drives", Method: "OPTIONS", Status: 204}},
		{http.MethodHead, "/drives/vote/events", Answer{Route: streamRoute, Method: "HEAD", Status: 200}},
		{http.MethodGet, "/drives/none/events", Answer{Route: streamRoute, Method: "GET", Status: 404}},
	} {
		w := s.do(c.method, c.target)
		assert.Equal(t, c.want.Status, w.Code, c.target)
		assert.Equal(t, []Answer{c.want}, o.taken(), c.target)
	}
	assert.Equal(t, "other", usualMethod(&http.Request{Method: "PURGE"}))
}

func TestAStreamIsToldAsOneWhenItEnds(t *testing.T) {
	s, o := observed(t)
	r := follow(t, listen(t, s)+"/drives/vote/events")
	_, _, ok := r.next(t)
	require.True(t, ok)
	assert.Empty(t, o.taken())
	assert.Equal(t, 1, s.Activity().Streams)
	s.pass(time.Hour)
	r.close()
	var told []Answer
	require.Eventually(t, func() bool { told = append(told, o.taken()...); return len(told) > 0 }, 10*time.Second, time.Millisecond)
	assert.Equal(t, []Answer{{Route: streamRoute, Method: "GET", Status: 200, Took: time.Hour, Stream: true}}, told)
}

func TestActivityTellsTheLimitThatHolds(t *testing.T) {
	s, _ := observed(t, func(c *Config) { c.Limits.AllStreams = 7 })
	assert.Equal(t, 7, s.Activity().MaxStreams)
}

// TestWordsOfAnswersAreFew: whatever hosts, drives, paths and methods strangers
// come up with, an observer hears no more words for them.
func TestWordsOfAnswersAreFew(t *testing.T) {
	s, o := observed(t, func(c *Config) { c.Logger = nil })
	words := func(from int) map[string]bool {
		for i := range 50 {
			n := strconv.Itoa(from + i)
			s.get("/drives/vote/instances/host" + n + ".example")
			s.get("/drives/vote/instances/host" + n + ".example/preview/x.png")
			s.get("/drives/vote/give/host" + n + ".example")
			s.get("/drives/drive" + n)
			s.get("/drives/drive" + n + "/what" + n)
			s.get("/" + n + "/x")
			s.get("/static/" + n)
			s.get("/api/v1/" + n)
			s.do("METHOD"+n, "/drives/vote/instances/host"+n+".example")
			s.do("METHOD"+n, "/drives/vote")
		}
		seen := map[string]bool{}
		for _, a := range o.taken() {
			seen[a.Route+" "+a.Method] = true
		}
		return seen
	}
	first := words(0)
	assert.Equal(t, first, words(1000))
	assert.Less(t, len(first), 2*len(s.echo.Routes()))
	assert.NotContains(t, fmt.Sprint(slices.Collect(maps.Keys(first))), "49")
}

func TestWhatIsKeptIsRenderedOnce(t *testing.T) {
	s, o := observed(t)
	for range 3 {
		s.get("/")
		s.get("/drives/vote")
		s.get("/drives/vote/instances/mas.to")
		s.get("/api/v1/drives/vote/standings")
		s.get("/api/v1/drives/vote/instances/mas.to")
		picture, found := s.see(t, "/drives/vote").Find(`meta[property="og:image"]`).Attr("content")
		require.True(t, found)
		require.Equal(t, http.StatusOK, s.get(picture[len("https://rally.example.org"):]).Code)
	}
	assert.Equal(t, map[Kind]int{Page: 3, JSON: 2, Picture: 1}, o.rendered)
	s.get("/drives/vote?after=1")
	s.get("/api/v1/drives/vote/standings?limit=1")
	assert.Equal(t, map[Kind]int{Page: 4, JSON: 3, Picture: 1}, o.rendered, "what is not kept")
}

func TestActivity(t *testing.T) {
	s, _ := observed(t)
	assert.Equal(t, Activity{MaxStreams: maxWatchers}, s.Activity())
	s.get("/drives/vote")
	s.get("/drives/vote?view=donors")
	assert.Equal(t, Activity{MaxStreams: maxWatchers, Boards: 2, Reads: 2}, s.Activity())

	s.ledger.change(func(l *ledger) { l.gone = errBroken })
	s.pass(2 * freshFor)
	s.get("/drives/vote")
	assert.Equal(t, Activity{MaxStreams: maxWatchers, Boards: 2, Reads: 3, Failures: 1, Stale: true}, s.Activity())
	s.ledger.change(func(l *ledger) { l.gone = nil })
	s.pass(2 * patience)
	assert.False(t, s.Activity().Stale, "that was a while ago")

	s.ledger.change(func(l *ledger) { l.err = errBroken })
	s.get("/rules")
	assert.True(t, s.Activity().Stale, "the drives are as they were")
	s.ledger.change(func(l *ledger) { l.err = nil })
	s.pass(2 * patience)
	assert.False(t, s.Activity().Stale, "nobody has come since")

	s.boards.current = func() bool { return false }
	assert.True(t, s.Activity().Stale, "whoever came now would be shown something old")
}

func TestActivityOfStreams(t *testing.T) {
	s, _ := observed(t)
	key := boardKey{"vote", leaderboard.ByAmount, leaderboard.AllTime}
	slow, err := s.streams.watch(t.Context(), key)
	require.NoError(t, err)
	quick, err := s.streams.watch(t.Context(), key)
	require.NoError(t, err)
	for i := range behind {
		<-quick.events
		s.ledger.change(func(l *ledger) { l.total.Raised++ })
		s.pass(2 * freshFor)
		s.streams.refresh(slow.stream)
		s.streams.send(slow.stream, nil) // a heartbeat is no event
		<-quick.events
		if i == behind/2-2 {
			assert.Equal(t, 2, s.Activity().Streams)
			assert.Zero(t, s.Activity().Cut)
		}
	}
	a := s.Activity()
	assert.Equal(t, 1, a.Streams)
	assert.EqualValues(t, 1, a.Cut)
	assert.EqualValues(t, 2+behind+behind/2, a.Events)
	s.streams.leave(quick)

	s.streams.mu.Lock()
	s.streams.watchers = maxWatchers
	s.streams.mu.Unlock()
	s.get("/drives/vote/events")
	assert.EqualValues(t, 1, s.Activity().Refused)
	s.streams.watchers = 0
}
