package main

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFullQueueAsksActBlueToComeAgain keeps the database locked, as a shell with
// an open transaction does, while more notices come than may wait.
func TestFullQueueAsksActBlueToComeAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	env := settingsOf("sqlite:" + file)
	p := startProcess(t, env)
	defer p.kill()
	race := newPatientRace(t, env, 700)
	require.Greater(t, len(race.rest), 1300)

	shell, err := openFile(t, file).Conn(t.Context())
	require.NoError(t, err)
	_, err = shell.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	race.concurrency = 1300 // beyond the queue and the group that has been taken out of it
	require.Equal(t, map[int]int{http.StatusServiceUnavailable: 1300}, race.post(t, p.url, 1300))
	status, header := postRaw(t, p.url, benchNotice(1))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.NotEmpty(t, header.Get("Retry-After"))
	status, _ = fetchText(t, p.url+"/drives/race")
	assert.Equal(t, http.StatusOK, status)

	_, err = shell.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	race.concurrency = 0
	race.finish(t, p.url)
	p.kill()
	assert.Contains(t, p.logs.String(), "look for a slow disk, or for another program that keeps the database locked")
}
