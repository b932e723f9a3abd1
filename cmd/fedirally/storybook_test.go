package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheFirstVisitIsLight adds up what a browser fetches for a board of hundreds,
// as it goes over the wire.
func TestTheFirstVisitIsLight(t *testing.T) {
	handler, err := storybook()
	require.NoError(t, err)
	fetch := func(target string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
		require.Equal(t, http.StatusOK, w.Code, target)
		return w.Body.String()
	}
	page := fetch("/drive-hundreds")
	files := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(page, -1)
	require.Len(t, files, 3, "style, script and icon")
	var wire bytes.Buffer
	for _, body := range []string{page, fetch(files[0][1]), fetch(files[1][1]), fetch(files[2][1])} {
		packed := gzip.NewWriter(&wire)
		_, err := packed.Write([]byte(body))
		require.NoError(t, err)
		require.NoError(t, packed.Close())
	}
	assert.Less(t, wire.Len(), 30<<10)
}
