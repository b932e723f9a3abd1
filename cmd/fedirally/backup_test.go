package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

// TestAServerStartsOnARestoredBackup backs up beside a running server, loses
// everything, and goes on with the copy as the guide says.
func TestAServerStartsOnARestoredBackup(t *testing.T) {
	folder := t.TempDir()
	file, copied := filepath.Join(folder, "race.db"), filepath.Join(folder, "kept", "race.backup")
	require.NoError(t, os.Mkdir(filepath.Dir(copied), 0o700))
	env := settingsOf("sqlite:" + file)
	p := startProcess(t, env)
	race := harshRace(t, 7, 100)
	openRace(t, env, race)
	_, err := sender(p.url).Send(t.Context(), actbluetest.Notices(race.Deliveries))
	require.NoError(t, err)

	said := must(t, env, "backup", copied, "--check")
	assert.Contains(t, said, " 0 differences.")
	assert.Contains(t, said, "Keep a copy of FEDIRALLY_SECRET in another place")
	assert.NotContains(t, said, testSecret)
	code, _, errs := command(t, env, "backup", copied)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "--force")
	must(t, env, "backup", copied, "--force")
	before := must(t, env, "export", "entries", "--drive", "race", "--json")
	p.kill()

	for _, ending := range []string{"", "-wal", "-shm", ".lock"} {
		require.NoError(t, os.RemoveAll(file+ending))
	}
	content, err := os.ReadFile(copied)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	p = startProcess(t, env)
	defer p.kill()
	assert.Equal(t, before, must(t, env, "export", "entries", "--drive", "race", "--json"))
	must(t, env, "audit")
	response, err := http.Get(p.url + "/drives/race")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

func TestBackupNamesTheFileOfSecrets(t *testing.T) {
	folder := t.TempDir()
	env := map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(folder, "race.db")}
	must(t, env, "audit")
	assert.Contains(t, must(t, env, "backup", filepath.Join(folder, "copy")), "race.db.secrets in another place")
}

// TestPostgresIsBackedUpByItsOwnProgram runs the command line that `backup` names.
func TestPostgresIsBackedUpByItsOwnProgram(t *testing.T) {
	if _, err := exec.LookPath("pg_dump"); err != nil && os.Getenv("CI") == "" {
		t.Skip("pg_dump is not installed")
	}
	env := settingsOf(ledgertest.Postgres(t))
	must(t, env, "drive", "add", "--slug", "race", "--title", "Race", "--form", "race", "--goal", "1000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example")
	file := filepath.Join(t.TempDir(), "race.dump")
	code, out, _ := command(t, env, "backup", file)
	assert.Equal(t, 1, code, "there is no copy")
	assert.Contains(t, out, "Nothing was copied")
	assert.NotContains(t, out, testSecret)
	line := regexp.MustCompile(`pg_dump .*`).FindString(out)
	run := func(line string) {
		t.Helper()
		output, err := exec.Command("sh", "-c", line).CombinedOutput()
		require.NoError(t, err, string(output))
	}
	run(line)
	restored := settingsOf(ledgertest.Postgres(t))
	target, err := ledger.DumpCommand(restored[envDatabaseURL], file)
	require.NoError(t, err)
	run("pg_restore --no-owner -d " + regexp.MustCompile(`'postgres:.*`).FindString(target) + " '" + file + "'")
	must(t, restored, "audit")
	assert.Equal(t, must(t, env, "drive", "list"), must(t, restored, "drive", "list"))
}
