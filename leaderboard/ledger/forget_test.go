package ledger_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// mentioned reads the bodies of these tests, which say whom they are about.
func mentioned(_ leaderboard.NoticeKind, body []byte) ledger.Mention {
	var said struct {
		Who   string
		Items []int64
	}
	_ = json.Unmarshal(body, &said)
	return ledger.Mention{Identity: leaderboard.Identity{Text: said.Who}, LineItems: said.Items}
}

// spoilt is a notice that goes to quarantine, with a body that says whom it is about.
func spoilt(body string, who leaderboard.Identity) leaderboard.Notice {
	n := notice()
	n.Faults, n.Body, n.Identity = []string{"a fault"}, func() []byte { return []byte(body) }, who
	return n
}

func TestForgetADonor(t *testing.T) {
	byEmail := func(who string) ledger.Subject {
		return ledger.Subject{Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: who}}
	}
	for name, subject := range map[string]ledger.Subject{"by address": byEmail("ada"), "by a gift": {LineItem: 3}} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) { forgetsAda(t, url, subject) })
		})
	}
}

func forgetsAda(t *testing.T, url string, subject ledger.Subject) {
	store := open(t, url)
	addDrive(t, store, newDrive(t, "one"))
	addDrive(t, store, newDrive(t, "two"))
	gift := func(lineItem int64, form string, host leaderboard.Host, cents leaderboard.Cents, who string) leaderboard.Gift {
		g := gift(lineItem, form, host, cents, who)
		g.Donor.Handle = "@" + who + "@mas.to"
		return g
	}
	typed := gift(1, "one", "", 2500, "ada")
	typed.Clues = leaderboard.Clues{Refcode: "@ada@mas.to", Written: "mas.to"}
	named := gift(4, "two", "mas.to", 300, "ada")
	named.Identity = leaderboard.Identity{Strength: leaderboard.ByName, Text: "ada by name"}
	record(t, store, notice(named)) // by name at first, by address from the next copy on
	gifts := []any{
		typed, gift(2, "one", "mas.to", 500, "ada"), gift(3, "two", "mas.to", 700, "ada"), gift(4, "two", "mas.to", 300, "ada"),
		gift(5, "nowhere", "mas.to", 100, "ada"), gift(6, "one", "mas.to", 900, "bob"), gift(7, "two", "mas.to", 900, "bob"),
	}
	record(t, store, notice(gifts...))
	record(t, store, spoilt(`{"Who":"ada"}`, leaderboard.Identity{}))
	record(t, store, spoilt(`{"Items":[2]}`, leaderboard.Identity{}))
	record(t, store, spoilt(`{"Who":"bob","Items":[6]}`, leaderboard.Identity{}))
	require.Equal(t, 6, people(t, store), "ada thrice and once by name, bob twice")
	before := map[string]map[leaderboard.Host]leaderboard.Standing{"one": standings(t, store, "one"), "two": standings(t, store, "two")}

	want := ledger.Forgotten{Gifts: map[string]int{"one": 2, "two": 2, "": 1}, People: 4, Clues: 5, Quarantined: 2}
	plan, err := store.Forget(t.Context(), subject, mentioned, false)
	require.NoError(t, err)
	assert.Equal(t, want, plan)
	assert.Equal(t, 6, people(t, store), "a plan changes nothing")
	want.Applied = true
	done, err := store.Forget(t.Context(), subject, mentioned, true)
	require.NoError(t, err)
	assert.Equal(t, want, done)

	db := raw(t, url)
	assert.Equal(t, 2, people(t, store), "bob")
	assert.EqualValues(t, 4, count(t, db, "SELECT COUNT(*) FROM donors WHERE purged_us <> 0 AND tag IS NULL AND sealed IS NULL"))
	assert.Zero(t, count(t, db, "SELECT COUNT(*) FROM clues WHERE line_item < 6"))
	assert.EqualValues(t, 2, count(t, db, "SELECT COUNT(*) FROM clues"))
	left, err := store.Quarantine(t.Context())
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.EqualValues(t, 3, left[0].ID)
	for slug, was := range before {
		assert.Equal(t, was, standings(t, store, slug), "money and counts stay")
	}
	agrees(t, store)

	for _, repeat := range append(gifts, named) {
		record(t, store, notice(repeat))
	}
	late := gift(1, "one", "", 2500, "ada")
	late.Clues = leaderboard.Clues{Refcode: "a_late_refcode"}
	record(t, store, notice(late))
	assert.Equal(t, 2, people(t, store), "no repeat brings anything back")
	assert.EqualValues(t, 2, count(t, db, "SELECT COUNT(*) FROM clues"))
	record(t, store, notice(refund(2, 500, noon)))
	assert.EqualValues(t, 2500+900, standings(t, store, "one")["mas.to"].Raised, "a refund finds its gift")
	agrees(t, store)

	_, err = store.Forget(t.Context(), subject, mentioned, true)
	require.ErrorIs(t, err, ledger.ErrNotFound)
	record(t, store, notice(gift(8, "one", "mas.to", 100, "ada")))
	assert.Equal(t, 3, people(t, store), "a new gift comes with new data")
	edit(t, store, "one", func(d *leaderboard.Drive) { d.Forms = append(d.Forms, "nowhere") })
	agrees(t, store)
}

func TestForgetWhoGaveWithoutAnAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		named := func(item int64, who string) leaderboard.Gift {
			g := gift(item, "race", "mas.to", 100, who)
			g.Identity = leaderboard.Identity{Strength: leaderboard.ByName, Text: "name|" + who}
			return g
		}
		record(t, store, notice(named(1, "ada"), named(2, "ada"), named(3, "bob")))
		record(t, store, spoilt(`{}`, leaderboard.Identity{Strength: leaderboard.ByName, Text: "name|ada"}))
		nameless := func(item int64) leaderboard.Gift {
			g := gift(item, "race", "mas.to", 100, "")
			g.Donor, g.Identity = leaderboard.Person{Handle: "@x@mas.to"}, leaderboard.Identity{Strength: leaderboard.Anonymous}
			return g
		}
		record(t, store, notice(nameless(4), nameless(5)))
		before := standings(t, store, "race")

		done, err := store.Forget(t.Context(), ledger.Subject{LineItem: 1}, mentioned, true)
		require.NoError(t, err)
		assert.Equal(t, ledger.Forgotten{Gifts: map[string]int{"race": 2}, People: 1, Quarantined: 1, Applied: true}, done)
		done, err = store.Forget(t.Context(), ledger.Subject{LineItem: 4}, mentioned, true)
		require.NoError(t, err)
		assert.Equal(t, ledger.Forgotten{Gifts: map[string]int{}, Clues: 1, Applied: true}, done, "that gift alone: who gave the others is not known")
		assert.Equal(t, before, standings(t, store, "race"))
		for _, unknown := range []ledger.Subject{
			{LineItem: 99}, {LineItem: 1}, {LineItem: 4}, {Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "nobody"}},
		} {
			_, err := store.Forget(t.Context(), unknown, mentioned, true)
			require.ErrorIs(t, err, ledger.ErrNotFound)
		}
		record(t, store, notice(nameless(6)))
		assert.Equal(t, before[leaderboard.EveryHost].Donors, standings(t, store, "race")[leaderboard.EveryHost].Donors, "they are still one")
		agrees(t, store)
	})
}

// TestForgetWhoIsOnlyInQuarantine finds a donor of whom nothing was ever counted.
func TestForgetWhoIsOnlyInQuarantine(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		record(t, store, spoilt(`{"Who":"ada","Items":[7]}`, leaderboard.Identity{}))
		who := ledger.Subject{Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "ada"}}
		plan, err := store.Forget(t.Context(), who, mentioned, false)
		require.NoError(t, err)
		assert.Equal(t, ledger.Forgotten{Gifts: map[string]int{}, Quarantined: 1}, plan)
		plan, err = store.Forget(t.Context(), ledger.Subject{LineItem: 7}, mentioned, true)
		require.NoError(t, err)
		assert.Equal(t, 1, plan.Quarantined)
		left, err := store.Quarantine(t.Context())
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}

// TestForgetLeavesOthersOfTheSameName is about a gift that bore only a name at
// first, as does another gift, perhaps of somebody else.
func TestForgetLeavesOthersOfTheSameName(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		first, second := gift(1, "race", "mas.to", 100, "ada"), gift(2, "race", "mas.to", 100, "ada")
		first.Identity = leaderboard.Identity{Strength: leaderboard.ByName, Text: "a common name"}
		second.Identity = first.Identity
		record(t, store, notice(first, second))
		record(t, store, notice(gift(1, "race", "mas.to", 100, "ada")))
		require.Equal(t, 2, people(t, store))
		who := ledger.Subject{Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "ada"}}
		done, err := store.Forget(t.Context(), who, mentioned, true)
		require.NoError(t, err)
		assert.Equal(t, ledger.Forgotten{Gifts: map[string]int{"race": 1}, People: 1, Applied: true}, done)
		assert.Equal(t, 1, people(t, store))
		agrees(t, store)
	})
}
