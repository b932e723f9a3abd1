package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStrictPolicyEverywhere(t *testing.T) {
	s := open(t)
	for _, target := range append([]string{
		"/nope", "/drives/none", "/drives/vote/give/blocked.example", "/drives/vote/give/mas.to", "/static/none", "/healthz", "/readyz", "/drives/vote?view=x",
	}, everything...) {
		header := s.get(target).Header()
		assert.Equal(t, Policy, header.Get("Content-Security-Policy"), target)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
		assert.NotEmpty(t, header.Get("X-Request-Id"))
		assert.Empty(t, header.Values("Set-Cookie"))
	}
	assert.NotContains(t, Policy, "unsafe")
}

func TestLogsSayNothingAboutVisitors(t *testing.T) {
	s := open(t)
	for _, target := range []string{
		"/drives/vote/instances/alice.example?handle=@alice@alice.example", "/drives/vote/instances/@alice@alice.example",
		"/alice", "/drives/alice", "/drives/vote/give/alice.example", "/static/alice", "/api/v1/alice", "/drives/vote?view=alice",
	} {
		s.get(target, "User-Agent", "alice's phone", "Referer", "https://alice.example/", "X-Forwarded-For", "203.0.113.7", "X-Request-Id", "alice")
	}
	s.do("ALICE", "/")
	logs := s.logs.String()
	assert.Equal(t, 9, strings.Count(logs, `"msg":"request"`))
	assert.Contains(t, logs, `"route":"/drives/:drive/instances/:host"`)
	assert.NotContains(t, strings.ToLower(logs), "alice")
	assert.NotContains(t, logs, "203.0.113.7")
	assert.NotContains(t, logs, "192.0.2.1", "the address that httptest gives a client")
}

func TestPanicIsLoggedOnceAndToldToNobody(t *testing.T) {
	s := open(t)
	s.ledger.change(func(l *ledger) { l.explode = true })
	w := s.get("/drives/vote/give/mas.to")
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), "Something went wrong here")
	assert.NotContains(t, w.Body.String(), "boom")
	assert.Equal(t, Policy, w.Header().Get("Content-Security-Policy"))
	assert.Equal(t, 1, strings.Count(s.logs.String(), "boom"))
	assert.Equal(t, 1, strings.Count(s.logs.String(), `"level":"ERROR"`))
	assert.Contains(t, s.logs.String(), `"status":500`)
}

func TestErrorsAreLoggedOnce(t *testing.T) {
	s := open(t)
	s.ledger.change(func(l *ledger) { l.err = errBroken })
	assert.Equal(t, http.StatusServiceUnavailable, s.get("/").Code)
	assert.Equal(t, 1, strings.Count(s.logs.String(), errBroken.Error()))
}

func TestLargeBodiesAreRefused(t *testing.T) {
	s := open(t)
	r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(strings.Repeat("x", maxBody+1)))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func TestWebhooksPassUntouched(t *testing.T) {
	body := strings.Repeat("x", maxBody*2)
	s := open(t, func(c *Config) {
		c.Webhooks = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "/webhooks/actblue/contributions", r.URL.Path)
			got, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			assert.Equal(t, body, string(got))
			w.WriteHeader(http.StatusTeapot)
		})
	})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/webhooks/actblue/contributions", strings.NewReader(body)))
	assert.Equal(t, http.StatusTeapot, w.Code)
	assert.Empty(t, w.Header().Get("Content-Security-Policy"))
	assert.NotEmpty(t, w.Header().Get("X-Request-Id"))
	assert.Contains(t, s.logs.String(), `"route":"/webhooks/actblue/*"`)
}

func TestDemoIsSaidEverywhere(t *testing.T) {
	s := open(t, func(c *Config) { c.Demo = true; c.PublicURL = nil })
	for _, target := range []string{"/", "/drives/vote", "/drives/vote/instances/mas.to", "/rules", "/nope", "/drives/vote/give/blocked.example"} {
		assert.Contains(t, s.get(target).Body.String(), `data-testid="demo"`, target)
	}
}

func TestHTTPServerHasLimitsAndForgetsAddresses(t *testing.T) {
	logs := &lines{}
	server := HTTPServer(":0", http.NotFoundHandler(), slog.New(slog.NewTextHandler(logs, nil)))
	assert.NotZero(t, server.ReadHeaderTimeout)
	assert.NotZero(t, server.ReadTimeout)
	assert.NotZero(t, server.WriteTimeout)
	assert.NotZero(t, server.IdleTimeout)
	assert.NotZero(t, server.MaxHeaderBytes)
	server.ErrorLog.Print("http: TLS handshake error from 203.0.113.7:4711: EOF")
	server.ErrorLog.Print("http: panic serving [2001:db8::7]:4711: no")
	require.Contains(t, logs.String(), "handshake error")
	assert.NotContains(t, logs.String(), "203.0.113.7")
	assert.NotContains(t, logs.String(), "2001:db8")
}
