package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilesAreServedForEverUnderHashedNames(t *testing.T) {
	files, err := New()
	require.NoError(t, err)
	for name, contentType := range map[string]string{"app.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "live.js": "text/javascript; charset=utf-8"} {
		path := files.Path(name)
		assert.Regexp(t, `^/static/[a-z]+\.[0-9a-f]{12}\.(css|js|svg)$`, path)
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, contentType, w.Header().Get("Content-Type"))
		assert.Contains(t, w.Header().Get("Cache-Control"), "immutable")
		assert.NotEmpty(t, w.Body.String())

		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "br, gzip")
		packed := httptest.NewRecorder()
		files.ServeHTTP(packed, r)
		assert.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
		unzipped, err := gzip.NewReader(packed.Body)
		require.NoError(t, err)
		plain, err := io.ReadAll(unzipped)
		require.NoError(t, err)
		assert.Equal(t, w.Body.String(), string(plain))
	}
}

// A page is looked at over slow lines too.
func TestTheScriptIsSmall(t *testing.T) {
	files, err := New()
	require.NoError(t, err)
	assert.Less(t, len(files.served[files.Path("live.js")].body), 8<<10)
	assert.Less(t, len(files.served[files.Path("live.js")].packed)+len(files.served[files.Path("app.css")].packed), 10<<10)
}

func TestOnlyTheHashedNameIsServed(t *testing.T) {
	files, err := New()
	require.NoError(t, err)
	for _, path := range []string{"/static/app.css", "/static/", "/static/static.go", "/static/../static.go"} {
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusNotFound, w.Code, path)
	}
	assert.Empty(t, files.Path("static.go"))
}

func TestStyleFetchesNothing(t *testing.T) {
	css, err := embedded.ReadFile("app.css")
	require.NoError(t, err)
	for _, forbidden := range []string{"url(", "@import", "http:", "https:"} {
		assert.NotContains(t, string(css), forbidden)
	}
}
