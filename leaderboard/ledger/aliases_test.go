package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func TestAliasHost(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "old.example", 100, "ada"), gift(2, "race", "old.example", 200, "bob"), gift(3, "elsewhere", "old.example", 400, "cy")))
		alias := func(host, target leaderboard.Host, apply bool) ledger.Plan {
			t.Helper()
			plan, err := store.AliasHost(t.Context(), host, target, "ann", apply)
			require.NoError(t, err)
			agrees(t, store)
			return plan
		}
		assert.Equal(t, ledger.Plan{Moves: 3, Cents: 700}, alias("old.example", "new.example", false))
		_, found, err := store.Instance(t.Context(), "new.example")
		require.NoError(t, err)
		assert.False(t, found, "a plan changes nothing")

		assert.Equal(t, ledger.Plan{Moves: 3, Cents: 700, Applied: true}, alias("old.example", "new.example", true))
		stands := standings(t, store, "race")
		assert.NotContains(t, stands, leaderboard.Host("old.example"))
		assert.EqualValues(t, 300, stands["new.example"].Raised)
		assert.Equal(t, []leaderboard.Host{"new.example"}, shown(t, store, "race"), "the target was vetted by the organizer's word")

		record(t, store, notice(gift(4, "race", "old.example", 800, "cy")))
		assert.EqualValues(t, 1100, standings(t, store, "race")["new.example"].Raised, "later gifts follow")
		record(t, store, notice(gift(4, "race", "old.example", 800, "cy")))
		outcome, err := store.Attribute(t.Context(), 4, "old.example", "ann", "")
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Recorded, outcome)
		assert.EqualValues(t, 1100, standings(t, store, "race")["new.example"].Raised, "decisions too")

		assert.Equal(t, ledger.Plan{Moves: 4, Cents: 1500, Applied: true}, alias("new.example", "newest.example", true))
		record(t, store, notice(gift(5, "race", "old.example", 1600, "dee")))
		assert.EqualValues(t, 2700, standings(t, store, "race")["newest.example"].Raised, "there are no chains")
		instance, _, err := store.Instance(t.Context(), "old.example")
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Host("newest.example"), instance.AliasOf)

		_, err = store.AliasHost(t.Context(), "newest.example", "newest.example", "ann", true)
		require.ErrorIs(t, err, ledger.ErrInvalid)
		_, err = store.AliasHost(t.Context(), "newest.example", "old.example", "ann", true)
		require.ErrorIs(t, err, ledger.ErrInvalid, "a circle")
		assert.Equal(t, ledger.Plan{Applied: true}, alias("third.example", "old.example", false))
		instance, _, err = store.Instance(t.Context(), "third.example")
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Host("newest.example"), instance.AliasOf)
		assert.EqualValues(t, 2700, standings(t, store, "race")[leaderboard.EveryHost].Raised)
	})
}

// coded is a gift with a refcode that nobody gave a meaning to.
func coded(lineItem int64, refcode string, cents leaderboard.Cents, who string) leaderboard.Gift {
	g := gift(lineItem, "race", "", cents, who)
	g.Clues = leaderboard.Clues{Refcode: refcode}
	return g
}

func aliasCode(t testing.TB, store *ledger.Store, code string, target leaderboard.Host, apply bool) ledger.Plan {
	t.Helper()
	plan, err := store.AliasCode(t.Context(), code, target, "ann", apply)
	require.NoError(t, err)
	agrees(t, store)
	return plan
}

func TestAliasCode(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		field := coded(3, " FRIENDS ", 400, "cy")
		field.Clues.Fields = []leaderboard.FieldClue{{Host: "field.example", Sure: true}}
		record(t, store, notice(coded(1, "Friends", 100, "ada"), coded(2, "friends", 200, "bob"), field, coded(4, "foes", 800, "dee"), coded(5, "friends", 1600, "eve")))
		_, err := store.Attribute(t.Context(), 5, "fosstodon.org", "ann", "asked her")
		require.NoError(t, err)

		_, err = store.AliasCode(t.Context(), " ", "friends.example", "ann", true)
		require.ErrorIs(t, err, ledger.ErrInvalid)
		assert.Equal(t, ledger.Plan{Moves: 3, Cents: 700}, aliasCode(t, store, "friends", "friends.example", false))
		record(t, store, notice(coded(6, "friends", 3200, "fay")))
		assert.EqualValues(t, 100+200+800+3200, standings(t, store, "race")[leaderboard.Unattributed].Raised, "a plan changes nothing")

		assert.Equal(t, ledger.Plan{Moves: 4, Cents: 3900, Applied: true}, aliasCode(t, store, "FRIENDS", "friends.example", true))
		stands := standings(t, store, "race")
		assert.EqualValues(t, 3900, stands["friends.example"].Raised)
		assert.EqualValues(t, 800, stands[leaderboard.Unattributed].Raised)
		assert.EqualValues(t, 1600, stands["fosstodon.org"].Raised, "an organizer's decision stands")
		assert.NotContains(t, stands, leaderboard.Host("field.example"))

		record(t, store, notice(coded(7, "fRiends", 6400, "gus")))
		assert.EqualValues(t, 10300, standings(t, store, "race")["friends.example"].Raised, "later gifts follow")
		_, err = store.AliasHost(t.Context(), "friends.example", "fosstodon.org", "ann", true)
		require.NoError(t, err)
		record(t, store, notice(coded(8, "friends", 12800, "hal")))
		assert.EqualValues(t, 24700, standings(t, store, "race")["fosstodon.org"].Raised, "the code follows the host")
		agrees(t, store)
	})
}

// TestAliasCodeIsCorrected gives a refcode another meaning: "gifts with a refcode
// count for a host, those already there too".
func TestAliasCodeIsCorrected(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(coded(1, "friends", 100, "ada")))
		aliasCode(t, store, "friends", "wrong.example", true)
		record(t, store, notice(coded(2, "friends", 200, "bob")))
		assert.Equal(t, 2, aliasCode(t, store, "friends", "right.example", true).Moves)
		assert.EqualValues(t, 300, standings(t, store, "race")["right.example"].Raised)
	})
}

// TestAliasCodeOfALaterCopy has the refcode in the second copy of a gift only.
// Had it come first, the alias would find it.
func TestAliasCodeOfALaterCopy(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(coded(1, "", 100, "ada")))
		record(t, store, notice(coded(1, "friends", 100, "ada")))
		aliasCode(t, store, "friends", "friends.example", true)
		assert.EqualValues(t, 100, standings(t, store, "race")["friends.example"].Raised)
	})
}

// TestAliasCodeOfALaterCopyIsCorrected has the second copy credited by an alias, which
// is then given another meaning.
func TestAliasCodeOfALaterCopyIsCorrected(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		aliasCode(t, store, "friends", "wrong.example", true)
		record(t, store, notice(coded(1, "", 100, "ada")))
		record(t, store, notice(coded(1, "friends", 100, "ada")))
		require.EqualValues(t, 100, standings(t, store, "race")["wrong.example"].Raised)
		assert.Equal(t, 1, aliasCode(t, store, "friends", "right.example", true).Moves)
		assert.EqualValues(t, 100, standings(t, store, "race")["right.example"].Raised)
	})
}

// TestAliasHearsUnsureAnswers has answers that may as well be e-mail addresses. Once an
// alias makes their host known, it makes no difference whether the gift came first.
func TestAliasHearsUnsureAnswers(t *testing.T) {
	unsure := func(lineItem int64, host leaderboard.Host, who string) leaderboard.Gift {
		g := coded(lineItem, "", 100, who)
		g.Clues.Fields = []leaderboard.FieldClue{{Host: host}}
		return g
	}
	for name, alias := range map[string]func(*testing.T, *ledger.Store) ledger.Plan{
		"of a host": func(t *testing.T, store *ledger.Store) ledger.Plan {
			plan, err := store.AliasHost(t.Context(), "old.example", "new.example", "ann", true)
			require.NoError(t, err)
			return plan
		},
		"of a refcode": func(t *testing.T, store *ledger.Store) ledger.Plan {
			return aliasCode(t, store, "friends", "new.example", true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				store := open(t, url)
				addDrive(t, store, newDrive(t, "race"))
				record(t, store, notice(unsure(1, "new.example", "ada"), unsure(2, "old.example", "bob"), unsure(3, "other.example", "cy")))
				require.EqualValues(t, 300, standings(t, store, "race")[leaderboard.Unattributed].Raised)
				plan := alias(t, store)
				record(t, store, notice(unsure(4, "new.example", "dee"), unsure(5, "old.example", "eve")))
				agrees(t, store)
				stands := standings(t, store, "race")
				old := leaderboard.Cents(100)
				if name == "of a refcode" {
					old = 0
				}
				assert.Equal(t, 200+2*old, stands["new.example"].Raised)
				assert.Equal(t, 100+2*(100-old), stands[leaderboard.Unattributed].Raised)
				assert.Equal(t, 100+old, plan.Cents, "it is in the plan")
			})
		})
	}
}
