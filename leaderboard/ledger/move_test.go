package ledger_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

// moveLedger moves a ledger and tells which tables had how many rows.
func moveLedger(t testing.TB, from, to string) (map[string]int64, error) {
	t.Helper()
	rows := map[string]int64{}
	moved, err := ledger.Move(t.Context(), ledger.Options{URL: from, Secret: []byte(secret)}, ledger.Options{URL: to},
		func(table string, n int64) { rows[table] = n })
	if err == nil {
		assert.Zero(t, moved.Report.Count)
		assert.EqualValues(t, len(rows), moved.Tables)
	}
	return rows, err
}

// lived is a ledger in which everything has happened: every table has rows.
func lived(t testing.TB, url string) {
	t.Helper()
	clock := newClock(noon)
	store, err := ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
	require.NoError(t, err)
	addDrive(t, store, newDrive(t, "race"))
	stepwise := newDrive(t, "steps")
	stepwise.PublishEvery = time.Minute
	addDrive(t, store, stepwise)
	first := gift(1, "race", "mastodon.social", 2500, "ada")
	first.Clues = leaderboard.Clues{Refcode: "@ada@new.example"}
	record(t, store, notice(first, gift(2, "race", "mastodon.social", 1000, "bob"), gift(3, "steps", "mas.to", 500, "cy")))
	record(t, store, notice(refund(2, 400, noon), refund(9, 10, noon)))
	record(t, store, notice(leaderboard.Cancellation{Order: "AB1", Cancelled: noon}))
	record(t, store, notice(leaderboard.Aside{Reason: "test", Order: "TRIAL-1"}))
	record(t, store, notice(gift(2, "race", "mastodon.social", 9900, "bob"))) // contradicts
	_, err = store.AliasCode(t.Context(), "summer", "mas.to", "test", true)
	require.NoError(t, err)
	clock.set(noon.Add(time.Hour))
	require.NoError(t, store.Publish(t.Context()))
	require.NoError(t, store.Close())
}

func TestALedgerThatWasMovedGoesOn(t *testing.T) {
	for name, urls := range map[string]func(t *testing.T) (from, to string){
		"sqlite to postgres": func(t *testing.T) (string, string) {
			return "sqlite:" + filepath.Join(t.TempDir(), "a.db"), ledgertest.Postgres(t)
		},
		"postgres to sqlite": func(t *testing.T) (string, string) {
			return ledgertest.Postgres(t), "sqlite:" + filepath.Join(t.TempDir(), "b.db")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := urls(t)
			lived(t, from)
			rows, err := moveLedger(t, from, to)
			require.NoError(t, err)
			for _, table := range []string{
				"aliases", "aside", "balances", "cancellations", "clues", "credits", "donor_net", "donors", "drives", "entries",
				"head", "instances", "keyring", "published", "quarantine",
			} {
				assert.NotZero(t, rows[table], table)
			}

			old, store := open(t, from), open(t, to)
			assert.Equal(t, old.ID(), store.ID())
			assert.Equal(t, agrees(t, old), agrees(t, store))
			assert.Equal(t, standings(t, old, "race"), standings(t, store, "race"))
			var before, after []leaderboard.Entry
			keep := func(into *[]leaderboard.Entry) func(leaderboard.Entry) error {
				return func(e leaderboard.Entry) error { *into = append(*into, e); return nil }
			}
			require.NoError(t, old.Entries(t.Context(), "race", keep(&before)))
			require.NoError(t, store.Entries(t.Context(), "race", keep(&after)))
			assert.Equal(t, before, after)
			person, found, err := store.Person(t.Context(), 1)
			require.NoError(t, err)
			assert.True(t, found)
			assert.Equal(t, "ada@example.org", person.Email)
			quarantined, err := store.Quarantine(t.Context())
			require.NoError(t, err)
			require.Len(t, quarantined, 1)
			_, body, _, _, err := store.QuarantinedBody(t.Context(), quarantined[0].ID)
			require.NoError(t, err)
			assert.JSONEq(t, `{"kept":true}`, string(body))

			// As if it had never been moved.
			assert.Equal(t, leaderboard.Receipt{Known: 1}, record(t, store, notice(gift(2, "race", "mastodon.social", 1000, "bob"))))
			assert.Equal(t, leaderboard.Receipt{Known: 1}, record(t, store, notice(refund(2, 400, noon))))
			assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(refund(1, 2500, noon))))
			assert.Equal(t, 1, record(t, store, notice(gift(9, "race", "mastodon.social", 100, "dee"))).Recorded, "its refund waited")
			assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(gift(10, "race", "mastodon.social", 100, "bob"))))
			social := standings(t, store, "race")["mastodon.social"]
			assert.EqualValues(t, 2, social.Donors, "bob is known, ada's gift is refunded")
			assert.EqualValues(t, 600+90+100, social.Raised)
			agrees(t, store)
			agrees(t, old)
		})
	}
}

func TestAMoveRefuses(t *testing.T) {
	folder := t.TempDir()
	from := "sqlite:" + filepath.Join(folder, "race.db")
	lived(t, from)
	for name, fill := range map[string]func(t *testing.T, to string){
		"a ledger": func(t *testing.T, to string) {
			store, err := ledger.Open(t.Context(), ledger.Options{URL: to, Secret: []byte(secret)})
			require.NoError(t, err)
			require.NoError(t, store.Close())
		},
		"somebody else's tables": func(t *testing.T, to string) {
			_, err := raw(t, to).ExecContext(t.Context(), "CREATE TABLE recipes (id BIGINT)")
			require.NoError(t, err)
		},
		"one row": func(t *testing.T, to string) {
			_, err := moveLedger(t, "sqlite:"+filepath.Join(t.TempDir(), "empty.db"), to)
			require.NoError(t, err)
			db := raw(t, to)
			for _, table := range []string{"keyring", "instances"} {
				_, err := db.ExecContext(t.Context(), "DELETE FROM "+table)
				require.NoError(t, err)
			}
			_, err = db.ExecContext(t.Context(), "UPDATE head SET version = 0, config = 0; INSERT INTO aliases (code, host) VALUES ('a', 'b.example')")
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, to string) {
				fill(t, to)
				before := contents(t, to)
				_, err := moveLedger(t, from, to)
				require.ErrorIs(t, err, ledger.ErrNotEmpty)
				assert.Equal(t, before, contents(t, to))
			})
		})
	}
	t.Run("itself", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			lived(t, url)
			_, err := moveLedger(t, url, url)
			require.ErrorIs(t, err, ledger.ErrNotEmpty)
		})
	})
	t.Run("a PostgreSQL that others use", func(t *testing.T) {
		url := ledgertest.Postgres(t)
		open(t, url)
		_, err := moveLedger(t, url, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
		require.ErrorIs(t, err, ledger.ErrInUse)
	})
	t.Run("another secret", func(t *testing.T) {
		_, err := ledger.Move(t.Context(), ledger.Options{URL: from, Secret: []byte("another secret, long enough")},
			ledger.Options{URL: ledgertest.Postgres(t)}, func(string, int64) {})
		require.ErrorIs(t, err, ledger.ErrWrongSecret)
	})
}

// contents counts what is in the tables that a move touches first and last.
func contents(t testing.TB, url string) map[string]int64 {
	t.Helper()
	db := raw(t, url)
	found := map[string]int64{}
	for _, table := range []string{"aliases", "entries", "donors", "head", "instances", "keyring", "quarantine"} {
		var n int64
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err == nil {
			found[table] = n
		}
	}
	return found
}

// emptied is what a move that did not succeed leaves: the schema.
var emptied = map[string]int64{"aliases": 0, "entries": 0, "donors": 0, "head": 1, "instances": 0, "keyring": 0, "quarantine": 0}

// TestAMoveThatFailsLeavesTheNewDatabaseEmpty fails at different points, and then
// succeeds.
func TestAMoveThatFailsLeavesTheNewDatabaseEmpty(t *testing.T) {
	from, to := "sqlite:"+filepath.Join(t.TempDir(), "race.db"), ledgertest.Postgres(t)
	lived(t, from)
	db := raw(t, from)
	fails := func(what, says string) {
		t.Helper()
		before := contents(t, from)
		_, err := moveLedger(t, from, to)
		require.ErrorContains(t, err, says, what)
		assert.Equal(t, emptied, contents(t, to), what)
		assert.Equal(t, before, contents(t, from), what)
	}
	tamper(t, db, 1, "UPDATE balances SET raised_cents = raised_cents + 1 WHERE span = 0 AND host = '*' AND drive_id = 1")
	fails("the old ledger does not agree with itself", ledger.ErrDiffers.Error()+" in 1 points")
	tamper(t, db, 1, "UPDATE balances SET raised_cents = raised_cents - 1 WHERE span = 0 AND host = '*' AND drive_id = 1")

	// What SQLite takes and PostgreSQL does not.
	tamper(t, db, 1, "UPDATE quarantine SET reason = 'a' || char(0) || 'b'")
	fails("a text that PostgreSQL cannot hold", "moving quarantine")
	tamper(t, db, 1, "UPDATE quarantine SET reason = 'a' || CAST(x'ff' AS TEXT)")
	fails("a text that is none", "moving quarantine")
	tamper(t, db, 1, "UPDATE quarantine SET received_us = received_us + 0.5")
	fails("a number that is none", "float64")
	tamper(t, db, 1, "UPDATE quarantine SET reason = 'a', received_us = 1")

	// A database that does not keep what it is given.
	there := raw(t, to)
	for table, change := range map[string]string{
		"clues": "new.sealed = 'other'::BYTEA", "entries": "new.why = 'other'", "credits": "new.net_cents = 1", "drives": "new.title = ''",
	} {
		_, err := there.ExecContext(t.Context(), "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "+
			strings.ReplaceAll(change, "'", "''")+"; RETURN new; END'; CREATE TRIGGER other BEFORE INSERT ON "+table+" FOR EACH ROW EXECUTE FUNCTION other()")
		require.NoError(t, err)
		fails(table+" that change on their way", "moving "+table)
		_, err = there.ExecContext(t.Context(), "DROP FUNCTION other CASCADE")
		require.NoError(t, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	_, err := ledger.Move(ctx, ledger.Options{URL: from, Secret: []byte(secret)}, ledger.Options{URL: to}, func(table string, _ int64) {
		if table == "entries" {
			cancel()
		}
	})
	require.Error(t, err)
	assert.Equal(t, emptied, contents(t, to))

	_, err = moveLedger(t, from, to)
	require.NoError(t, err)
	agrees(t, open(t, to))
}

// TestNobodyWritesWhileALedgerIsMoved tries to, when half of it is copied.
func TestNobodyWritesWhileALedgerIsMoved(t *testing.T) {
	from, to := "sqlite:"+filepath.Join(t.TempDir(), "race.db"), ledgertest.Postgres(t)
	lived(t, from)
	db := raw(t, from)
	_, err := db.ExecContext(t.Context(), "PRAGMA busy_timeout = 1")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	tried := false
	_, err = ledger.Move(t.Context(), ledger.Options{URL: from, Secret: []byte(secret)}, ledger.Options{URL: to}, func(table string, _ int64) {
		if table == "entries" {
			tried = true
			_, err := db.ExecContext(t.Context(), "PRAGMA busy_timeout = 1; UPDATE head SET notice = notice + 1")
			assert.ErrorContains(t, err, "locked")
		}
	})
	require.NoError(t, err)
	assert.True(t, tried)
}
