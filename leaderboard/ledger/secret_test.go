package ledger_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const otherSecret = "another secret, long enough too"

// sealedBooks is a store with something in every place that the secret seals.
func sealedBooks(t *testing.T, url string) *ledger.Store {
	t.Helper()
	store := open(t, url)
	addDrive(t, store, newDrive(t, "race"))
	typed := gift(1, "race", "", 2500, "ada")
	typed.Clues = leaderboard.Clues{Refcode: "newsletter"}
	nobody := gift(2, "race", "mas.to", 700, "")
	nobody.Identity, nobody.Donor = leaderboard.Identity{Strength: leaderboard.Anonymous}, leaderboard.Person{}
	record(t, store, notice(typed, nobody))
	record(t, store, faulty(`{"donor":{"firstname":"Ada"}}`))
	return store
}

func reopen(t *testing.T, url, with string) *ledger.Store {
	t.Helper()
	return openWith(t, ledger.Options{URL: url, Secret: []byte(with)})
}

func TestRotate(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		old := sealedBooks(t, url)
		_, err := old.Rotate(t.Context(), []byte(secret))
		require.ErrorIs(t, err, ledger.ErrInvalid)
		_, err = old.Rotate(t.Context(), []byte("short"))
		require.Error(t, err)
		rows, err := old.Rotate(t.Context(), []byte(otherSecret))
		require.NoError(t, err)
		assert.Equal(t, 3, rows, "a person, a refcode and a quarantined notice")

		_, err = old.Record(context.Background(), notice(gift(3, "race", "mas.to", 100, "bob")))
		require.ErrorIs(t, err, ledger.ErrSecretChanged, "nothing more is sealed with the old secret")
		require.ErrorIs(t, old.Ready(t.Context()), ledger.ErrSecretChanged)
		_, err = ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)})
		require.ErrorIs(t, err, ledger.ErrWrongSecret)

		store := reopen(t, url, otherSecret)
		assert.Equal(t, 1, people(t, store))
		_, body, _, _, err := store.QuarantinedBody(t.Context(), quarantined(t, store)[0].ID)
		require.NoError(t, err)
		assert.Contains(t, string(body), "Ada")
		_, err = store.AliasCode(t.Context(), "newsletter", "fosstodon.org", "test", true)
		require.NoError(t, err)
		assert.EqualValues(t, 2500, standings(t, store, "race")["fosstodon.org"].Raised, "refcodes can be read")
		record(t, store, notice(gift(4, "race", "fosstodon.org", 500, "ada")))
		assert.EqualValues(t, 1, standings(t, store, "race")["fosstodon.org"].Donors, "donors are recognized as before")
		agrees(t, store)
	})
}

func TestLose(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		before := standings(t, sealedBooks(t, url), "race")
		lost := ledger.Options{URL: url, Secret: []byte(otherSecret)}
		require.ErrorIs(t, ledger.Lose(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)}), ledger.ErrInvalid)
		require.NoError(t, ledger.Lose(t.Context(), lost))
		require.ErrorIs(t, ledger.Lose(t.Context(), lost), ledger.ErrInvalid, "once is enough")

		store := reopen(t, url, otherSecret)
		assert.Equal(t, before, standings(t, store, "race"), "the ledger stays whole")
		assert.Zero(t, people(t, store))
		assert.Empty(t, quarantined(t, store))
		nobody := gift(5, "race", "mas.to", 300, "")
		nobody.Identity = leaderboard.Identity{Strength: leaderboard.Anonymous}
		record(t, store, notice(nobody, refund(1, 2500, noon)))
		assert.EqualValues(t, 1, standings(t, store, "race")["mas.to"].Donors, "the anonymous donor of a host stays one")
		assert.EqualValues(t, 1000, standings(t, store, "race")[leaderboard.EveryHost].Raised)
		agrees(t, store)
	})
}
