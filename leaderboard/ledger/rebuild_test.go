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

// TestRebuildMendsWhatWasChangedByHand spoils everything that follows from the
// entries, in many ways at once and one at a time.
func TestRebuildMendsWhatWasChangedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon.Add(time.Hour))
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(
			gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 200, "bob"),
			gift(3, "race", "new.example", 400, "cy"), gift(4, "race", "mastodon.social", 800, "ada")))
		record(t, store, notice(refund(3, 50, noon), refund(9, 10, noon)))
		want := standings(t, store, "race")
		version := func() int64 {
			head, err := store.Head(t.Context())
			require.NoError(t, err)
			return head
		}
		before := version()
		done, err := store.Rebuild(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 6, done.Entries)
		assert.EqualValues(t, 9, done.Balances)
		assert.Zero(t, done.Repaired)
		assert.Equal(t, before, version(), "nothing was wrong, so nothing changed")

		db := raw(t, url)
		for _, statement := range []string{
			"UPDATE balances SET raised_cents = raised_cents + 1",
			"UPDATE balances SET listed = 1 WHERE host = 'new.example'",
			"UPDATE balances SET reached_us = 1, gifts = 7, donors = 9 WHERE span = 1",
			"DELETE FROM balances WHERE span = 2",
			"UPDATE balances SET host = 'invented.example' WHERE span = 0 AND host = '*'",
			"DELETE FROM donor_net WHERE host = '*'",
			"UPDATE donor_net SET net_cents = net_cents * 2",
			"UPDATE credits SET net_cents = 1, host = 'fosstodon.org' WHERE line_item = 1",
			"DELETE FROM credits WHERE line_item = 4",
			"UPDATE credits SET line_item = 77 WHERE line_item = 2",
			"UPDATE balances SET version = 1000000",
			"DELETE FROM balances; DELETE FROM donor_net; DELETE FROM credits",
		} {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
			done, err := store.Rebuild(t.Context())
			require.NoError(t, err, statement)
			assert.Positive(t, done.Repaired, statement)
			agrees(t, store)
			assert.Greater(t, version(), before, "followers must see it")
			before = version()
		}
		got := standings(t, store, "race")
		delete(got, "invented.example")
		assert.Equal(t, withoutVersion(want), withoutVersion(got))
		record(t, store, notice(gift(5, "race", "mastodon.social", 100, "dee")))
		agrees(t, store)

		_, err = db.ExecContext(t.Context(), "UPDATE entries SET cents = 5 WHERE seq = 1")
		require.NoError(t, err)
		_, err = store.Rebuild(t.Context())
		assert.ErrorIs(t, err, ledger.ErrUnsound)
	})
}

// TestRebuildOfMany writes more rows than are made ready at a time.
func TestRebuildOfMany(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		for from := 0; from < 2000; from += 100 {
			var gifts []any
			for i := range 100 {
				host := leaderboard.Host(fmt.Sprintf("host%d.example", i%7))
				gifts = append(gifts, gift(int64(from+i), "race", host, leaderboard.Cents(100+i), fmt.Sprint("donor ", (from+i)%1900)))
			}
			record(t, store, notice(gifts...))
		}
		agrees(t, store)
		want := standings(t, store, "race")
		_, err := raw(t, url).ExecContext(t.Context(), "DELETE FROM balances; DELETE FROM credits; DELETE FROM donor_net WHERE donor_id % 5 <> 0")
		require.NoError(t, err)
		done, err := store.Rebuild(t.Context())
		require.NoError(t, err)
		assert.Greater(t, done.Repaired, int64(10_000))
		agrees(t, store)
		assert.Equal(t, withoutVersion(want), withoutVersion(standings(t, store, "race")))
	})
}

func withoutVersion(rows map[leaderboard.Host]leaderboard.Standing) map[leaderboard.Host]leaderboard.Standing {
	plain := map[leaderboard.Host]leaderboard.Standing{}
	for host, s := range rows {
		s.Version = 0
		plain[host] = s
	}
	return plain
}
