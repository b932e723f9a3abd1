package directory

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// hurried is for servers that never end.
func hurried(c *Config) { c.Lab.FetchTime = 300 * time.Millisecond }

// answers have a host give the same answer to everything but robots.txt.
func answers(town *town, do http.HandlerFunc) {
	town.add("social.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		do(w, r)
	}))
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	packer := gzip.NewWriter(&packed)
	_, err := packer.Write(make([]byte, 4<<20))
	require.NoError(t, err)
	require.NoError(t, packer.Close())
	bomb := packed.Bytes() // some kilobytes, which may follow one another
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			port := r.Host[strings.LastIndexByte(r.Host, ':')+1:]
			http.Redirect(w, r, strings.ReplaceAll(to, "PORT", port), http.StatusFound)
		}
	}
	for name, tt := range map[string]struct {
		does http.HandlerFunc
		// fails says that it is to be tried again.
		fails bool
	}{
		"a slow drip": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}, true},
		"silence": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, true},
		"an endless body": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, strings.Repeat(" ", 1<<16))
			}
		}, false},
		"a body that unpacks for ever": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			for r.Context().Err() == nil {
				if _, err := w.Write(bomb); err != nil {
					return
				}
			}
		}, false},
		"a body cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "{")
		}, true},
		"huge headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 2*mostHeader))
		}, true},
		"deep brackets": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat(`{"links":[`, 20_000))
		}, false},
		"to a private host":    {redirect("https://cellar.social.example:PORT/"), true},
		"to a private address": {redirect("https://127.0.0.2:PORT/"), true},
		"to this machine":      {redirect("https://localhost:PORT/"), true},
		"to a number":          {redirect("https://2130706434:PORT/"), true},
		"to plain http":        {redirect("http://social.example:PORT/"), true},
		"to another port":      {redirect("https://social.example:22/"), true},
		"to a file":            {redirect("file:///etc/passwd"), true},
		"to somebody else":     {redirect("https://other.example:PORT/"), false},
		"in circles":           {redirect("https://social.example:PORT/api/v2/instance"), false},
		"with a password":      {redirect("https://u:p@social.example:PORT/"), true},
		"an error":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, true},
		"a refusal":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, false},
		"an upgrade":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town := newTown(t, hurried)
			town.names["cellar.social.example"] = func() netip.Addr { return cellar }
			town.write("other.example", documents{"/": second})
			answers(town, tt.does)
			facts, err := town.client.Look(t.Context(), host)
			assert.Equal(t, tt.fails, err != nil, "%v", err)
			assert.Equal(t, leaderboard.Facts{}, facts)
			assert.Zero(t, town.intruders(), "a private address was asked")
			assert.False(t, town.was("other.example/"))
		})
	}
}

// A name may lead somewhere else each time that it is looked up.
func TestANameThatChangesItsMind(t *testing.T) {
	t.Parallel()
	town := newTown(t)
	var lookups atomic.Int64
	town.names["social.example"] = func() netip.Addr {
		if lookups.Add(1) > 1 {
			return cellar
		}
		return street
	}
	town.add("social.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // so that the name has to be looked up again
		http.NotFound(w, r)
	}))
	_, err := town.client.Look(t.Context(), host)
	require.ErrorIs(t, err, ErrAddress)
	assert.True(t, town.was("social.example/robots.txt"))
	assert.EqualValues(t, 4, lookups.Load(), "once for each document")
	assert.Zero(t, town.intruders())
}

// Redirects within a domain are followed, but not many.
func TestFewRedirects(t *testing.T) {
	t.Parallel()
	town := newTown(t)
	town.write("social.example", documents{"/api/v2/instance": "=>https://www.social.example:PORT/1"})
	town.write("www.social.example", documents{"/1": "=>/2", "/2": second})
	facts, err := town.client.Look(t.Context(), host)
	require.NoError(t, err)
	assert.Equal(t, "Social & friends", facts.Title)
	town.write("www.social.example", documents{"/1": "=>/2", "/2": "=>/3", "/3": second})
	facts, err = town.client.Look(t.Context(), host)
	require.NoError(t, err)
	assert.Empty(t, facts.Title)
}

func TestNoCookiesAndNoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.2:1")
	town := newTown(t)
	town.add("social.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Cookie"))
		assert.Empty(t, r.Header.Get("Referer"))
		assert.Equal(t, "HTTP/1.1", r.Proto)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(w, second)
	}))
	facts, err := town.client.Look(t.Context(), host)
	require.NoError(t, err)
	assert.True(t, facts.Fediverse)
}

// Without a lab no test server can be reached: all of them are on this machine.
func TestTheRealGuard(t *testing.T) {
	t.Parallel()
	town := newTown(t, func(c *Config) { c.Lab.Allow = nil })
	town.write("social.example", documents{"/api/v2/instance": second})
	_, err := town.client.Look(t.Context(), host)
	require.ErrorIs(t, err, ErrAddress)
	_, err = town.client.Icon(t.Context(), "https://social.example:"+town.port+"/api/v2/instance")
	require.ErrorIs(t, err, ErrAddress)
	assert.Empty(t, town.asked)
}

func TestLookEndsWithItsContext(t *testing.T) {
	t.Parallel()
	town := newTown(t)
	ctx, cancel := context.WithCancel(t.Context())
	answers(town, func(http.ResponseWriter, *http.Request) { cancel() })
	_, err := town.client.Look(ctx, host)
	require.ErrorIs(t, err, context.Canceled)
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1.1.1.1": true, "9.255.255.255": true, "100.63.255.255": true, "172.32.0.1": true, "223.255.255.255": true, "168.63.129.15": true,
		"2606:4700::1111": true, "2a00:1450::1": true, "::ffff:1.1.1.1": true, "64:ff9b::1.1.1.1": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "100.64.0.1": false, "100.100.100.200": false, "127.0.0.1": false, "127.255.255.254": false,
		"168.63.129.16": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.192": false, "192.0.2.1": false,
		"192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "239.1.1.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:0:127.0.0.1": false,
		"64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1.1.1.1": false, "100::1": false, "2001::1": false, "2001:2::1": false,
		"2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false, "fc00::1": false, "fd00:ec2::254": false, "fe80::1": false, "fe80::1%eth0": false,
		"2606:4700::1111%eth0": false, "fec0::1": false, "ff02::1": false, "5f00::1": false, "4000::1": false,
	} {
		assert.Equal(t, want, isPublic(netip.MustParseAddr(text)), text)
	}
	assert.False(t, isPublic(netip.Addr{}))
}

func TestOnlyTheWebsPort(t *testing.T) {
	t.Parallel()
	client, err := New(Config{Agent: "test"})
	require.NoError(t, err)
	require.NoError(t, client.control("tcp4", "1.1.1.1:443", nil))
	for _, bad := range []string{"1.1.1.1:80", "1.1.1.1:22", "127.0.0.1:443", "[::1]:443", "[::ffff:10.0.0.1]:443", "nonsense"} {
		require.ErrorIs(t, client.control("tcp4", bad, nil), ErrAddress, bad)
	}
	require.ErrorIs(t, client.control("udp4", "1.1.1.1:443", nil), ErrAddress)
	_, err = New(Config{})
	require.Error(t, err)
}

// A server may take a connection and never say a word, not even about who it is.
func TestSilenceBeforeTheFirstWord(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = mute.Close() })
	ended := make(chan error, 1)
	go func() {
		connection, err := mute.Accept()
		if err == nil {
			_, err = io.Copy(io.Discard, connection) // until the client hangs up
		}
		ended <- err
	}()
	town := newTown(t, hurried, func(c *Config) {
		_, c.Lab.Port, _ = net.SplitHostPort(mute.Addr().String())
		c.Lab.Allow = func(to netip.AddrPort) bool { return to.String() == mute.Addr().String() }
	})
	_, err = town.client.Look(t.Context(), host)
	require.Error(t, err)
	require.NoError(t, <-ended, "the connection does not outlive the question")
}
