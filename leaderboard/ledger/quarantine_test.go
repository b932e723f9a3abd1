package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// faulty is a notice with a claim that cannot be used.
func faulty(body string) leaderboard.Notice {
	n := notice()
	n.Faults = []string{"a line item has no amount"}
	n.Body = func() []byte { return []byte(body) }
	n.Identity = leaderboard.Identity{Strength: leaderboard.ByName, Text: "ada|l|12345"}
	return n
}

func quarantined(t testing.TB, store *ledger.Store) []ledger.Quarantined {
	t.Helper()
	list, err := store.Quarantine(t.Context())
	require.NoError(t, err)
	return list
}

func TestQuarantine(t *testing.T) {
	const body = `{"donor":{"firstname":"Ada <&> \"L\" 𝒵"},"amount":12345678901234567890,"tiny":1e-400}`
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		first, second := faulty(body), faulty("null")
		second.Kind, second.Body = leaderboard.Refunds, nil
		assert.Equal(t, leaderboard.Receipt{Quarantined: 1}, record(t, store, first))
		clock.set(noon.Add(time.Hour))
		assert.Equal(t, leaderboard.Receipt{Quarantined: 1}, record(t, store, first), "the same body again")
		record(t, store, second)
		list := quarantined(t, store)
		require.Len(t, list, 2, "each body is there once")
		assert.Equal(t, ledger.Quarantined{ID: list[0].ID, Kind: leaderboard.Contributions, Reason: "a line item has no amount", Received: noon}, list[0])
		assert.Equal(t, leaderboard.Refunds, list[1].Kind)

		kind, kept, identity, digest, err := store.QuarantinedBody(t.Context(), list[0].ID)
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Contributions, kind)
		assert.JSONEq(t, body, string(kept))
		assert.Contains(t, string(kept), "12345678901234567890", "numbers as they came")
		assert.Equal(t, first.Identity.Strength, identity.Strength)
		assert.Empty(t, identity.Text, "the zip code in it is never kept")
		addDrive(t, store, newDrive(t, "race"))
		replayed, repeated := gift(1, "race", "mas.to", 100, "ada"), gift(2, "race", "mas.to", 100, "ada")
		replayed.Identity, repeated.Identity = identity, first.Identity
		record(t, store, notice(replayed, repeated))
		assert.EqualValues(t, 1, standings(t, store, "race")["mas.to"].Donors, "it is recognized all the same")
		assert.Equal(t, first.Digest, digest)
		_, kept, _, _, err = store.QuarantinedBody(t.Context(), list[1].ID)
		require.NoError(t, err)
		assert.Equal(t, "null", string(kept))

		require.NoError(t, store.Dismiss(t.Context(), list[0].ID))
		require.ErrorIs(t, store.Dismiss(t.Context(), list[0].ID), ledger.ErrNotFound)
		_, _, _, _, err = store.QuarantinedBody(t.Context(), list[0].ID)
		require.ErrorIs(t, err, ledger.ErrNotFound)

		clock.set(noon.Add(time.Hour + 30*24*time.Hour))
		gone, err := store.Expire(t.Context())
		require.NoError(t, err)
		assert.Zero(t, gone, "not before its time")
		clock.set(noon.Add(time.Hour + 30*24*time.Hour + time.Microsecond))
		gone, err = store.Expire(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, gone)
		assert.Empty(t, quarantined(t, store))
	})
}

// TestQuarantineNumbersAreNotUsedAgain dismisses from a list that is out of date:
// a notice that nobody has seen must not be what goes.
func TestQuarantineNumbersAreNotUsedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		record(t, store, faulty("1"))
		seen := quarantined(t, store)[0].ID
		require.NoError(t, store.Dismiss(t.Context(), seen))
		record(t, store, faulty("2"))
		require.ErrorIs(t, store.Dismiss(t.Context(), seen), ledger.ErrNotFound)
		assert.Len(t, quarantined(t, store), 1)
	})
}

func TestQuarantineNamesAFewReasonsOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		n := faulty("1")
		n.Faults = make([]string, 70_000)
		for i := range n.Faults {
			n.Faults[i] = "wrong"
		}
		assert.Equal(t, len(n.Faults), record(t, store, n).Quarantined)
		assert.Equal(t, "wrong; wrong; wrong; wrong; wrong; and 69995 more", quarantined(t, store)[0].Reason)
	})
}

func TestAsideAndCancellations(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		db := raw(t, url)
		aside := leaderboard.Aside{Reason: "declined", LineItem: 1, Order: "AB1", Form: "race", Entity: 7, Amount: 100}
		declined := notice(aside, aside)
		for range 2 {
			assert.Equal(t, leaderboard.Receipt{SetAside: 2}, record(t, store, declined))
			assert.EqualValues(t, 2, count(t, db, "SELECT COUNT(*) FROM aside"))
		}
		assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"))), "what was declined takes no key")

		end := leaderboard.Cancellation{Order: "AB1", Cancelled: noon, Type: "user", Completed: 3}
		assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(end)))
		assert.Equal(t, leaderboard.Receipt{Known: 1}, record(t, store, notice(end)))
		end.Cancelled = noon.Add(time.Second)
		assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(end)))
		assert.EqualValues(t, 2, count(t, db, "SELECT COUNT(*) FROM cancellations"))
		assert.EqualValues(t, 100, standings(t, store, "race")[leaderboard.EveryHost].Raised, "no money moves")
		agrees(t, store)
	})
}
