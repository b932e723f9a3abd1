package fedi_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
)

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 24, 12, 1, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t *testing.T, options feditest.Options) *feditest.Server {
	t.Helper()
	server, err := feditest.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return server
}

// connect makes a client with connections of its own.
func connect(t *testing.T, server *feditest.Server, now func() time.Time) *fedi.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := fedi.New(fedi.Config{
		Server: server.URL(), Token: server.Token(), Agent: "Fedirally/test (+https://rally.example)",
		Transport: transport, Timeout: 2 * time.Second, Now: now,
	})
	require.NoError(t, err)
	return client
}

// a PNG, as far as anybody looks.
var png = []byte("\x89PNG\r\n\x1a\n and so on")

func toot(link string) fedi.Toot {
	return fedi.Toot{Text: "Something was passed.\n\n" + link, Warning: "US politics", Language: "en", Visibility: "unlisted", Link: link}
}

func styles() map[string]feditest.Style {
	return map[string]feditest.Style{"mastodon": feditest.Mastodon(), "gotosocial": feditest.GoToSocial()}
}
