package ledger_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

// holdLock takes the writers' lock from beside, and gives the way to let it go.
func holdLock(t testing.TB, url string) (release func()) {
	t.Helper()
	conn, err := raw(t, url).Conn(context.Background())
	require.NoError(t, err)
	exec := func(statement string) {
		_, err := conn.ExecContext(context.Background(), statement)
		require.NoError(t, err)
	}
	if _, isFile := ledger.SQLiteFile(url); isFile {
		exec("BEGIN IMMEDIATE")
	} else {
		exec("BEGIN")
		exec("UPDATE head SET id = id") // whoever holds the advisory lock waits for this row
	}
	return sync.OnceFunc(func() {
		exec("ROLLBACK")
		require.NoError(t, conn.Close())
	})
}

// hungUp is the context of a caller who has gone already: Record puts the notice
// into the queue and does not wait for the answer.
func hungUp() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestFullQueueIsBusyAndLosesNothing fills the queue while the database is
// locked: what was taken in is there in the end, and nothing else.
func TestFullQueueIsBusyAndLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store, err := ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)})
		require.NoError(t, err)
		addDrive(t, store, newDrive(t, "race"))
		release := holdLock(t, url)
		defer release()
		accepted := int64(0)
		for {
			_, err := store.Record(hungUp(), notice(gift(accepted+1, "race", "mastodon.social", 1, "ada")))
			if errors.Is(err, ledger.ErrBusy) {
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			accepted++
			require.Less(t, accepted, int64(10_000), "the queue is bounded")
		}
		assert.GreaterOrEqual(t, accepted, int64(1024))
		release()
		require.NoError(t, store.Close(), "drains")
		_, err = store.Record(t.Context(), notice(gift(1, "race", "mastodon.social", 1, "ada")))
		require.ErrorIs(t, err, ledger.ErrClosed)
		require.NoError(t, store.Close(), "twice does nothing")

		again := open(t, url)
		assert.EqualValues(t, accepted, standings(t, again, "race")[leaderboard.EveryHost].Raised)
		assert.Equal(t, accepted, agrees(t, again).Entries)
	})
}

// TestWhoHangsUpSpoilsNobodysGroup lets one of a group go before it is written.
func TestWhoHangsUpSpoilsNobodysGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		release := holdLock(t, url)
		defer release()
		_, err := store.Record(hungUp(), notice(gift(1, "race", "mastodon.social", 1, "ada")))
		require.ErrorIs(t, err, context.Canceled)
		var group sync.WaitGroup
		for item := range int64(20) {
			group.Go(func() {
				n := notice(gift(item+2, "race", "mastodon.social", 1, "ada"))
				if item%2 == 0 {
					_, err := store.Record(hungUp(), n)
					assert.ErrorIs(t, err, context.Canceled)
					return
				}
				_, err := store.Record(context.Background(), n)
				assert.NoError(t, err)
			})
			if item == 10 {
				release()
			}
		}
		group.Wait()
		record(t, store, notice(gift(22, "race", "mastodon.social", 1, "ada"))) // behind all others in the queue
		assert.EqualValues(t, 22, standings(t, store, "race")[leaderboard.EveryHost].Raised)
		agrees(t, store)
	})
}

// flood records overlapping notices from 16 callers and gives how many line items
// were told to be recorded.
func flood(t *testing.T, items int64, stores ...*ledger.Store) int {
	t.Helper()
	var group sync.WaitGroup
	recorded := make([]int, 16)
	for caller := range recorded {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			for _, start := range random.Perm(int(items) / 3) {
				var claims []any
				for n := range int64(6) { // each notice overlaps the next
					item := (int64(start)*3+n)%items + 1
					claims = append(claims, gift(item, "race", "mastodon.social", leaderboard.Cents(item), "ada"))
				}
				for {
					receipt, err := stores[caller%len(stores)].Record(context.Background(), notice(claims...))
					if errors.Is(err, ledger.ErrBusy) {
						continue // to be delivered again
					}
					if err != nil {
						t.Error(err) // not require: this is no test's own goroutine
						return
					}
					assert.Equal(t, 6, receipt.Recorded+receipt.Known)
					recorded[caller] += receipt.Recorded
					break
				}
			}
		})
	}
	group.Wait()
	sum := 0
	for _, n := range recorded {
		sum += n
	}
	return sum
}

func holdsEachOnce(t *testing.T, store *ledger.Store, items int64) {
	t.Helper()
	report := agrees(t, store)
	assert.Equal(t, items, report.Entries)
	assert.EqualValues(t, items*(items+1)/2, standings(t, store, "race")["mastodon.social"].Raised)
	assert.EqualValues(t, 1, standings(t, store, "race")["mastodon.social"].Donors)
	last := int64(0)
	for _, e := range entries(t, store, "race") {
		assert.Equal(t, last+1, e.Seq, "gapless")
		last = e.Seq
	}
}

func TestConcurrentCallersCountEachLineItemOnce(t *testing.T) {
	const items = 60
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		assert.LessOrEqual(t, flood(t, items, store), items, "a busy answer may be of what was recorded")
		holdsEachOnce(t, store, items)
	})
}

// TestTwoStoresOnOneDatabase is two processes in spirit: they share nothing but
// the database, and hear of each other's drives and instances.
func TestTwoStoresOnOneDatabase(t *testing.T) {
	const items = 60
	onBoth(t, func(t *testing.T, url string) {
		one, two := open(t, url), open(t, url)
		addDrive(t, one, newDrive(t, "race"))
		assert.LessOrEqual(t, flood(t, items, one, two), items)
		holdsEachOnce(t, one, items)
		holdsEachOnce(t, two, items)

		// Each writes by what the other has just changed.
		addDrive(t, one, newDrive(t, "next"))
		require.NoError(t, one.SetInstance(t.Context(), "new.example", leaderboard.Known, "test"))
		_, err := one.AliasHost(t.Context(), "old.example", "new.example", "ann", true)
		require.NoError(t, err)
		record(t, two, notice(gift(100, "next", "old.example", 1, "ada"), gift(101, "next", "old.example", 1, "bob")))
		assert.Equal(t, []leaderboard.Host{"new.example"}, shown(t, one, "next"))
		require.NoError(t, two.SetInstance(t.Context(), "new.example", leaderboard.Hidden, "test"))
		record(t, one, notice(gift(102, "next", "new.example", 1, "cy")))
		assert.Empty(t, shown(t, two, "next"))

		// A host that a gift through one of them named first.
		record(t, one, notice(gift(103, "next", "fresh.example", 1, "ada"), gift(104, "next", "fresh.example", 1, "bob")))
		require.NoError(t, two.SetInstance(t.Context(), "fresh.example", leaderboard.Known, "test"))
		record(t, one, notice(gift(105, "next", "fresh.example", 1, "cy")))
		assert.Equal(t, []leaderboard.Host{"fresh.example"}, shown(t, one, "next"))
		agrees(t, one)
	})
}

// TestOpenTogether opens a new database from several processes in spirit at once.
func TestOpenTogether(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return ledgertest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			url := url(t)
			stores := make([]*ledger.Store, 3)
			var group sync.WaitGroup
			for i := range stores {
				group.Go(func() {
					store, err := ledger.Open(context.Background(), ledger.Options{URL: url, Secret: []byte(secret)})
					if assert.NoError(t, err) {
						stores[i] = store
					}
				})
			}
			group.Wait()
			for i, store := range stores {
				if store != nil {
					record(t, store, notice(gift(int64(i+1), "race", "mastodon.social", 1, "ada")))
					assert.Zero(t, agrees(t, store).Quarantined)
					require.NoError(t, store.Close())
				}
			}
		})
	}
}
