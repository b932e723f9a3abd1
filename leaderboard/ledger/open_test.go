package ledger_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func TestOpenTwiceChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store, err := ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)})
		require.NoError(t, err)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada")))
		require.NoError(t, store.SetInstance(t.Context(), "mastodon.social", leaderboard.Blocked, "test"))
		before, err := store.Instances(t.Context())
		require.NoError(t, err)
		db := raw(t, url)
		const state = "SELECT (SELECT COUNT(*) FROM goose_db_version) * 1000000 + version + config + seq + donor FROM head"
		was := count(t, db, state)
		require.NoError(t, store.Close())

		store = open(t, url)
		after, err := store.Instances(t.Context())
		require.NoError(t, err)
		assert.Equal(t, before, after, "what the organizer decided stays")
		assert.Equal(t, was, count(t, db, state))
		record(t, store, notice(gift(2, "race", "mastodon.social", 100, "ada")))
		assert.EqualValues(t, 1, standings(t, store, "race")["mastodon.social"].Donors, "donors are recognized")
		agrees(t, store)
	})
}

func TestOpenRefusesAShortSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	for _, secret := range []string{"", "hunter2", strings.Repeat("s", ledger.MinSecret-1)} {
		_, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + path, Secret: []byte(secret)})
		require.ErrorContains(t, err, "FEDIRALLY_SECRET")
		if secret != "" {
			assert.NotContains(t, err.Error(), secret)
		}
	}
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "no database is made")
	store := openWith(t, ledger.Options{URL: "sqlite:" + path, Secret: []byte(strings.Repeat("s", ledger.MinSecret))})
	require.NoError(t, store.Ready(t.Context()))
}

// TestOpenSaysWhatIsWrongWithTheAddress makes mistakes in DATABASE_URL. Whatever
// is said of them, the password is not.
func TestOpenSaysWhatIsWrongWithTheAddress(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("This is no database.\n", 200)), 0o600))
	for name, test := range map[string]struct{ url, says string }{
		"nothing":                           {"", "DATABASE_URL"},
		"another database":                  {"mysql://ada:hunter2@localhost/race", "DATABASE_URL"},
		"no scheme":                         {"ada:hunter2@localhost/race", "DATABASE_URL"},
		"settings in words":                 {"host=localhost user=ada password=hunter2", "DATABASE_URL"},
		"only a password":                   {"hunter2", "DATABASE_URL"},
		"scheme in capitals, two passwords": {"hunter2:hunter2@Postgres://localhost", "DATABASE_URL"},
		"SQLite without a file":             {"sqlite:", "names no file"},
		"SQLite without a file, slashes":    {"sqlite://", "names no file"},
		"SQLite of a folder":                {"sqlite:" + folder, folder},
		"SQLite of another file":            {"sqlite:" + text, text},
		"a file as folder":                  {"sqlite:" + text + "/test.db", "folder"},
		"SQLite in memory":                  {"sqlite::memory:", "names no file"},
		"a port in letters":                 {"postgres://ada:hunter2@localhost:port/race", "PostgreSQL"},
		"a slash in the password":           {"postgres://ada:hunter2/x@localhost:5432/race", "PostgreSQL"},
		"a question mark in the password":   {"postgres://ada:hunter2?x@localhost:5432/race", "PostgreSQL"},
		"a hash in the password":            {"postgres://ada:hunter2#x@localhost:5432/race", "PostgreSQL"},
		"a percent sign in the password":    {"postgres://ada:hunter2%zz@localhost:5432/race", "PostgreSQL"},
		"a space in the password":           {"postgres://ada:hunter2 x@localhost:5432/race", "PostgreSQL"},
		"brackets in the password":          {"postgres://ada:[hunter2@localhost:5432/race", "PostgreSQL"},
		"an at sign in the password":        {"postgres://ada:x@hunter2@localhost:1/race", "PostgreSQL"},
		"a colon for the at sign":           {"postgres://ada:hunter2:localhost:5432/race", "PostgreSQL"},
		"one slash":                         {"postgres:/ada:hunter2@localhost/race", "PostgreSQL"},
		"no slash":                          {"postgres:ada:hunter2@localhost/race", "PostgreSQL"},
		"an unknown sslmode":                {"postgres://ada:hunter2@localhost/race?sslmode=maybe", "PostgreSQL"},
		"password as a parameter":           {"postgres://localhost/race?user=ada&password=hunter2&sslmode=maybe", "PostgreSQL"},
		"nobody listens":                    {"postgres://ada:hunter2@127.0.0.1:1/race", "PostgreSQL"},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := ledger.Open(t.Context(), ledger.Options{URL: test.url, Secret: []byte(secret)})
			if err == nil {
				require.NoError(t, store.Close())
			}
			require.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestOpenTellsNoPasswordOfARefusedUser(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		u, err := url.Parse(address)
		require.NoError(t, err)
		if u.Scheme == "sqlite" {
			t.Skip("SQLite has no users")
		}
		u.User = url.UserPassword("nobody", "hunter2")
		_, err = ledger.Open(t.Context(), ledger.Options{URL: u.String(), Secret: []byte(secret)})
		require.ErrorContains(t, err, "nobody")
		assert.NotContains(t, err.Error(), "hunter2")
	})
}

// TestSQLiteFilesOfAnyName opens files whose names mean something in an address.
func TestSQLiteFilesOfAnyName(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "new#1.db", "ü&mode=ro.db", filepath.Join("deep", "er", "test.db")} {
		path := filepath.Join(folder, name)
		store, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + path, Secret: []byte(secret)})
		require.NoError(t, err, name)
		_, err = os.Stat(path)
		require.NoError(t, err, "%s is the file that was named", name)
		require.NoError(t, store.Close())
	}
	path, isFile := ledger.SQLiteFile("sqlite:///srv/test.db")
	assert.True(t, isFile)
	assert.Equal(t, "/srv/test.db", path)
	_, isFile = ledger.SQLiteFile("postgres://localhost/race")
	assert.False(t, isFile)
}

func TestReady(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store, err := ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)})
		require.NoError(t, err)
		require.NoError(t, store.Ready(t.Context()))
		require.NoError(t, store.Close())
		require.Error(t, store.Ready(context.Background()))
	})
}
