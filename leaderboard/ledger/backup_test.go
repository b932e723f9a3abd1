package ledger_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestBackupBesideIntake copies a ledger while gifts come in. Whatever was
// acknowledged before is in the copy, and the copy agrees with itself.
func TestBackupBesideIntake(t *testing.T) {
	folder := t.TempDir()
	url := "sqlite:" + filepath.Join(folder, "race.db")
	store := open(t, url)
	addDrive(t, store, newDrive(t, "race"))
	of := func(n int64) leaderboard.Notice {
		return notice(gift(n, "race", "mastodon.social", 100, "ada"), refund(n/2, 40, noon))
	}
	var last, stop atomic.Int64
	var senders sync.WaitGroup
	senders.Go(func() {
		for stop.Load() == 0 {
			n := last.Load() + 1
			if _, err := store.Record(context.Background(), of(n)); !assert.NoError(t, err) {
				return
			}
			last.Store(n)
		}
	})
	for _, name := range []string{"first.db", "second.db", "third.db"} {
		was := last.Load()
		require.Eventually(t, func() bool { return last.Load() >= was+20 }, 30*time.Second, time.Millisecond)
		acknowledged := last.Load()
		file := filepath.Join(folder, name)
		made, err := ledger.MakeBackup(t.Context(), url, file, ledger.BackupOptions{Check: true})
		require.NoError(t, err)
		assert.Zero(t, made.Report.Count, made.Report.Differences)
		assert.Equal(t, made.Entries, made.Report.Entries)
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode())
		assert.Equal(t, info.Size(), made.Bytes)

		restored := open(t, "sqlite:"+file)
		assert.Equal(t, store.ID(), restored.ID())
		agrees(t, restored)
		for n := range acknowledged {
			assert.Equal(t, leaderboard.Receipt{Known: 2}, record(t, restored, of(n+1)), "gift %d", n+1)
		}
	}
	stop.Store(1)
	senders.Wait()
	agrees(t, store)
	left, err := filepath.Glob(filepath.Join(folder, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestBackupRefusesWhatWouldDoHarm(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "race.db")
	store := open(t, "sqlite:"+file)
	addDrive(t, store, newDrive(t, "race"))
	copied := filepath.Join(folder, "copy.db")
	backup := func(to string, replace bool) error {
		_, err := ledger.MakeBackup(t.Context(), "sqlite:"+file, to, ledger.BackupOptions{Replace: replace})
		return err
	}
	require.NoError(t, backup(copied, false))
	require.ErrorIs(t, backup(copied, false), fs.ErrExist)
	require.NoError(t, backup(copied, true))

	require.NoError(t, os.WriteFile(file+".secrets", []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(file, filepath.Join(folder, "link.db")))
	for _, own := range []string{file, file + "-wal", file + ".secrets", filepath.Join(folder, "link.db")} {
		require.ErrorContains(t, backup(own, true), "belongs to the database itself")
	}
	require.ErrorContains(t, backup(folder, true), "is a folder")
	require.ErrorContains(t, backup(filepath.Join(folder, "none", "copy.db"), false), "no such file")

	other := open(t, "sqlite:"+copied)
	addDrive(t, other, newDrive(t, "other"))
	require.ErrorContains(t, backup(copied, true), "in use")
	_, err := ledger.MakeBackup(t.Context(), "sqlite:"+filepath.Join(folder, "none.db"), filepath.Join(folder, "x.db"), ledger.BackupOptions{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.NoFileExists(t, filepath.Join(folder, "none.db"), "looking for a database makes none")
	_, err = ledger.MakeBackup(t.Context(), "postgres://localhost/x", filepath.Join(folder, "x.db"), ledger.BackupOptions{})
	require.ErrorIs(t, err, ledger.ErrNotSQLite)
}

// TestAFailedBackupLeavesNothing makes backups fail on their way.
func TestAFailedBackupLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "race.db")
	store, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret)})
	require.NoError(t, err)
	addDrive(t, store, newDrive(t, "race"))
	require.NoError(t, store.Close())
	place := t.TempDir()
	nothing := func(what string) {
		left, err := os.ReadDir(place)
		require.NoError(t, err)
		assert.Empty(t, left, what)
	}
	fails := func(what string) {
		_, err := ledger.MakeBackup(t.Context(), "sqlite:"+file, filepath.Join(place, "copy.db"), ledger.BackupOptions{Check: true})
		require.Error(t, err, what)
		nothing(what)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	_, err = ledger.MakeBackup(ended, "sqlite:"+file, filepath.Join(place, "copy.db"), ledger.BackupOptions{})
	require.ErrorIs(t, err, context.Canceled)
	nothing("it was interrupted")

	// A column that may be empty by the old schema, and may not by the new one.
	db := raw(t, "sqlite:"+file)
	tamper(t, db, 1, "INSERT INTO donors (id, drive_id, came_from, anonymous, paid_us, purged_us) VALUES (1, 1, 0, 0, 0, 0)")
	tamper(t, db, 1, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'tag       BYTEA', 'tag BYTEA NOT NULL') WHERE name = 'donors'")
	require.NoError(t, db.Close())
	fails("rows that may not be")

	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for i := 4096; i < len(content)-4096; i += 512 {
		copy(content[i:], "overwritten by something else")
	}
	require.NoError(t, os.WriteFile(file, content, 0o600))
	fails("a damaged database")
	require.NoError(t, os.WriteFile(file, []byte("This is no database at all, whatever its name says."), 0o600))
	fails("no database")
}

// TestABackupShowsWhatIsWrong copies a ledger that somebody has changed by hand.
// The copy is made all the same, and its audit says so.
func TestABackupShowsWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "race.db")
	store := open(t, "sqlite:"+file)
	addDrive(t, store, newDrive(t, "race"))
	record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada")))
	tamper(t, raw(t, "sqlite:"+file), 1, "UPDATE credits SET net_cents = 1")
	made, err := ledger.MakeBackup(t.Context(), "sqlite:"+file, file+".copy", ledger.BackupOptions{Check: true})
	require.NoError(t, err)
	assert.NotZero(t, made.Report.Count)
	assert.FileExists(t, file+".copy")
}

// TestABackupChangesNothing is for the backup before an upgrade: a newer program
// must not touch what it copies.
func TestABackupChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "race.db")
	store, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret)})
	require.NoError(t, err)
	addDrive(t, store, newDrive(t, "race"))
	require.NoError(t, store.Close())
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(file, 0o400))
	_, err = ledger.MakeBackup(t.Context(), "sqlite:"+file, file+".copy", ledger.BackupOptions{Check: true})
	require.NoError(t, err)
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestTheCommandThatBacksUpPostgreSQL(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://ada:hunter2@db.example:5433/race?sslmode=verify-full&application_name=x": `pg_dump -Fc -f 'a b.dump' 'postgres://ada@db.example:5433/race?sslmode=verify-full'`,
		"postgres://db.example/race?user=ada&password=hunter2":                               `pg_dump -Fc -f 'a b.dump' 'postgres://ada@db.example:5432/race'`,
		"postgresql://ada:hunter2@[2001:db8::1]/race":                                        `pg_dump -Fc -f 'a b.dump' 'postgres://ada@[2001:db8::1]:5432/race'`,
		"postgres:///race?host=/run/postgresql&user=o'hara&password=hunter2":                 `pg_dump -Fc -f 'a b.dump' 'postgres://o%27hara@/race?host=%2Frun%2Fpostgresql&port=5432'`,
	} {
		command, err := ledger.DumpCommand(address, "a b.dump")
		require.NoError(t, err)
		assert.Equal(t, want, command)
	}
	command, err := ledger.DumpCommand("postgres://ada@db/race", "it's.dump")
	require.NoError(t, err)
	assert.Contains(t, command, `-f 'it'\''s.dump'`)
	_, err = ledger.DumpCommand("postgres://ada:hunter2@db:x/race", "x")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}
