package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestPurgeLeavesNothingSealed looks into the database itself, after gifts were
// moved between drives and out of them: no tag, no person and no clue is left in
// any row, nor does anything bring them back.
func TestPurgeLeavesNothingSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		db := raw(t, url)
		left := func() int64 {
			return count(t, db, `SELECT (SELECT COUNT(*) FROM clues) +
				(SELECT COUNT(*) FROM donors WHERE anonymous = 0 AND (tag IS NOT NULL OR sealed IS NOT NULL))`)
		}
		addDrive(t, store, newDrive(t, "race"))
		next := newDrive(t, "next")
		next.Forms, next.Start = []string{"other"}, noon.Add(time.Hour)
		addDrive(t, store, next)
		bob := at(noon.Add(time.Hour), gift(2, "race", "mastodon.social", 100, "bob"))
		both := notice(marked(1), bob)
		record(t, store, both)
		assert.EqualValues(t, 3, left(), "two donors and the clues of one gift")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.End = noon })                        // both go outside
		edit(t, store, "next", func(d *leaderboard.Drive) { d.Forms = []string{"other", "race"} }) // bob comes into the next
		require.Zero(t, standings(t, store, "race")[leaderboard.EveryHost].Raised)

		clock.set(noon.Add(400 * 24 * time.Hour))
		_, err := store.Purge(t.Context(), ledger.DefaultRetention())
		require.NoError(t, err)
		assert.Zero(t, left())
		assert.Equal(t, leaderboard.Receipt{Known: 2}, record(t, store, both))
		edit(t, store, "race", func(d *leaderboard.Drive) { d.End = noon.Add(time.Minute) })
		edit(t, store, "next", func(d *leaderboard.Drive) { d.Forms = []string{"other"} })
		assert.Zero(t, left())
		assert.EqualValues(t, 1, standings(t, store, "race")[leaderboard.EveryHost].Donors)
		agrees(t, store)
	})
}
