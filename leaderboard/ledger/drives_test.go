package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// at is a gift paid at another time.
func at(paid time.Time, g leaderboard.Gift) leaderboard.Gift {
	g.Paid = paid
	return g
}

// entries gives what a drive's export has of line items, in order.
func entries(t testing.TB, store *ledger.Store, slug string) (list []leaderboard.Entry) {
	t.Helper()
	require.NoError(t, store.Entries(t.Context(), slug, func(e leaderboard.Entry) error {
		list = append(list, e)
		return nil
	}))
	return list
}

func keys(entries []leaderboard.Entry) (keys []string) {
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}

// edit changes a drive, with apply, and gives the plan.
func edit(t testing.TB, store *ledger.Store, slug string, change func(*leaderboard.Drive)) ledger.Plan {
	t.Helper()
	plan, err := store.EditDrive(t.Context(), slug, "ann", true, func(d *leaderboard.Drive) error {
		change(d)
		return nil
	})
	require.NoError(t, err)
	require.True(t, plan.Applied)
	return plan
}

func TestAddDrive(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)

		t.Run("refuses an overlap", func(t *testing.T) {
			first := newDrive(t, "first")
			first.Forms, first.Start, first.End = []string{"shared", "own"}, noon, noon.Add(time.Hour)
			addDrive(t, store, first)
			second := newDrive(t, "second")
			second.Forms, second.Start = []string{"shared"}, noon.Add(time.Hour-time.Microsecond)
			_, err := store.AddDrive(t.Context(), second, "ann", true)
			require.ErrorIs(t, err, ledger.ErrInvalid)
			require.ErrorContains(t, err, `"first"`)
			_, err = store.Drive(t.Context(), "second")
			require.ErrorIs(t, err, ledger.ErrNotFound)
			second.Start = noon.Add(time.Hour)
			addDrive(t, store, second)
			_, err = store.EditDrive(t.Context(), "second", "ann", true, func(d *leaderboard.Drive) error {
				d.Start = noon
				return nil
			})
			require.ErrorIs(t, err, ledger.ErrInvalid, "an edit is checked too")
			_, err = store.AddDrive(t.Context(), first, "ann", true)
			require.ErrorIs(t, err, ledger.ErrInvalid, "one slug, one drive")
		})
		t.Run("refuses what is incomplete", func(t *testing.T) {
			_, err := store.AddDrive(t.Context(), leaderboard.Drive{Slug: "empty"}, "ann", true)
			require.ErrorIs(t, err, ledger.ErrInvalid)
			require.ErrorContains(t, err, "beneficiary")
			require.ErrorContains(t, err, "disclaimer")
		})
		t.Run("takes in what was kept, when asked to", func(t *testing.T) {
			record(t, store, notice(gift(1, "late", "mastodon.social", 2500, "ada"), gift(2, "late", "mastodon.social", 1000, "bob")))
			record(t, store, notice(gift(3, "later", "mastodon.social", 1000, "bob"), refund(2, 400, noon.Add(time.Hour))))
			late := newDrive(t, "late")
			plan, err := store.AddDrive(t.Context(), late, "ann", false)
			require.NoError(t, err)
			assert.Equal(t, ledger.Plan{Moves: 2, Cents: 3100}, plan)
			_, err = store.Drive(t.Context(), "late")
			require.ErrorIs(t, err, ledger.ErrNotFound, "a plan changes nothing")
			agrees(t, store)

			plan, err = store.AddDrive(t.Context(), late, "ann", true)
			require.NoError(t, err)
			assert.Equal(t, ledger.Plan{Moves: 2, Cents: 3100, Applied: true}, plan)
			found := standings(t, store, "late")
			assert.EqualValues(t, 3100, found["mastodon.social"].Raised)
			assert.EqualValues(t, 2, found["mastodon.social"].Donors)
			assert.True(t, found["mastodon.social"].Listed)
			moves := entries(t, store, "late")
			assert.Equal(t, []string{"1:moved:1", "2:moved:1"}, keys(moves))
			for _, move := range moves {
				assert.Equal(t, "ann", move.By)
				assert.Contains(t, move.Why, "late")
				assert.Equal(t, leaderboard.Outside, move.FromDrive)
				person, kept, err := store.Person(t.Context(), move.Donor)
				require.NoError(t, err)
				assert.True(t, kept, "whom to thank moves along")
				assert.Contains(t, []string{"ada", "bob"}, person.First)
			}
			agrees(t, store)
		})
		t.Run("without anything kept needs no asking", func(t *testing.T) {
			plan, err := store.AddDrive(t.Context(), newDrive(t, "plain"), "ann", false)
			require.NoError(t, err)
			assert.Equal(t, ledger.Plan{Applied: true}, plan)
		})
	})
}

func TestEditDriveMovesInAndOut(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		d := newDrive(t, "race")
		d.Start, d.End, d.Entities = noon, noon.Add(2*time.Hour), []int64{7}
		d = addDrive(t, store, d)
		stranger := at(noon, gift(5, "race", "mastodon.social", 16, "ada"))
		stranger.Entity = 8
		record(t, store, notice(
			at(noon.Add(-time.Microsecond), gift(1, "race", "mastodon.social", 1, "ada")),
			at(noon, gift(2, "race", "mastodon.social", 2, "ada")),
			at(d.End.Add(-time.Microsecond), gift(3, "race", "mastodon.social", 4, "bob")),
			at(d.End, gift(4, "race", "mastodon.social", 8, "cy")),
			stranger,
			at(noon, gift(6, "other", "mastodon.social", 32, "dee")),
		))
		total := func(raised leaderboard.Cents, donors int64) {
			t.Helper()
			found := standings(t, store, "race")
			assert.Equal(t, raised, found[leaderboard.EveryHost].Raised)
			assert.Equal(t, raised, found["mastodon.social"].Raised)
			assert.Equal(t, donors, found["mastodon.social"].Donors)
			agrees(t, store)
		}
		total(2+4, 2)
		assert.Equal(t, 1, edit(t, store, "race", func(d *leaderboard.Drive) { d.Start = time.Time{} }).Moves)
		total(1+2+4, 2)
		assert.Equal(t, 1, edit(t, store, "race", func(d *leaderboard.Drive) { d.End = time.Time{} }).Moves)
		total(1+2+4+8, 3)
		assert.Equal(t, 1, edit(t, store, "race", func(d *leaderboard.Drive) { d.Entities = nil }).Moves)
		total(1+2+4+8+16, 3)
		assert.Equal(t, 1, edit(t, store, "race", func(d *leaderboard.Drive) { d.Forms = []string{"race", "other"} }).Moves)
		total(1+2+4+8+16+32, 4)

		plan, err := store.EditDrive(t.Context(), "race", "ann", false, func(d *leaderboard.Drive) error {
			d.Forms = []string{"other"}
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, ledger.Plan{Moves: 5, Cents: 31}, plan)
		total(1+2+4+8+16+32, 4)
		edit(t, store, "race", func(d *leaderboard.Drive) { d.Forms = []string{"other"} })
		total(32, 1)
		edit(t, store, "race", func(d *leaderboard.Drive) { d.Forms[0] = "race" }) // in place
		total(1+2+4+8+16, 3)
		edit(t, store, "race", func(d *leaderboard.Drive) { d.Start, d.End, d.Entities = noon, noon.Add(2*time.Hour), []int64{7} })
		total(2+4, 2)

		_, err = store.EditDrive(t.Context(), "none", "ann", true, func(*leaderboard.Drive) error { return nil })
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestSlugAndZoneAreFixedOnceThereAreEntries(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "other"))
		addDrive(t, store, newDrive(t, "race"))
		edit(t, store, "race", func(d *leaderboard.Drive) { d.Slug, d.Zone = "dash", time.UTC })
		d, err := store.Drive(t.Context(), "dash")
		require.NoError(t, err)
		assert.Equal(t, "UTC", d.Zone.String())
		refused := func(why string, change func(*leaderboard.Drive)) {
			t.Helper()
			_, err := store.EditDrive(t.Context(), "dash", "ann", true, func(d *leaderboard.Drive) error {
				change(d)
				return nil
			})
			require.ErrorIs(t, err, ledger.ErrInvalid)
			require.ErrorContains(t, err, why)
		}
		refused("already", func(d *leaderboard.Drive) { d.Slug = "other" })
		refused("time zone", func(d *leaderboard.Drive) { d.Zone = nil })
		record(t, store, notice(gift(1, "race", "mastodon.social", 2500, "ada")))
		record(t, store, notice(refund(1, 2500, noon.Add(time.Hour))))
		refused("fixed", func(d *leaderboard.Drive) { d.Slug = "race" })
		refused("fixed", func(d *leaderboard.Drive) { d.Zone = newYork(t) })
		edit(t, store, "dash", func(d *leaderboard.Drive) { d.Start = noon.Add(time.Hour) })
		refused("fixed", func(d *leaderboard.Drive) { d.Slug = "race" }) // what moved out was there once
		edit(t, store, "dash", func(d *leaderboard.Drive) { d.Title = "Another title" })
		agrees(t, store)
	})
}

func TestCloseDrive(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		d := newDrive(t, "race")
		d.Start = noon.Add(-time.Hour)
		addDrive(t, store, d)
		_, err := store.CloseDrive(t.Context(), "race", "ann", d.Start)
		require.ErrorIs(t, err, ledger.ErrInvalid, "before it starts")

		record(t, store, notice(at(noon.Add(time.Minute), gift(1, "race", "mastodon.social", 1, "ada"))))
		plan, err := store.CloseDrive(t.Context(), "race", "ann", noon)
		require.NoError(t, err)
		assert.Equal(t, 1, plan.Moves, "what was paid after the end goes out")
		record(t, store, notice(at(noon.Add(-time.Microsecond), gift(2, "race", "mastodon.social", 2, "ada"))))
		record(t, store, notice(at(noon, gift(3, "race", "mastodon.social", 4, "bob"))))
		record(t, store, notice(refund(2, 1, noon.Add(30*24*time.Hour))))
		assert.EqualValues(t, 1, standings(t, store, "race")[leaderboard.EveryHost].Raised)

		_, err = store.CloseDrive(t.Context(), "race", "ann", noon.Add(time.Hour))
		require.ErrorIs(t, err, ledger.ErrInvalid)
		require.ErrorContains(t, err, "has ended")
		agrees(t, store)
	})
}

// TestCloseDriveBetweenMicroseconds closes a drive at a time of a real clock,
// which is finer than what the ledger keeps.
func TestCloseDriveBetweenMicroseconds(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		_, err := store.CloseDrive(t.Context(), "race", "ann", noon.Add(700*time.Nanosecond))
		require.NoError(t, err)
		record(t, store, notice(at(noon, gift(1, "race", "mastodon.social", 1, "ada"))))
		agrees(t, store)
	})
}

// TestManyMovesFindWhenEachBalanceWasReached moves more balances at once than are
// searched one by one; the audit knows what each reached time must be.
func TestManyMovesFindWhenEachBalanceWasReached(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		hosts := []leaderboard.Host{"mas.to", "fosstodon.org", "hachyderm.io"}
		var gifts []any
		for i := range 40 {
			g := gift(int64(i+1), "race", hosts[i%3], 100, "ada")
			g.Paid = noon.Add(time.Duration(i) * time.Hour)
			gifts = append(gifts, g)
		}
		record(t, store, notice(gifts...))
		plan, err := store.EditDrive(t.Context(), "race", "test", false, func(d *leaderboard.Drive) error {
			d.Start = noon.Add(17*time.Hour + time.Minute)
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, ledger.Plan{Moves: 18, Cents: 1800}, plan)
		agrees(t, store)
		plan, err = store.EditDrive(t.Context(), "race", "test", true, func(d *leaderboard.Drive) error {
			d.Start = noon.Add(17*time.Hour + time.Minute)
			return nil
		})
		require.NoError(t, err)
		assert.True(t, plan.Applied)
		assert.EqualValues(t, 2200, standings(t, store, "race")[leaderboard.EveryHost].Raised)
		agrees(t, store)
	})
}
