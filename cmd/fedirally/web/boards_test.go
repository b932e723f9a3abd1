package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

var everything = []string{
	"/", "/drives/vote", "/drives/vote?view=donors", "/drives/vote?period=day", "/drives/vote/instances/mas.to",
	"/drives/vote/instances/nobody.example", "/rules", "/api/v1/drives", "/api/v1/drives/vote/standings",
	"/api/v1/drives/vote/standings?limit=2&after=1", "/api/v1/drives/vote/instances/mas.to",
	"/api/v1/drives/vote/instances/nobody.example",
}

func TestNotModified(t *testing.T) {
	s := open(t)
	for _, target := range everything {
		first := s.get(target)
		etag := first.Header().Get("ETag")
		require.Regexp(t, `^"[\w-]{20}"$`, etag, target)
		for _, header := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
			w := s.get(target, "If-None-Match", header)
			assert.Equal(t, http.StatusNotModified, w.Code, target)
			assert.Zero(t, w.Body.Len())
			assert.Equal(t, etag, w.Header().Get("ETag"))
		}
		assert.Equal(t, http.StatusOK, s.get(target, "If-None-Match", `"other"`).Code)
	}
}

func TestETagStaysWhileNothingVisibleChanges(t *testing.T) {
	s := open(t)
	before := map[string]string{}
	for _, target := range everything {
		before[target] = s.get(target).Header().Get("ETag")
	}
	s.pass(time.Minute)
	for _, target := range everything {
		assert.Equal(t, before[target], s.get(target).Header().Get("ETag"), target)
	}
	s.ledger.change(func(l *ledger) { l.total.Raised++ })
	s.pass(time.Minute)
	for _, target := range []string{"/", "/drives/vote", "/api/v1/drives/vote/standings"} {
		assert.NotEqual(t, before[target], s.get(target).Header().Get("ETag"), target)
	}
}

func TestHidingShowsThoughTheVersionStays(t *testing.T) {
	s := open(t)
	before := s.get("/drives/vote").Header().Get("ETag")
	s.ledger.change(func(l *ledger) { l.standings[leaderboard.AllTime][3].Listed = false })
	s.pass(freshFor)
	w := s.get("/drives/vote")
	assert.NotEqual(t, before, w.Header().Get("ETag"))
	assert.NotContains(t, w.Body.String(), "hachyderm.io")
}

func TestStaleBoard(t *testing.T) {
	s := open(t)
	good := s.see(t, "/drives/vote")
	assert.Zero(t, good.Find(`[data-testid="stale"]`).Length())
	s.ledger.change(func(l *ledger) { l.err = errBroken })
	for range 3 {
		s.pass(time.Minute)
		stale := s.see(t, "/drives/vote")
		assert.Equal(t, 1, stale.Find(`[data-testid="stale"]`).Length())
		assert.Equal(t, said(good, "ranking"), said(stale, "ranking"))
		assert.Equal(t, "As of Sat, Oct 24, 2026, 4:14 PM EDT.", said(stale, "updated"), "of which moment it is old")
	}
	assert.Equal(t, 1, s.see(t, "/").Find(`[data-testid="stale"]`).Length())

	unseen := s.get("/drives/vote?period=hour")
	assert.Equal(t, http.StatusServiceUnavailable, unseen.Code, "this board was never read")
	assert.NotContains(t, unseen.Body.String(), "10.1.2.3")

	s.ledger.change(func(l *ledger) { l.err = nil })
	s.pass(freshFor)
	assert.Zero(t, s.see(t, "/drives/vote").Find(`[data-testid="stale"]`).Length())
}

func TestReadiness(t *testing.T) {
	s := open(t)
	assert.JSONEq(t, `{"status":"ok"}`, s.get("/healthz").Body.String())
	assert.JSONEq(t, `{"status":"ok"}`, s.get("/readyz").Body.String())
	s.see(t, "/drives/vote")
	s.ledger.change(func(l *ledger) { l.err = errBroken })
	s.pass(freshFor)
	w := s.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.JSONEq(t, `{"status":"unavailable","degraded":["ledger"]}`, w.Body.String())
	assert.Equal(t, http.StatusOK, s.get("/healthz").Code)

	s.see(t, "/drives/vote")
	s.ledger.change(func(l *ledger) { l.err = nil })
	s.pass(freshFor)
	assert.JSONEq(t, `{"status":"ok"}`, s.get("/readyz").Body.String(), "all can be read again")
}

func TestReadinessWithoutARanking(t *testing.T) {
	s := open(t)
	degraded := func() {
		t.Helper()
		w := s.get("/readyz")
		assert.Equal(t, http.StatusOK, w.Code)
		assert.JSONEq(t, `{"status":"degraded","degraded":["boards"]}`, w.Body.String())
	}
	s.ledger.change(func(l *ledger) { l.gone = errBroken })
	degraded() // though nobody has asked for a board
	s.ledger.change(func(l *ledger) { l.gone = nil })
	s.pass(freshFor)
	assert.JSONEq(t, `{"status":"ok"}`, s.get("/readyz").Body.String())

	s.see(t, "/drives/vote?view=donors")
	s.ledger.change(func(l *ledger) { l.gone = errBroken })
	s.pass(freshFor)
	s.see(t, "/drives/vote?view=donors")
	s.ledger.change(func(l *ledger) { l.gone = nil })
	s.pass(freshFor)
	degraded() // that this board can be read again nobody has found out
	s.see(t, "/drives/vote?view=donors")
	assert.JSONEq(t, `{"status":"ok"}`, s.get("/readyz").Body.String())

	s.ledger.change(func(l *ledger) { l.gone = errBroken })
	s.pass(freshFor)
	s.see(t, "/drives/vote?view=donors")
	s.ledger.change(func(l *ledger) { l.gone = nil })
	s.pass(2 * patience)
	assert.JSONEq(t, `{"status":"ok"}`, s.get("/readyz").Body.String(), "nobody looks at that board any more")
}

func TestVisitorsCostTwoReadingsASecond(t *testing.T) {
	s := open(t)
	for range 10 {
		var crowd sync.WaitGroup
		for range 50 {
			crowd.Go(func() { assert.Equal(t, http.StatusOK, s.get("/drives/vote").Code) })
		}
		crowd.Wait()
		s.pass(freshFor)
	}
	assert.LessOrEqual(t, s.ledger.asked, 10)
}

func TestOthersAreServedTheOldBoardMeanwhile(t *testing.T) {
	s := open(t)
	old := s.get("/drives/vote").Header().Get("ETag")
	hold := make(chan struct{})
	s.ledger.change(func(l *ledger) { l.hold = hold; l.total.Raised++ })
	s.pass(freshFor)
	reader := make(chan string)
	go func() { reader <- s.get("/drives/vote").Header().Get("ETag") }()
	require.Eventually(t, func() bool {
		s.ledger.mu.Lock()
		defer s.ledger.mu.Unlock()
		return s.ledger.asked == 2
	}, 5*time.Second, time.Millisecond)
	assert.Equal(t, old, s.get("/drives/vote").Header().Get("ETag"), "served while the reading is under way")
	close(hold)
	assert.NotEqual(t, old, <-reader)
}

func TestBoardsAreBounded(t *testing.T) {
	s := open(t)
	var drives []leaderboard.Drive
	for i := range maxBoards + 20 {
		drive := s.ledger.drives[0]
		drive.Slug = fmt.Sprintf("drive-%d", i)
		drives = append(drives, drive)
	}
	s.ledger.change(func(l *ledger) { l.drives = drives })
	for _, drive := range drives {
		s.pass(time.Millisecond)
		_, err := s.boards.board(t.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
		require.NoError(t, err)
	}
	assert.Len(t, s.boards.slots, maxBoards)
	assert.NotContains(t, s.boards.slots, boardKey{"drive-0", leaderboard.ByAmount, leaderboard.AllTime})
}

func TestClockStepsAreShownAsTheyAre(t *testing.T) {
	s := open(t)
	s.ledger.change(func(l *ledger) { l.drives[0].PublishEvery = 15 * time.Minute })
	publish := func() {
		s.pass(15 * time.Minute)
		s.ledger.change(func(l *ledger) { l.drives[0].Published = s.clock() })
		s.pass(freshFor)
	}
	asOf := func() *time.Time {
		var doc standingsDocument
		require.NoError(t, json.Unmarshal(s.get("/api/v1/drives/vote/standings").Body.Bytes(), &doc))
		return doc.AsOf
	}
	page := s.see(t, "/drives/vote")
	assert.Equal(t, "Figures are published every 15 minutes. The first are yet to come.", said(page, "updated"))
	assert.Zero(t, page.Find(`[data-live="asof"]`).Length(), "which tells the script to have the page made anew")
	assert.Nil(t, asOf())
	publish()
	first := said(s.see(t, "/drives/vote"), "updated")
	assert.Equal(t, "Figures are published every 15 minutes. These are of Sat, Oct 24, 2026, 4:29 PM EDT.", first)
	assert.Equal(t, new(start.Add(15*time.Minute)), asOf())
	publish()
	assert.NotEqual(t, first, said(s.see(t, "/drives/vote"), "updated"), "a new step is news even if nothing was given")
}

// A drive that has just been opened is waited for while the list is read again.
func TestADriveThatWasJustOpenedIsHere(t *testing.T) {
	s := open(t)
	require.Equal(t, http.StatusOK, s.get("/drives/vote").Code)
	s.pass(freshFor)
	s.ledger.mu.Lock()
	opened := s.ledger.drives[0]
	opened.ID, opened.Slug = 99, "new"
	var readers sync.WaitGroup
	readers.Go(func() { s.get("/drives/vote") }) // reads the list again, and is kept waiting
	require.Eventually(t, func() bool {
		s.boards.list.mu.Lock()
		defer s.boards.list.mu.Unlock()
		return s.boards.list.busy != nil
	}, 10*time.Second, time.Millisecond)
	answers := make(chan int, 1)
	readers.Go(func() { answers <- s.get("/drives/new").Code })
	select {
	case code := <-answers:
		assert.Fail(t, "it was not waited for", code)
		answers <- code
	case <-time.After(50 * time.Millisecond):
	}
	s.ledger.drives = append(s.ledger.drives, opened)
	s.ledger.mu.Unlock()
	readers.Wait()
	assert.Equal(t, http.StatusOK, <-answers)
}
