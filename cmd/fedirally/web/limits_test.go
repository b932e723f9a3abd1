package web

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func openLimited(t *testing.T, limits Limits) *site {
	t.Helper()
	var err error
	limits.Proxies, err = ParseProxies("loopback")
	require.NoError(t, err)
	return open(t, func(c *Config) { c.Limits = limits })
}

// from sends a request from an address.
func (s *site) from(peer, method, target, body string, forwarded ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, line := range forwarded {
		r.Header.Add(forwardedFor, line)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestFormsAreLimited(t *testing.T) {
	const visitor, proxy = "203.0.113.7:999", "127.0.0.1:999"
	s := openLimited(t, Limits{Forms: 4})
	send := func(peer string, forwarded ...string) *httptest.ResponseRecorder {
		return s.from(peer, http.MethodPost, "/drives/vote/give", "instance=mas.to", forwarded...)
	}
	for i := range 4 {
		target := "/drives/vote/" + []string{"give", "find"}[i%2]
		assert.Equal(t, http.StatusSeeOther, s.from(visitor, http.MethodPost, target, "instance=mas.to&find=mas.to").Code)
	}
	w := send(visitor)
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.Equal(t, "15", w.Header().Get("Retry-After"))
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Body.String(), "Please try again in a few seconds")
	assert.Equal(t, Policy, w.Header().Get("Content-Security-Policy"))

	assert.Equal(t, http.StatusTooManyRequests, send(visitor, "198.51.100.1").Code, "a header does not make it another visitor")
	assert.Equal(t, http.StatusTooManyRequests, send(proxy, "198.51.100.1, 203.0.113.7").Code, "nor does one before the proxy's")
	assert.Equal(t, http.StatusSeeOther, send(proxy, "203.0.113.8").Code, "the proxy's other visitors are not held up")
	for range 10 {
		assert.Equal(t, http.StatusSeeOther, send(proxy).Code, "a proxy that does not tell must not shut out everybody")
	}
	for _, target := range []string{"/drives/vote/give/mas.to", "/drives/vote", "/drives/vote/give"} {
		assert.NotEqual(t, http.StatusTooManyRequests, s.from(visitor, http.MethodGet, target, "").Code, target)
	}
	s.pass(15 * time.Second)
	assert.Equal(t, http.StatusSeeOther, send(visitor).Code)
	assert.Equal(t, http.StatusTooManyRequests, send(visitor).Code)
	assert.NotContains(t, s.logs.String(), "203.0.113")
}

func TestTheAPIIsLimited(t *testing.T) {
	const peer = "[2001:db8::7]:999"
	s := openLimited(t, Limits{API: 1})
	targets := []string{"/api/v1/drives", "/api/v1/drives/vote/standings", "/api/v1/drives/vote/instances/mas.to"}
	for i := range apiBurst {
		assert.Equal(t, http.StatusOK, s.from(peer, http.MethodGet, targets[i%3], "").Code)
	}
	for _, target := range targets {
		w := s.from("[2001:db8::8]:999", http.MethodGet, target, "")
		assert.Equal(t, http.StatusTooManyRequests, w.Code, "the same network is the same visitor")
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.JSONEq(t, `{"error":"too many requests"}`, w.Body.String())
		assert.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"), "a page of another site can read why")
		assert.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "Retry-After")
	}
	assert.Equal(t, http.StatusNoContent, s.from(peer, http.MethodOptions, targets[0], "").Code)
	assert.Equal(t, http.StatusOK, s.from("[2001:db8:0:1::7]:999", http.MethodGet, targets[0], "").Code)
	s.pass(time.Second)
	assert.Equal(t, http.StatusOK, s.from(peer, http.MethodGet, targets[0], "").Code)
}

func TestStreamsOfOneAddressAreLimited(t *testing.T) {
	s := openLimited(t, Limits{Streams: 2})
	url := listen(t, s) + "/drives/vote/events"
	watch := func(visitor string) (status int, leave func()) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		r.Header.Set(forwardedFor, visitor)
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		return response.StatusCode, func() { require.NoError(t, response.Body.Close()) }
	}
	var leave [3]func()
	var status int
	for i := range 2 {
		status, leave[i] = watch("203.0.113.7")
		assert.Equal(t, http.StatusOK, status)
	}
	status, done := watch("203.0.113.7")
	assert.Equal(t, http.StatusTooManyRequests, status)
	done()
	status, leave[2] = watch("203.0.113.8")
	assert.Equal(t, http.StatusOK, status)
	leave[0]()
	assert.Eventually(t, func() bool {
		status, done := watch("203.0.113.7")
		done()
		return status == http.StatusOK
	}, 10*time.Second, 5*time.Millisecond, "one that ends makes room")
	leave[1]()
	leave[2]()
	assert.Eventually(t, func() bool {
		s.limits.streams.mu.Lock()
		defer s.limits.streams.mu.Unlock()
		return len(s.limits.streams.open) == 0
	}, 10*time.Second, 5*time.Millisecond)
}

func TestAllStreamsAreBoundedByWhatTheSystemAllows(t *testing.T) {
	s := openLimited(t, Limits{AllStreams: 3})
	s.streams.watchers = 3
	assert.Equal(t, http.StatusServiceUnavailable, s.get("/drives/vote/events").Code)
	s.streams.watchers = 0
	assert.Equal(t, maxWatchers, openLimited(t, Limits{AllStreams: maxWatchers + 1}).streams.most)
}

func TestAProxyThatNobodyNamedIsNoticedOnce(t *testing.T) {
	s := openLimited(t, Limits{API: 100})
	for range 3 {
		s.from("172.18.0.2:999", http.MethodGet, "/api/v1/drives", "", "203.0.113.7")
	}
	assert.Equal(t, 1, strings.Count(s.logs.String(), "FEDIRALLY_TRUSTED_PROXIES"))
	assert.NotContains(t, s.logs.String(), "203.0.113.7")
	assert.NotContains(t, s.logs.String(), "172.18.0.2")

	s = openLimited(t, Limits{API: 100})
	s.from("203.0.113.7:999", http.MethodGet, "/api/v1/drives", "", "198.51.100.1")
	s.from("127.0.0.1:999", http.MethodGet, "/api/v1/drives", "", "198.51.100.1")
	assert.NotContains(t, s.logs.String(), "FEDIRALLY_TRUSTED_PROXIES")
}

// TestSlowClientsAreCut holds connections open in several ways that cost a
// client nothing, and looks that each is ended while another visitor is served.
func TestSlowClientsAreCut(t *testing.T) {
	s := open(t)
	server := HTTPServer("", s.Server, slog.New(slog.DiscardHandler))
	// As HTTPServer sets them, only shorter.
	const short = 500 * time.Millisecond
	server.ReadHeaderTimeout, server.ReadTimeout, server.IdleTimeout = short, short, short
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { assert.NoError(t, server.Close()) })

	for name, test := range map[string]struct {
		sent   string
		status int // of the answer before the end; 0: none
	}{
		"says nothing":             {"", 0},
		"never ends its head":      {"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 0},
		"never ends its form":      {"POST /drives/vote/give HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\ninst", http.StatusBadRequest},
		"is silent after a page":   {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", http.StatusOK},
		"has a head without end":   {"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 64<<10), http.StatusRequestHeaderFieldsTooLarge},
		"announces a body too big": {"POST /drives/vote/give HTTP/1.1\r\nHost: x\r\nContent-Length: " + strconv.Itoa(maxBody+1) + "\r\n\r\n", http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection, err := net.Dial("tcp", listener.Addr().String())
			require.NoError(t, err)
			defer connection.Close()
			_, err = io.WriteString(connection, test.sent)
			require.NoError(t, err)
			response, err := http.Get("http://" + listener.Addr().String() + "/healthz")
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, response.StatusCode, "others are served")
			require.NoError(t, response.Body.Close())

			// Without the limits this would wait until the test's own end.
			require.NoError(t, connection.SetReadDeadline(time.Now().Add(20*time.Second)))
			all := bufio.NewReader(connection)
			if test.status != 0 {
				response, err := http.ReadResponse(all, nil)
				require.NoError(t, err)
				assert.Equal(t, test.status, response.StatusCode)
				_, err = io.Copy(io.Discard, response.Body)
				require.NoError(t, err)
			}
			rest, err := io.ReadAll(all)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection was never cut")
			assert.Empty(t, rest)
		})
	}
}
