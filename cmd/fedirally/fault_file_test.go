package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDamagedFileTakesNothingIn overwrites a tenth of a database that no server
// has open, once in every place. The server either refuses to start or finds the
// damage by itself, and then acknowledges nothing; with the backup in the file's
// place all is well.
func TestDamagedFileTakesNothingIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	env := settingsOf("sqlite:" + file)
	p := startProcess(t, env)
	race := newPatientRace(t, env, 400)
	require.Equal(t, map[int]int{http.StatusOK: 600}, race.post(t, p.url, 600))
	p.tell(t, os.Interrupt)
	<-p.done
	require.NoError(t, p.cmd.Wait())
	backup, err := os.ReadFile(file)
	require.NoError(t, err)

	const advice = "and restore the last backup"
	refused, found := 0, 0
	for tenth := range 10 {
		t.Run(fmt.Sprint("tenth ", tenth), func(t *testing.T) {
			damaged := append([]byte(nil), backup...)
			noise := rand.NewChaCha8([32]byte{byte(tenth)})
			_, _ = noise.Read(damaged[tenth*len(damaged)/10 : (tenth+1)*len(damaged)/10])
			replaceDatabase(t, file, damaged)
			p, logs := tryProcess(t, env)
			if p == nil {
				assert.Contains(t, logs, advice)
				refused++
				return
			}
			defer p.kill()
			found++
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				_, ready := fetchText(c, p.url+"/readyz")
				assert.Contains(c, ready, `"intake"`)
			}, time.Minute, 20*time.Millisecond, "it reads the whole file")
			before := len(race.rest)
			assert.Equal(t, map[int]int{http.StatusServiceUnavailable: 20}, race.post(t, p.url, 20))
			assert.Len(t, race.rest, before)
			status, _ := fetchText(t, p.url+"/drives/race")
			assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, status)
			p.kill()
			assert.Contains(t, p.logs.String(), `"msg":"the database is damaged, and no more is written to it; ActBlue is asked to come again"`)
			assert.Contains(t, p.logs.String(), advice)
		})
	}
	t.Logf("%d starts were refused, and in %d the damage was found afterwards", refused, found)
	assert.Positive(t, refused)
	assert.Positive(t, found)

	replaceDatabase(t, file, backup)
	p = startProcess(t, env)
	defer p.kill()
	race.finish(t, p.url)
}

// replaceDatabase puts another file in the place of a database that nobody has open.
func replaceDatabase(t *testing.T, file string, content []byte) {
	t.Helper()
	for _, journal := range []string{"-wal", "-shm"} {
		if err := os.Remove(file + journal); err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
	}
	require.NoError(t, os.WriteFile(file, content, 0o600))
}
