package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// archive is a directory in memory.
type archive struct {
	mu       sync.Mutex
	profiles []leaderboard.Profile
	icons    map[string][]byte
	err      error
	read     int
}

func (a *archive) Profiles(context.Context) ([]leaderboard.Profile, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.profiles, a.err
}

func (a *archive) Icon(_ context.Context, digest string) ([]byte, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read++
	icon, found := a.icons[digest]
	return icon, found, a.err
}

func about(host leaderboard.Host, digest string) leaderboard.Profile {
	return leaderboard.Profile{Host: host, Digest: digest, Read: start, Facts: leaderboard.Facts{
		Fediverse: true, Title: "Title of " + string(host), Software: "mastodon", Version: "4.5", Active: 1200, ActiveFrom: leaderboard.FromNodeInfo, Total: 5000,
	}}
}

// openKnown opens a site that knows something of instances on the board and off it.
func openKnown(t *testing.T) (*site, *archive) {
	entered, found, foundListed := about("entered.example", "entered"), about("found.example", "found"), about("fosstodon.org", "listed")
	entered.Entered, found.Found, foundListed.Found = true, true, true
	a := &archive{
		profiles: []leaderboard.Profile{entered, foundListed, found, about("mastodon.social", "big"), about("unlisted.example", "unlisted")},
		icons:    map[string][]byte{"entered": []byte("e"), "listed": []byte("l"), "found": []byte("f"), "big": []byte("b"), "unlisted": []byte("u")},
	}
	return open(t, func(c *Config) { c.Directory = a }), a
}

func TestWhatIsKnownIsShownOfListedAndEnteredInstances(t *testing.T) {
	s, _ := openKnown(t)
	for host, shown := range map[string]bool{
		"mastodon.social": true, "fosstodon.org": true, "entered.example": true, "found.example": false, "unlisted.example": false, "nobody.example": false,
	} {
		doc := s.see(t, "/drives/vote/instances/"+host)
		api := s.get("/api/v1/drives/vote/instances/" + host).Body.String()
		if !shown {
			assert.Empty(t, said(doc, "about"), host)
			assert.Zero(t, doc.Find("img").Length(), host)
			assert.NotContains(t, api, "about", host)
			continue
		}
		assert.Equal(t, "Title of "+host+" · Mastodon 4.5", said(doc, "about"))
		assert.Equal(t, "1,200 people active in a month, as its server said on October 24, 2026.", said(doc, "people"))
		assert.Equal(t, 1, doc.Find("h1 img").Length(), host)
		assert.Contains(t, api, `"active_people":{"count":1200,"from":"nodeinfo","as_of":"2026-10-24T20:14:00Z"},"accounts":5000`)
	}
	board := s.see(t, "/drives/vote")
	assert.Equal(t, "/icons/big.png", board.Find(`tr[data-host="mastodon.social"] img`).AttrOr("src", ""))
	assert.Equal(t, 2, board.Find("table img").Length())
	assert.Equal(t, board.Find("tbody tr").Length(), board.Find("tbody tr .face").Length(), "each row has room for one")
}

func TestPagesFollowWhatIsKnown(t *testing.T) {
	s, a := openKnown(t)
	before := s.get("/drives/vote/instances/mastodon.social")
	again := s.get("/drives/vote/instances/mastodon.social", "If-None-Match", before.Header().Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.Code)
	a.mu.Lock()
	a.profiles = []leaderboard.Profile{about("mastodon.social", "")}
	a.profiles[0].Title = "Another"
	a.profiles[0].Corrected = &leaderboard.Correction{Active: 7, Source: "a survey", At: start.Add(-48 * time.Hour)}
	a.mu.Unlock()
	s.pass(freshFor)
	doc := s.see(t, "/drives/vote/instances/mastodon.social")
	assert.Equal(t, "Another · Mastodon 4.5", said(doc, "about"))
	assert.Equal(t, "7 people active in a month, as the organizers have it from a survey (October 22, 2026).", said(doc, "people"))
	assert.Zero(t, doc.Find("img").Length())
	assert.Zero(t, s.see(t, "/drives/vote").Find(".face").Length(), "no row has one, so there is no room for any")
}

func TestIcons(t *testing.T) {
	s, a := openKnown(t)
	for digest, want := range map[string]int{
		"big": 200, "entered": 200, "listed": 200, "unlisted": 200, "found": 404, "nothing": 404, "": 404,
	} {
		w := s.get("/icons/" + digest + ".png")
		assert.Equal(t, want, w.Code, digest)
		if want != http.StatusOK {
			continue
		}
		assert.Equal(t, a.icons[digest], w.Body.Bytes())
		assert.Equal(t, "image/png", w.Header().Get("Content-Type"))
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		assert.Equal(t, Policy, w.Header().Get("Content-Security-Policy"))
		assert.Equal(t, forGood, w.Header().Get("Cache-Control"))
		require.NotEmpty(t, w.Header().Get("ETag"))
		assert.Equal(t, http.StatusNotModified, s.get("/icons/"+digest+".png", "If-None-Match", w.Header().Get("ETag")).Code)
	}
	assert.Equal(t, 404, s.get("/icons/big").Code)
	assert.Equal(t, 4, a.read, "each was read once")
	without := open(t)
	assert.Equal(t, 404, without.get("/icons/big.png").Code)
	// An instance that is hidden from now on is in no answer any more.
	a.mu.Lock()
	a.profiles = nil
	a.mu.Unlock()
	s.pass(freshFor)
	assert.Equal(t, 404, s.get("/icons/big.png").Code)
}

func TestPagesDoWithoutADirectoryThatFails(t *testing.T) {
	s, a := openKnown(t)
	a.err = errors.New("away")
	assert.Zero(t, s.see(t, "/drives/vote").Find("img").Length())
	a.mu.Lock()
	a.err = nil
	a.mu.Unlock()
	s.pass(freshFor)
	assert.Equal(t, 2, s.see(t, "/drives/vote").Find("table img").Length())
	a.mu.Lock()
	a.err = errors.New("away")
	a.mu.Unlock()
	s.pass(freshFor)
	assert.Equal(t, 2, s.see(t, "/drives/vote").Find("table img").Length(), "what was known before stays")
	assert.Equal(t, http.StatusServiceUnavailable, s.get("/icons/big.png").Code)
}
