package ledger_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

// Errors that the databases really give, and the words of the advice.

func TestAdviceOnSQLite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, open(t, "sqlite:"+file).Close())
	execute := func(options string, statements ...string) (err error) {
		db, err := sql.Open("sqlite", "file:"+file+"?"+options)
		require.NoError(t, err)
		defer db.Close()
		db.SetMaxOpenConns(1)
		for _, statement := range statements {
			if _, err = db.ExecContext(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	}
	const grow = "INSERT INTO keyring (name, value) VALUES ('large', hex(zeroblob(1000000)))"
	advises(t, execute("_pragma=query_only(ON)", grow), "cannot be written")
	advises(t, execute("", "PRAGMA max_page_count = 1", grow), "Make room")
	advises(t, execute("", "BEGIN IMMEDIATE", "ATTACH 'file:"+file+"' AS again", "UPDATE again.head SET seq = 1"), "Another program keeps the database locked")

	folder := t.TempDir()
	_, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + folder, Secret: []byte(secret)})
	advises(t, err, "cannot be opened")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("no database ", 1000)), 0o600))
	_, err = ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret)})
	advises(t, err, "restore the last backup")
}

func TestAdviceOnPostgres(t *testing.T) {
	url := ledgertest.StartServer(t).URL("postgres")
	opening := func(from, to string) error {
		require.Contains(t, url, from)
		_, err := ledger.Open(t.Context(), ledger.Options{URL: strings.Replace(url, from, to, 1), Secret: []byte(secret)})
		return err
	}
	advises(t, opening("/postgres?", "/nowhere?"), "createdb")
	advises(t, opening("postgres@", "nobody@"), "see DATABASE_URL, and pg_hba.conf there")
	advises(t, opening("sslmode=disable", "sslmode=disable&default_transaction_read_only=on"), "Let DATABASE_URL name the primary")
	advises(t, opening("127.0.0.1:", "127.0.0.2:"), "this machine reaches it")
}

func TestAdviceOnOurOwnErrors(t *testing.T) {
	for _, err := range []error{ledger.ErrBusy, ledger.ErrInUse, ledger.ErrWrongSecret, ledger.ErrSecretChanged, ledger.ErrDamaged} {
		assert.NotEmpty(t, ledger.Advice(fmt.Errorf("a step: %w", err)), err)
	}
	assert.Empty(t, ledger.Advice(ledger.ErrNotFound), "it says all that is to be said")
	assert.Empty(t, ledger.Advice(nil))
}

func advises(t *testing.T, err error, words string) {
	t.Helper()
	require.Error(t, err)
	assert.Contains(t, ledger.Advice(err), words, err.Error())
}
