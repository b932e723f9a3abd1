package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const day = 24 * time.Hour

// purgeAt purges as if it were so long after noon.
func purgeAt(t *testing.T, url string, after time.Duration) (*ledger.Store, int) {
	t.Helper()
	store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: func() time.Time { return noon.Add(after) }})
	purged, err := store.Purge(t.Context(), ledger.DefaultRetention())
	require.NoError(t, err)
	return store, purged
}

// people counts the donors whose personal data is still there.
func people(t *testing.T, store *ledger.Store) int {
	t.Helper()
	found := 0
	for id := range leaderboard.DonorID(50) {
		if _, kept, err := store.Person(t.Context(), id); kept {
			require.NoError(t, err)
			found++
		}
	}
	return found
}

func TestPurgeAfterADrive(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store, _ := purgeAt(t, url, 0)
		closing, endless := newDrive(t, "closing"), newDrive(t, "endless")
		closing.End = noon.Add(10 * day)
		addDrive(t, store, closing)
		addDrive(t, store, endless)
		typed := gift(1, "closing", "", 2500, "ada")
		typed.Clues = leaderboard.Clues{Refcode: "@ada@mas.to", Written: "mas.to"}
		late := gift(3, "endless", "mas.to", 700, "cy")
		late.Paid = noon.Add(30 * day)
		record(t, store, notice(typed, gift(2, "endless", "mas.to", 500, "bob"), late, gift(4, "nowhere", "mas.to", 100, "dee")))
		before := standings(t, store, "closing")
		require.Equal(t, 4, people(t, store))

		_, purged := purgeAt(t, url, 29*day)
		assert.Zero(t, purged)
		_, purged = purgeAt(t, url, 31*day)
		assert.Equal(t, 1, purged, "dee, whose gift belongs to no drive")
		_, purged = purgeAt(t, url, 91*day)
		assert.Equal(t, 1, purged, "bob, who gave last 91 days ago to a drive without an end")
		store, purged = purgeAt(t, url, 101*day)
		assert.Equal(t, 1, purged, "ada, whose drive ended 91 days ago")
		assert.Equal(t, 1, people(t, store), "cy")
		store, purged = purgeAt(t, url, 400*day)
		assert.Equal(t, 1, purged)
		assert.Zero(t, people(t, store))

		assert.Equal(t, before, standings(t, store, "closing"), "money and counts stay")
		record(t, store, notice(typed))
		assert.Zero(t, people(t, store), "a repeat brings nothing back")
		better := typed
		better.Identity = leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "another"}
		record(t, store, notice(better))
		assert.Zero(t, people(t, store))
		record(t, store, notice(refund(1, 2500, noon.Add(200*day))))
		assert.Zero(t, standings(t, store, "closing")[leaderboard.EveryHost].Raised, "a late refund finds its gift")
		agrees(t, store)
	})
}

func TestPurgeOfWhatNoGiftNeeds(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store, _ := purgeAt(t, url, 0)
		addDrive(t, store, newDrive(t, "race"))
		named := gift(1, "race", "mas.to", 2500, "ada")
		named.Identity = leaderboard.Identity{Strength: leaderboard.ByName, Text: "ada by name"}
		record(t, store, notice(named))
		record(t, store, notice(gift(1, "race", "mas.to", 2500, "ada"))) // now by e-mail
		_, err := store.EditDrive(t.Context(), "race", "test", true, func(d *leaderboard.Drive) error {
			d.Start = noon.Add(day) // the gift leaves the drive
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 3, people(t, store), "the row by name, the row by e-mail, and the row outside")
		store, purged := purgeAt(t, url, day)
		assert.Equal(t, 2, purged)
		assert.Equal(t, 1, people(t, store))
		_, purged = purgeAt(t, url, 31*day)
		assert.Equal(t, 1, purged, "the gift outside every drive has been kept for its time")

		_, err = store.EditDrive(t.Context(), "race", "test", true, func(d *leaderboard.Drive) error {
			d.Start = time.Time{}
			return nil
		})
		require.NoError(t, err, "a gift of a purged donor can still be moved back")
		assert.EqualValues(t, 1, standings(t, store, "race")["mas.to"].Donors)
		agrees(t, store)
	})
}

// TestPurgeAndGiftsDoNotWaitForEachOther records a gift while a purge looks for
// what is due: the gift is taken in at once, and its donor is not due any more.
func TestPurgeAndGiftsDoNotWaitForEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		var meanwhile func()
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: func() time.Time {
			if act := meanwhile; act != nil {
				meanwhile = nil
				act()
			}
			return clock.now()
		}})
		purge := func(during func()) int {
			t.Helper()
			meanwhile = during
			purged, err := store.Purge(t.Context(), ledger.DefaultRetention())
			require.NoError(t, err)
			require.Nil(t, meanwhile, "the purge has asked for the time")
			return purged
		}
		addDrive(t, store, newDrive(t, "race"))
		for i := range int64(9) { // more than are purged in one transaction
			var gifts []any
			for j := range int64(50) {
				gifts = append(gifts, gift(1+50*i+j, "race", "mas.to", 500, fmt.Sprint("donor ", 50*i+j)))
			}
			record(t, store, notice(gifts...))
		}
		clock.set(noon.Add(91 * day))

		assert.Zero(t, purge(func() {
			edit(t, store, "race", func(d *leaderboard.Drive) { d.End = noon.Add(2 * day) }) // ended 89 days ago
		}), "the drive was changed, so that nobody was due")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.End = time.Time{} })
		assert.Equal(t, 449, purge(func() {
			record(t, store, notice(at(noon.Add(90*day), gift(1000, "race", "mas.to", 500, "donor 7"))))
		}), "all but the one who gave again")
		assert.Zero(t, purge(func() {}))
		assert.EqualValues(t, 450, standings(t, store, "race")[leaderboard.EveryHost].Donors)
		agrees(t, store)
	})
}
