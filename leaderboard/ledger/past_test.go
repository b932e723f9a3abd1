package ledger_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestFiguresKnowAnotherPastByItsChanges restores a backup that is older than a
// change which wrote no entry. The ledger then grows to the same version and past
// it, so that nothing but the change itself tells the two pasts apart.
func TestFiguresKnowAnotherPastByItsChanges(t *testing.T) {
	hide := func(host leaderboard.Host) func(*testing.T, *ledger.Store) {
		return func(t *testing.T, store *ledger.Store) {
			require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Hidden, "test"))
		}
	}
	give := func(items ...int64) func(*testing.T, *ledger.Store) {
		return func(t *testing.T, store *ledger.Store) {
			for _, item := range items {
				record(t, store, notice(gift(item, "race", "fosstodon.org", 100, "cy")))
			}
		}
	}
	for name, test := range map[string]struct {
		lost, instead []func(*testing.T, *ledger.Store)
	}{
		"a change, and gifts instead":               {lost: asList(hide("mastodon.social")), instead: asList(give(20, 21, 22))},
		"a change, and another one instead":         {lost: asList(hide("mastodon.social")), instead: asList(hide("fosstodon.org"))},
		"a change, and the same again":              {lost: asList(hide("mastodon.social")), instead: asList(hide("fosstodon.org"), hide("mastodon.social"))},
		"a change and a gift, the gift comes again": {lost: asList(hide("mastodon.social"), give(30)), instead: asList(give(30, 31, 32, 33))},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "test.db")
			clock := newClock(noon)
			begin := func() *ledger.Store {
				store, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret), Now: clock.now})
				require.NoError(t, err)
				return store
			}
			store := begin()
			d := addDrive(t, store, newDrive(t, "race"))
			give(1)(t, store)
			require.NoError(t, store.Close())
			kept, err := os.ReadFile(file)
			require.NoError(t, err)

			store = begin()
			for _, step := range test.lost {
				step(t, store)
			}
			window := leaderboard.WindowAt(noon, d.Zone)
			lost, err := store.Figures(t.Context(), d, leaderboard.Mark{}, window)
			require.NoError(t, err)
			same, err := store.Figures(t.Context(), d, lost.Mark, window)
			require.NoError(t, err)
			assert.False(t, same.Whole, "as long as nothing was restored, the mark is one of ours")
			require.NoError(t, store.Close())

			require.NoError(t, os.WriteFile(file, kept, 0o600))
			clock.set(noon.Add(time.Minute))
			store = begin()
			defer func() { assert.NoError(t, store.Close()) }()
			for _, step := range test.instead {
				step(t, store)
			}
			head, err := store.Head(t.Context())
			require.NoError(t, err)
			require.GreaterOrEqual(t, head, lost.Mark.Version, "the test is about marks that are not ahead")
			f, err := store.Figures(t.Context(), d, lost.Mark, window)
			require.NoError(t, err)
			assert.True(t, f.Whole)
		})
	}
}

func asList[T any](items ...T) []T { return items }

// TestFiguresReadTheDriveThemselves asks with a drive that was read before it was
// switched to clock steps: what is live by then must not be told as of now.
func TestFiguresReadTheDriveThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		before := addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		edit(t, store, "race", func(d *leaderboard.Drive) { d.PublishEvery = time.Hour })
		f, err := store.Figures(t.Context(), before, leaderboard.Mark{}, leaderboard.WindowAt(noon, before.Zone))
		require.NoError(t, err)
		assert.Empty(t, f.Balances)
	})
}

// TestFiguresAfterManyChanges gives all where it cannot be told any more which
// changes there were, and only what is new where it can.
func TestFiguresAfterManyChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		d := addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		window := leaderboard.WindowAt(noon, d.Zone)
		first, err := store.Figures(t.Context(), d, leaderboard.Mark{}, window)
		require.NoError(t, err)
		c := copied{mark: first.Mark, rows: map[leaderboard.BalanceKey]leaderboard.Standing{}}
		for _, b := range first.Balances {
			c.rows[leaderboard.BalanceKey{Drive: d.ID, Period: b.Period, Host: b.Host}] = b.Standing
		}
		for i := range 100 {
			state := leaderboard.Hidden
			if i%2 == 1 {
				state = leaderboard.Known
			}
			require.NoError(t, store.SetInstance(t.Context(), "mastodon.social", state, "test"))
			if i == 10 {
				few, err := store.Figures(t.Context(), d, first.Mark, window)
				require.NoError(t, err)
				assert.False(t, few.Whole)
				assert.Len(t, few.Balances, 3, "only of the one host")
			}
		}
		many, err := store.Figures(t.Context(), d, first.Mark, window)
		require.NoError(t, err)
		assert.True(t, many.Whole)
		c.follow(t, store, d, window)
	})
}
