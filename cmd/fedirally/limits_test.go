package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/web"
)

func TestLimitsComeFromTheSettings(t *testing.T) {
	env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	chosen, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	usual := web.DefaultLimits()
	usual.Proxies, err = web.ParseProxies("loopback")
	require.NoError(t, err)
	assert.Equal(t, usual, chosen.limits)

	env[envTrustedProxies], env[envRateForms], env[envRateAPI], env[envStreamsEach] = "proxy.example", "-1", "many", "9999999"
	_, err = settingsFrom(t, forServing, env)
	for _, name := range []string{envTrustedProxies, envRateForms, envRateAPI, envStreamsEach} {
		require.ErrorContains(t, err, name)
	}

	env[envTrustedProxies], env[envRateForms], env[envRateAPI], env[envStreamsEach] = "private", "1", "0", ""
	s := serveHere(t, env, quiet)
	ask := func(visitor string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address().String()+"/drives/none/give", http.NoBody)
		require.NoError(t, err)
		if visitor != "" {
			request.Header.Set("X-Forwarded-For", visitor)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, http.StatusNotFound, ask("203.0.113.7"))
	assert.Equal(t, http.StatusTooManyRequests, ask("203.0.113.7"))
	assert.Equal(t, http.StatusNotFound, ask("203.0.113.8"))
	for range 3 {
		assert.Equal(t, http.StatusNotFound, ask(""), "this machine is not limited")
	}
}

func TestStreamsWithinALimitOfDescriptors(t *testing.T) {
	for limit, streams := range map[uint64]int{
		1 << 20: web.MostStreams, wantedDescriptors: web.MostStreams, wantedDescriptors - 1: web.MostStreams - 1,
		4000: 3000, 1024: 768, 4: 3, 0: 1,
	} {
		assert.Equal(t, streams, streamsWithin(limit), "%d", limit)
	}
}

// TestFewDescriptorsAreSaidAtTheStart runs the program under limits of the
// system. A soft limit alone is none: Go raises it.
func TestFewDescriptorsAreSaidAtTheStart(t *testing.T) {
	file, err := programFile()
	require.NoError(t, err)
	under := func(limit string) string {
		env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
		p := startCommand(t, env, exec.Command("sh", "-c", "ulimit "+limit+` && exec "$0" serve`, file))
		p.kill()
		return p.logs.String()
	}
	hard := under("-n 200")
	assert.Contains(t, hard, "few files may be open at once")
	assert.Contains(t, hard, `"limit":200,"wanted":21000,"streams":150`)
	assert.NotContains(t, under("-S -n 200"), `"limit":200`)
	logs := strings.Split(strings.TrimSpace(hard), "\n")
	assert.Contains(t, logs[len(logs)-1], `"msg":"serving"`, "and it serves all the same")
}
