package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// TestOneDonorInTwoDrives moves the gifts of one person between two drives: each
// drive counts the person once, whatever came when.
func TestOneDonorInTwoDrives(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		early, late := newDrive(t, "early"), newDrive(t, "late")
		early.Forms, early.End = []string{"race"}, noon.Add(time.Hour)
		late.Forms, late.Start = []string{"race"}, noon.Add(2*time.Hour)
		addDrive(t, store, early)
		addDrive(t, store, late)
		between := noon.Add(90 * time.Minute)
		record(t, store, notice(
			at(noon, gift(1, "race", "mastodon.social", 100, "ada")),
			at(between, gift(2, "race", "mastodon.social", 200, "ada")),
			at(noon.Add(3*time.Hour), gift(3, "race", "mastodon.social", 400, "ada")),
			at(noon.Add(3*time.Hour), gift(4, "race", "mastodon.social", 800, "bob")),
		))
		stands := func(slug string, raised leaderboard.Cents, donors int64) {
			t.Helper()
			found := standings(t, store, slug)
			assert.Equal(t, raised, found["mastodon.social"].Raised, slug)
			assert.Equal(t, donors, found["mastodon.social"].Donors, slug)
			assert.Equal(t, donors, found[leaderboard.EveryHost].Donors, slug)
		}
		stands("early", 100, 1)
		stands("late", 1200, 2)
		original := entries(t, store, "early")[0].Donor

		for range 2 { // in and out
			edit(t, store, "late", func(d *leaderboard.Drive) { d.Start = noon.Add(time.Hour) })
			stands("early", 100, 1)
			stands("late", 1400, 2)
			edit(t, store, "late", func(d *leaderboard.Drive) { d.Start = noon.Add(2 * time.Hour) })
			edit(t, store, "early", func(d *leaderboard.Drive) { d.End = noon.Add(2 * time.Hour) })
			stands("early", 300, 1)
			stands("late", 1200, 2)
			edit(t, store, "early", func(d *leaderboard.Drive) { d.End = noon.Add(time.Hour) })
			agrees(t, store)
		}
		edit(t, store, "early", func(d *leaderboard.Drive) { d.End = noon.Add(2 * time.Hour) })
		history := entries(t, store, "early")
		assert.Equal(t, original, history[len(history)-1].Donor, "back again it is the same row")

		// Refunds take from where the gift counts now.
		record(t, store, notice(refund(2, 200, noon.Add(48*time.Hour)), refund(1, 60, noon.Add(48*time.Hour))))
		stands("early", 40, 1)
		record(t, store, notice(refund(3, 400, noon.Add(48*time.Hour))))
		stands("late", 800, 1)
		agrees(t, store)
	})
}

// TestAnonymousDonors counts those who cannot be told apart once for each
// instance, wherever the gift goes.
func TestAnonymousDonors(t *testing.T) {
	nobody := func(lineItem int64, host leaderboard.Host) leaderboard.Gift {
		g := gift(lineItem, "race", host, 100, "")
		g.Donor, g.Identity = leaderboard.Person{}, leaderboard.Identity{Strength: leaderboard.Anonymous}
		return g
	}
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(nobody(1, "mastodon.social"), nobody(2, "mastodon.social"), nobody(3, "fosstodon.org"), nobody(4, "")))
		found := standings(t, store, "race")
		assert.EqualValues(t, 1, found["mastodon.social"].Donors)
		assert.EqualValues(t, 1, found["fosstodon.org"].Donors)
		assert.EqualValues(t, 3, found[leaderboard.EveryHost].Donors)

		_, err := store.Attribute(t.Context(), 3, "mastodon.social", "ann", "she said so")
		require.NoError(t, err)
		found = standings(t, store, "race")
		assert.EqualValues(t, 1, found["mastodon.social"].Donors)
		assert.EqualValues(t, 3, found["mastodon.social"].Gifts)
		assert.EqualValues(t, 2, found[leaderboard.EveryHost].Donors)

		// An instalment that says who gave tells whose the order is.
		named := gift(5, "race", "mastodon.social", 100, "ada")
		named.Order, named.Sequence = "AB1", 1
		record(t, store, notice(named))
		found = standings(t, store, "race")
		assert.EqualValues(t, 2, found["mastodon.social"].Donors, "ada with both of her gifts, and the others")
		assert.EqualValues(t, 4, found["mastodon.social"].Gifts)
		agrees(t, store)
	})
}

// TestSplitOrderIsOneGift counts one payment to two recipients once.
func TestSplitOrderIsOneGift(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		first, second, month := gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 50, "ada"), gift(3, "race", "mastodon.social", 25, "ada")
		second.Order, second.Entity, month.Order, month.Sequence = first.Order, 8, first.Order, 1
		record(t, store, notice(first, second))
		record(t, store, notice(month))
		assert.EqualValues(t, 2, standings(t, store, "race")["mastodon.social"].Gifts)
		record(t, store, notice(refund(1, 100, noon.Add(time.Hour))))
		assert.EqualValues(t, 2, standings(t, store, "race")["mastodon.social"].Gifts, "a part of it is left")
		record(t, store, notice(refund(2, 50, noon.Add(time.Hour))))
		found := standings(t, store, "race")["mastodon.social"]
		assert.EqualValues(t, 1, found.Gifts)
		assert.EqualValues(t, 25, found.Raised)
		assert.EqualValues(t, 1, found.Donors)
		agrees(t, store)
	})
}

func TestGiftsOutsideEveryDriveAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		receipt := record(t, store, notice(gift(1, "elsewhere", "mastodon.social", 100, "ada")))
		assert.Equal(t, leaderboard.Receipt{Recorded: 1}, receipt)
		receipt = record(t, store, notice(gift(1, "elsewhere", "mastodon.social", 100, "ada")))
		assert.Equal(t, leaderboard.Receipt{Known: 1}, receipt)
		receipt = record(t, store, notice(gift(1, "elsewhere", "mastodon.social", 101, "ada")))
		assert.Equal(t, leaderboard.Receipt{Quarantined: 1}, receipt)
		report := agrees(t, store)
		assert.EqualValues(t, 1, report.Entries)
		assert.Zero(t, report.Balances)

		// An export of a drive adds up to what it raised, although a refund came before.
		record(t, store, notice(refund(1, 30, noon.Add(time.Hour))))
		addDrive(t, store, newDrive(t, "elsewhere"))
		sum := leaderboard.Cents(0)
		for _, e := range entries(t, store, "elsewhere") {
			sum += e.Cents
		}
		assert.EqualValues(t, 70, standings(t, store, "elsewhere")[leaderboard.EveryHost].Raised)
		assert.EqualValues(t, 70, sum)
		agrees(t, store)
	})
}
