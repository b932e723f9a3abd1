package main

import (
	"maps"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHealthyAsksTheServerThatListensThere(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		env := settingsOf(url)
		s := serveHere(t, env, quiet)
		// Whoever asks knows where, and nothing else.
		asking := map[string]string{envAddr: s.address().Host}
		assert.Contains(t, must(t, asking, "healthy"), `"status":"ok"`)
		assert.Contains(t, must(t, asking, "healthy", "--ready"), `"status":"ok"`)

		// A server whose secret was changed under it lives and can do nothing.
		with := maps.Clone(env)
		with[envNewSecret] = "another secret, long enough too"
		must(t, with, "secret", "rotate")
		require.Eventually(t, func() bool {
			code, _, errs := command(t, asking, "healthy", "--ready")
			return code == 1 && assert.Contains(t, errs, "503 Service Unavailable: {\"status\":\"unavailable\"")
		}, 30*time.Second, 50*time.Millisecond)
		must(t, asking, "healthy")
	})
}

func TestHealthyFailsWhereNobodyAnswers(t *testing.T) {
	// A socket that accepts and says nothing would be waited for; a closed one is refused.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	code, _, errs := command(t, map[string]string{envAddr: address}, "healthy")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "asking the server:")

	code, _, errs = command(t, map[string]string{envAddr: "8080"}, "healthy")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, envAddr)
}

func TestHealthyReachesAServerThatListensEverywhere(t *testing.T) {
	for address, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80",
		"127.0.0.2:80": "127.0.0.2:80", "[::1]:80": "[::1]:80", "board:80": "board:80",
	} {
		assert.Equal(t, want, nearest(address))
	}
}
