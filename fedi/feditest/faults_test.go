package feditest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
)

func TestEveryFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault   feditest.Fault
		status  int // 0: no answer
		written bool
	}{
		{feditest.Unavailable, 503, false},
		{feditest.Overloaded, 503, false},
		{feditest.BrokenServer, 500, false},
		{feditest.GatewayPage, 504, true},
		{feditest.Unauthorized, 401, false},
		{feditest.Forbidden, 403, false},
		{feditest.Throttled, 429, false},
		{feditest.ThrottledFor, 429, false},
		{feditest.Refused, 422, false},
		{feditest.HangBefore, 0, false},
		{feditest.HangAfter, 0, true},
		{feditest.CutBefore, 0, false},
		{feditest.CutAfter, 0, true},
		{feditest.Garbled, 200, true},
		{feditest.LateWrite, 0, false},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			t.Parallel()
			c := newClock()
			server := open(t, feditest.Options{Now: c.Now})
			server.Fail(1, tt.fault, "POST /api/v1/statuses")
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			status, _ := post(ctx, t, server, "k", url.Values{"status": {"x"}})
			assert.Equal(t, tt.status, status)
			assert.Equal(t, tt.written, len(server.Posts()) == 1)
			c.now = c.now.Add(21 * time.Second)
			assert.Equal(t, tt.written || tt.fault == feditest.LateWrite, len(server.Posts()) == 1, "later")

			status, _ = post(t.Context(), t, server, "k2", url.Values{"status": {"y"}})
			assert.Equal(t, http.StatusOK, status, "it fails once")
			requests := server.Requests()
			require.Len(t, requests, 2)
			assert.Equal(t, tt.fault, requests[0].Fault)
			assert.Equal(t, "k", requests[0].Key)
			assert.Empty(t, requests[1].Fault)
		})
	}
}

func TestAnswersThatLeadAstray(t *testing.T) {
	t.Parallel()
	server := open(t, feditest.Options{})
	follow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(fault feditest.Fault) *http.Response {
		server.Fail(1, fault, "GET /api/v1/instance")
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+"/api/v1/instance", nil)
		require.NoError(t, err)
		response, err := follow.Do(request)
		require.NoError(t, err)
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	assert.Equal(t, "http://elsewhere.invalid/api/v1/instance", ask(feditest.Elsewhere).Header.Get("Location"))
	_, err := io.ReadAll(io.LimitReader(ask(feditest.Endless).Body, 1<<20))
	require.NoError(t, err)
	page, err := io.ReadAll(ask(feditest.BrokenServer).Body)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(page, []byte("<html>")))
	assert.Equal(t, "120", ask(feditest.Overloaded).Header.Get("Retry-After"))
	answer := ask(feditest.ThrottledFor)
	assert.Equal(t, "90", answer.Header.Get("Retry-After"))
	assert.Empty(t, answer.Header.Get("X-RateLimit-Reset"))
}

func TestWindowsOfTheClock(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock() // 12:01
			style.Limit = 2
			server := open(t, feditest.Options{Style: style, Now: c.Now})
			want := "2026-11-24T12:05:00.000000Z"
			if name == "gotosocial" {
				want = "2026-11-24T12:05:00.000Z"
			}
			ask := func() *http.Response {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+"/api/v1/instance", nil)
				require.NoError(t, err)
				response, err := http.DefaultClient.Do(request)
				require.NoError(t, err)
				defer response.Body.Close()
				return response
			}
			assert.Equal(t, "1", ask().Header.Get("X-RateLimit-Remaining"))
			assert.Equal(t, http.StatusOK, ask().StatusCode)
			throttled := ask()
			assert.Equal(t, http.StatusTooManyRequests, throttled.StatusCode)
			assert.Equal(t, want, throttled.Header.Get("X-RateLimit-Reset"))
			c.now = c.now.Add(4 * time.Minute)
			assert.Equal(t, http.StatusOK, ask().StatusCode)
		})
	}
}

// The same seed fails the same requests.
func TestChaosIsDecidedByTheSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		server := open(t, feditest.Options{Seed: seed})
		server.Chaos(0.5, feditest.Unavailable, feditest.Refused)
		var b strings.Builder
		for range 30 {
			status, _ := post(t.Context(), t, server, "", url.Values{"status": {"x"}})
			b.WriteString(http.StatusText(status)[:1])
		}
		server.Fail(5, feditest.Unavailable, "")
		server.Calm()
		status, _ := post(t.Context(), t, server, "", url.Values{"status": {"x"}})
		assert.Equal(t, http.StatusOK, status)
		return b.String()
	}
	first := run(1)
	assert.Equal(t, first, run(1))
	assert.NotEqual(t, first, run(2))
	for _, letter := range []string{"O", "S", "U"} {
		assert.Contains(t, first, letter)
	}
}

// Whatever is posted, the page shows it as text.
func TestTheTimelineIsSafe(t *testing.T) {
	t.Parallel()
	server := open(t, feditest.Options{})
	media, err := client(server).UploadMediaFromMedia(t.Context(), &mastodon.Media{
		File: strings.NewReader("\x89PNG\r\n\x1a\n"), Description: `" onerror="alert(4)"><script>alert(5)</script>`,
	})
	require.NoError(t, err)
	status, _ := post(t.Context(), t, server, "", url.Values{
		"media_ids[]":  {string(media.ID)},
		"status":       {"<script>alert(1)</script> https://rally.example/x?a=1&b=\"onclick=1\njavascript:alert(2)"},
		"spoiler_text": {"<img src=x onerror=alert(3)>"}, "language": {`en" onload="x`},
	})
	require.Equal(t, http.StatusOK, status)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.TimelineURL(), nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	text := string(page)
	assert.Contains(t, text, "&lt;script&gt;alert(1)&lt;/script&gt;")
	assert.Contains(t, text, `<a href="https://rally.example/x?a=1&amp;b=" rel="nofollow noopener noreferrer">`)
	assert.Contains(t, text, "&lt;img src=x")
	assert.Contains(t, text, `alt="&#34; onerror=&#34;alert(4)`)
	for _, bad := range []string{"<script", "<img src=x", `onload="x"`, `href="javascript`} {
		assert.NotContains(t, text, bad)
	}
	assert.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'")
}
