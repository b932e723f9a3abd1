package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// pictureOf gives the path of the picture that a page names.
func pictureOf(t *testing.T, s *site, target string) string {
	t.Helper()
	picture := s.see(t, target).Find(`meta[property="og:image"]`).AttrOr("content", "")
	require.NotEmpty(t, picture, target)
	path, found := strings.CutPrefix(picture, "https://rally.example.org")
	require.True(t, found, "previews need the full address")
	return path
}

func TestPicturesAreAddressedByState(t *testing.T) {
	s := open(t)
	for target, want := range map[string]string{
		"/":                                      "PNG of vote $5,900",
		"/drives/vote":                           "PNG of vote $5,900",
		"/drives/vote?view=donors&period=day":    "PNG of vote $5,900",
		"/drives/vote/instances/mas.to":          "PNG of vote mas.to $5,900",
		"/drives/vote/instances/mastodon.online": "PNG of vote mastodon.online $5,900", // not on the board, but widely known
	} {
		path := pictureOf(t, s, target)
		w := s.get(path)
		assert.Equal(t, http.StatusOK, w.Code, path)
		assert.Equal(t, "image/png", w.Header().Get("Content-Type"))
		assert.Equal(t, forGood, w.Header().Get("Cache-Control"))
		assert.Equal(t, want, w.Body.String())
		assert.Equal(t, http.StatusNotModified, s.get(path, "If-None-Match", w.Header().Get("ETag")).Code)
	}
	assert.Zero(t, s.see(t, "/drives/vote/instances/nobody.example").Find(`meta[property="og:image"]`).Length())
	old, unlisted := pictureOf(t, s, "/drives/vote"), pictureOf(t, s, "/drives/vote/instances/mastodon.online")
	s.ledger.change(func(l *ledger) { l.total.Raised++; l.total.Version++ })
	s.pass(freshFor)
	now := pictureOf(t, s, "/drives/vote")
	assert.NotEqual(t, old, now)
	assert.Equal(t, unlisted, pictureOf(t, s, "/drives/vote/instances/mastodon.online"), "no gift can be read off it")
	w := s.get(old)
	assert.Equal(t, http.StatusFound, w.Code, "an earlier picture leads to the present one")
	assert.Equal(t, now, w.Header().Get("Location"))
	assert.Equal(t, noStore, w.Header().Get("Cache-Control"))
	s.ledger.change(func(l *ledger) { l.drives[0].Version++ })
	s.pass(freshFor)
	assert.Equal(t, unlisted, pictureOf(t, s, "/drives/vote/instances/mastodon.online"), "it counts what nobody may see")
	s.ledger.change(func(l *ledger) { l.drives[0].Title, l.drives[0].Version = "Another title", l.drives[0].Version+1 })
	s.pass(freshFor)
	assert.NotEqual(t, unlisted, pictureOf(t, s, "/drives/vote/instances/mastodon.online"))
	for target, status := range map[string]int{
		"/drives/vote/preview/x":                                   http.StatusNotFound,
		"/drives/none/preview/x.png":                               http.StatusNotFound,
		"/drives/vote/instances/localhost/preview/x.png":           http.StatusNotFound,
		"/drives/vote/instances/made.up.example/preview/x.png":     http.StatusNotFound,
		"/drives/vote/instances/mas.to/preview/x.png":              http.StatusFound,
		"/drives/vote/preview/" + strings.Repeat("A", 16) + ".png": http.StatusFound,
	} {
		assert.Equal(t, status, s.get(target).Code, target)
	}
}

// A toot that spreads makes thousands of servers fetch page and picture within a minute.
func TestACrowdCostsOneRendering(t *testing.T) {
	s := open(t)
	targets := []string{"/drives/vote", "/drives/vote/instances/mas.to"}
	var pictures []string
	for _, target := range targets {
		pictures = append(pictures, pictureOf(t, s, target))
	}
	for range 20 {
		var crowd sync.WaitGroup
		for range 25 {
			for _, target := range append(pictures, targets...) {
				crowd.Go(func() {
					w := httptest.NewRecorder()
					s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
					assert.Equal(t, http.StatusOK, w.Code)
				})
			}
		}
		crowd.Wait()
		s.pass(3 * time.Second)
	}
	assert.Len(t, s.painter.drawn, 2)
	drive := s.ledger.drives[0]
	snap, err := s.boards.board(t.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
	require.NoError(t, err)
	assert.Equal(t, 1, snap.page.made)
	assert.Equal(t, 1, snap.of("mas.to").page.made)
}

func TestHostPagesAreBounded(t *testing.T) {
	s := open(t)
	snap, err := s.boards.board(t.Context(), s.ledger.drives[0], leaderboard.ByAmount, leaderboard.AllTime)
	require.NoError(t, err)
	for i := range 3 * maxHostPages {
		snap.of(leaderboard.Host(strings.Repeat("a", 1+i%60) + string(rune('a'+i%26)) + ".example"))
		assert.LessOrEqual(t, len(snap.hosts), maxHostPages)
	}
}

func TestCompressedForms(t *testing.T) {
	s := open(t)
	for target, packed := range map[string]bool{
		"/drives/vote": true, "/": true, "/api/v1/drives": false,
		pictureOf(t, s, "/drives/vote"): false,
	} {
		plain, zipped := s.get(target), s.get(target, "Accept-Encoding", "br, gzip;q=0.5")
		assert.Equal(t, packed, zipped.Header().Get("Content-Encoding") == "gzip", target)
		assert.Empty(t, plain.Header().Get("Content-Encoding"))
		assert.Empty(t, s.get(target, "Accept-Encoding", "gzip;q=0, identity").Header().Get("Content-Encoding"))
		if packed {
			assert.Equal(t, "Accept-Encoding", plain.Header().Get("Vary"))
			assert.NotEqual(t, plain.Header().Get("ETag"), zipped.Header().Get("ETag"), "a strong tag stands for bytes")
			assert.Less(t, zipped.Body.Len(), plain.Body.Len()/2)
		}
		for _, etag := range []string{plain.Header().Get("ETag"), zipped.Header().Get("ETag")} {
			assert.Equal(t, http.StatusNotModified, s.get(target, "Accept-Encoding", "gzip", "If-None-Match", etag).Code)
		}
	}
}
