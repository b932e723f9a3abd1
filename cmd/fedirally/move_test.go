package main

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

// TestARaceGoesOnAfterAMove runs one half of a race on one database and the other
// on another, with everything of the first half repeated. The whole agrees with
// the independent model as if nothing had been moved.
func TestARaceGoesOnAfterAMove(t *testing.T) {
	race := harshRace(t, 11, 700)
	notices := actbluetest.Notices(race.Deliveries)
	half := len(notices) / 2
	model := actbluetest.NewModel()
	model.Feed(notices...)

	env := settingsOf(sqliteFile(t))
	first := startProcess(t, env)
	openRace(t, env, race, "--min-donors", "3")
	report, err := sender(first.url).Send(t.Context(), notices[:half])
	require.NoError(t, err)
	require.Len(t, report.With(actbluetest.Acknowledged), half)

	to := ledgertest.Postgres(t)
	code, _, errs := command(t, env, "move", "--to", to)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "while no server runs")
	first.kill()
	before := everything(t, env)
	said := must(t, env, "move", "--to", to)
	assert.Contains(t, said, "both sides agree")
	assert.Contains(t, said, envSecret)
	assert.NotContains(t, said, testSecret)
	must(t, env, "audit")

	moved := settingsOf(to)
	must(t, moved, "audit")
	assert.Equal(t, before, everything(t, moved), "byte for byte")
	s := serveHere(t, moved, quiet)
	rng := rand.New(rand.NewPCG(11, 99))
	rest := actbluetest.Shuffle(rng, actbluetest.Repeat(rng, append(notices[half:len(notices):len(notices)], notices[:half]...), 0.2))
	report, err = sender(s.address().String()).Send(t.Context(), rest)
	require.NoError(t, err)
	require.Len(t, report.With(actbluetest.Acknowledged), len(rest))
	agreesWithModel(t, s, moved, model, race.Drive(newYork(t), 3))
}

// everything is all that the exports say of the race.
func everything(t *testing.T, env map[string]string) string {
	t.Helper()
	var all strings.Builder
	for _, line := range []string{"export standings --drive race --json", "export entries --drive race --json", "instance list", "drive list --json"} {
		all.WriteString(must(t, env, strings.Fields(line)...))
	}
	return all.String()
}

func TestMoveCommand(t *testing.T) {
	folder := t.TempDir()
	env := map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(folder, "race.db")}
	must(t, env, "audit")
	for _, args := range [][]string{{}, {"--to", "mysql://ada:hunter2@x"}} {
		code, out, errs := command(t, env, append([]string{"move"}, args...)...)
		assert.Equal(t, 1, code)
		assert.NotContains(t, out+errs, "hunter2")
	}
	file := filepath.Join(folder, "address")
	to := "sqlite:" + filepath.Join(folder, "new.db")
	require.NoError(t, os.WriteFile(file, []byte(to), 0o600))
	env[envMoveTo+"_FILE"] = file
	code, _, errs := command(t, env, "move", "--to", to)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "use one of them")
	assert.Contains(t, must(t, env, "move"), filepath.Join(folder, "new.db"))
	require.NoError(t, os.Remove(file))

	there := ledgertest.Postgres(t)
	env[envDatabaseURL], env[envMoveTo+"_FILE"] = "sqlite:"+filepath.Join(folder, "race.db"), ""
	assert.Contains(t, must(t, env, "move", "--to", there), "race.db.secrets", "PostgreSQL reads no secrets from there")
}

// TestAMoveThatIsKilledLeavesTheNewDatabaseEmpty kills the program when it has
// copied most tables, which a lock on one of the last ones makes certain.
func TestAMoveThatIsKilledLeavesTheNewDatabaseEmpty(t *testing.T) {
	env := settingsOf(sqliteFile(t))
	race := harshRace(t, 3, 200)
	p := startProcess(t, env)
	openRace(t, env, race)
	_, err := sender(p.url).Send(t.Context(), actbluetest.Notices(race.Deliveries))
	require.NoError(t, err)
	p.kill()

	to := ledgertest.Postgres(t)
	// Of a new database that refuses, the schema stays: now there is a table to lock.
	require.ErrorIs(t, ledger.Lose(t.Context(), ledger.Options{URL: to, Secret: []byte(testSecret)}), ledger.ErrInvalid)
	db := openPostgres(t, to)
	lock, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = lock.ExecContext(t.Context(), "LOCK TABLE quarantine IN SHARE ROW EXCLUSIVE MODE")
	require.NoError(t, err)

	file, err := programFile()
	require.NoError(t, err)
	var logs bytes.Buffer
	cmd := exec.Command(file, "move", "--to", to)
	cmd.Stdout, cmd.Stderr = &logs, &logs
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	require.NoError(t, cmd.Start())
	waits := func() bool {
		return countIn(t, db, "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'quarantine'::regclass") > 0
	}
	require.Eventually(t, waits, time.Minute, 10*time.Millisecond, &logs)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	assert.Contains(t, logs.String(), "entries", "most was copied already")
	require.NoError(t, lock.Rollback())
	// The server notices that its client is gone when it goes on.
	require.Eventually(t, func() bool {
		return countIn(t, db, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'") == 0
	}, time.Minute, 10*time.Millisecond)
	for _, table := range []string{"entries", "credits", "donors", "keyring", "instances", "quarantine"} {
		assert.Zero(t, countIn(t, db, "SELECT COUNT(*) FROM "+table), table)
	}

	must(t, env, "audit")
	must(t, env, "move", "--to", to)
	must(t, settingsOf(to), "audit")
}

func countIn(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&n), query)
	return n
}
