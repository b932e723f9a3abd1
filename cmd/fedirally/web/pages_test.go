package web

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestPagesShowTheBoard(t *testing.T) {
	s := open(t)
	home := s.see(t, "/")
	assert.Contains(t, said(home, "drive"), "$5,900 from 190 donors")
	drive := s.see(t, "/drives/vote")
	assert.Equal(t, 4, drive.Find(`[data-testid="row"]`).Length())
	assert.Equal(t, "$5,900", said(drive, "raised"))
	day := s.see(t, "/drives/vote?view=donors&period=day&utm_source=toot&n=12")
	assert.Equal(t, 1, day.Find(`[data-testid="row"]`).Length())
	assert.Contains(t, said(s.see(t, "/drives/vote/instances/mas.to"), "rank"), "2nd of 4 instances, level with 1 other")
	assert.Contains(t, s.see(t, "/rules").Find("main").Text(), "sees the size of each step")
}

func TestNewFiguresShowWithinASecond(t *testing.T) {
	s := open(t)
	assert.Equal(t, "$5,900", said(s.see(t, "/drives/vote"), "raised"))
	s.ledger.change(func(l *ledger) { l.total.Raised += 25_00; l.total.Version++ })
	s.pass(freshFor - time.Millisecond)
	assert.Equal(t, "$5,900", said(s.see(t, "/drives/vote"), "raised"))
	s.pass(time.Millisecond)
	assert.Equal(t, "$5,925", said(s.see(t, "/drives/vote"), "raised"))
}

// TestFrontPageIsNeverAnOldOne has snapshots made and thrown away, so that new ones
// come to lie where old ones lay.
func TestFrontPageIsNeverAnOldOne(t *testing.T) {
	s := open(t)
	for range 40 {
		for _, target := range []string{"/drives/vote", "/"} {
			var total leaderboard.Cents
			s.ledger.change(func(l *ledger) {
				l.total.Raised += 1_00
				total = l.total.Raised
			})
			s.pass(freshFor)
			require.Contains(t, s.get(target).Body.String(), total.String())
			runtime.GC()
		}
	}
}

func TestEachPageHasOneAddress(t *testing.T) {
	s := open(t)
	for target, want := range map[string]string{
		"/drives/vote/":                              "/drives/vote",
		"/drives/vote/?view=donors":                  "/drives/vote?view=donors",
		"/drives/vote/instances/MAS.to":              "/drives/vote/instances/mas.to",
		"/drives/vote/instances/mas.to./":            "/drives/vote/instances/mas.to",
		"/drives/vote/instances/m%C3%BCnchen.social": "/drives/vote/instances/xn--mnchen-3ya.social",
		"/drives/vote/instances/m%c3%bcnchen.social": "/drives/vote/instances/xn--mnchen-3ya.social",
		"/drives/vote/give/MAS.to":                   "/drives/vote/give/mas.to",
	} {
		w := s.get(target)
		assert.Equal(t, http.StatusMovedPermanently, w.Code, target)
		assert.Equal(t, want, w.Header().Get("Location"))
	}
}

func TestWhatIsNotHere(t *testing.T) {
	s := open(t)
	for target, status := range map[string]int{
		"/nothing":                             404,
		"/drives/none":                         404,
		"/drives/none/give/mas.to":             404,
		"/drives/vote/instances/localhost":     404,
		"/drives/vote/instances/@me@mas.to":    404,
		"/drives/vote/instances/a%2Fb.example": 404,
		"/drives/vote/give/co.uk":              404,
		"/drives/vote?view=luck":               400,
		"/drives/vote?period=year":             400,
		"/drives/vote?after=-1":                400,
		"/webhooks/actblue/contributions":      404,
	} {
		w := s.get(target)
		assert.Equal(t, status, w.Code, target)
		assert.Contains(t, w.Body.String(), "<h1>", target)
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		assert.Empty(t, w.Header().Get("ETag"))
	}
}

func TestOnlyLookingIsAllowed(t *testing.T) {
	s := open(t)
	for _, target := range []string{"/", "/drives/vote", "/api/v1/drives", "/rules"} {
		w := s.do(http.MethodPost, target)
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
		assert.Contains(t, w.Header().Get("Allow"), "GET")
		head := s.do(http.MethodHead, target)
		assert.Equal(t, http.StatusOK, head.Code)
		assert.Zero(t, head.Body.Len())
		assert.NotEmpty(t, head.Header().Get("ETag"))
	}
}

func TestGive(t *testing.T) {
	s := open(t)
	w := s.get("/drives/vote/give/new.example")
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, "https://secure.actblue.com/donate/vote-form?refcode=code-new.example", w.Header().Get("Location"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	for _, host := range []string{"hidden.example", "pending.example", "mastodon.social"} {
		assert.Equal(t, http.StatusSeeOther, s.get("/drives/vote/give/"+host).Code, host)
	}
	for _, host := range []string{"blocked.example", "left.example"} {
		w := s.get("/drives/vote/give/" + host)
		assert.Equal(t, http.StatusNotFound, w.Code)
		assert.Empty(t, w.Header().Get("Location"))
		assert.Contains(t, w.Body.String(), "There is no link for this instance")
		assert.Contains(t, w.Body.String(), "Paid for by Example Voter Fund PAC.")
	}
	assert.Equal(t, "/drives/vote/give/mas.to", s.get("/drives/vote/give/old.example").Header().Get("Location"))
}

func TestGiveOutsideTheDrivesTime(t *testing.T) {
	s := open(t)
	s.pass(250 * time.Hour)
	w := s.get("/drives/vote/give/mas.to")
	assert.Equal(t, http.StatusGone, w.Code)
	assert.Contains(t, w.Body.String(), "This drive is closed")
	assert.Zero(t, s.see(t, "/drives/vote").Find(".give a").Length())
	s.pass(-350 * time.Hour)
	w = s.get("/drives/vote/give/mas.to")
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Contains(t, w.Body.String(), "has not started yet")
}

func TestGiveNeedsTheRegistry(t *testing.T) {
	s := open(t)
	s.see(t, "/drives/vote")
	s.ledger.change(func(l *ledger) { l.err = errBroken })
	w := s.get("/drives/vote/give/mas.to")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "2", w.Header().Get("Retry-After"))
	assert.NotContains(t, w.Body.String(), "10.1.2.3")
}

func TestStaticFiles(t *testing.T) {
	s := open(t)
	doc := s.see(t, "/")
	for _, path := range []string{
		doc.Find(`link[rel="stylesheet"]`).AttrOr("href", ""), doc.Find(`link[rel="icon"]`).AttrOr("href", ""),
	} {
		w := s.get(path)
		assert.Equal(t, http.StatusOK, w.Code, path)
		assert.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	}
	assert.Equal(t, http.StatusNotFound, s.get("/static/app.css").Code)
}

func TestNewNamesAllFaults(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "a ledger is needed")
	require.ErrorContains(t, err, "a way to make contribution links")
}

// TestNothingOfAnUnlistedInstanceGetsOut holds rule 7 on every surface: page and
// JSON of an unlisted host are the same byte for byte, whatever is known of it,
// and no other page has a trace of it.
func TestNothingOfAnUnlistedInstanceGetsOut(t *testing.T) {
	with, without := open(t), open(t)
	without.ledger.change(func(l *ledger) {
		l.standings[leaderboard.AllTime] = l.standings[leaderboard.AllTime][:4]
		l.instances = nil
	})
	for _, prefix := range []string{"/drives/vote/instances/", "/api/v1/drives/vote/instances/"} {
		want := without.get(prefix + "nobody.example")
		require.Equal(t, http.StatusOK, want.Code)
		for _, host := range []string{"secret.example", "hidden.example", "blocked.example", "left.example", "pending.example", "old.example"} {
			got, plain := with.get(prefix+host), without.get(prefix+host)
			assert.Equal(t, plain.Body.String(), got.Body.String())
			assert.Equal(t, plain.Header().Get("ETag"), got.Header().Get("ETag"))
			assert.Equal(t, strings.ReplaceAll(want.Body.String(), "nobody.example", host), got.Body.String())
		}
	}
	for _, target := range []string{
		"/", "/rules", "/drives/vote", "/drives/vote?view=donors", "/drives/vote?period=day", "/drives/vote?period=hour",
		"/drives/vote/instances/mas.to", "/drives/vote/instances/nobody.example", "/api/v1/drives", "/readyz", "/nope",
		"/api/v1/drives/vote/standings", "/api/v1/drives/vote/standings?view=donors", "/api/v1/drives/vote/standings?period=day",
		"/api/v1/drives/vote/standings?after=secret.example", "/api/v1/drives/vote/instances/mas.to",
	} {
		body := with.get(target).Body.String()
		for _, secret := range []string{"secret.example", "31.41", "3141", "99.99", "9999"} {
			assert.NotContains(t, body, secret, target)
		}
	}
	assert.NotContains(t, with.logs.String(), "secret.example")
}
