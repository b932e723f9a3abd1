package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// shown gives the hosts of a drive's public board, for all time, best first.
func shown(t testing.TB, store *ledger.Store, slug string) []leaderboard.Host {
	t.Helper()
	return hostsOf(board(t, store, slug, leaderboard.ByAmount, leaderboard.AllTime, noon))
}

func board(t testing.TB, store *ledger.Store, slug string, view leaderboard.View, span leaderboard.Span, now time.Time) leaderboard.Board {
	t.Helper()
	d, err := store.Drive(t.Context(), slug)
	require.NoError(t, err)
	b, err := boardOf(store, d, view, span, now)
	require.NoError(t, err)
	return b
}

func hostsOf(b leaderboard.Board) []leaderboard.Host {
	hosts := []leaderboard.Host{}
	for _, row := range b.Rows() {
		hosts = append(hosts, row.Host)
	}
	return hosts
}

func TestInstanceStates(t *testing.T) {
	const host = leaderboard.Host("new.example")
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		_, found, err := store.Instance(t.Context(), host)
		require.NoError(t, err)
		assert.False(t, found)
		record(t, store, notice(gift(1, "race", host, 100, "ada"), gift(2, "race", host, 100, "bob"), gift(3, "race", "mastodon.social", 100, "cy")))

		instance, found, err := store.Instance(t.Context(), host)
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, leaderboard.Pending, instance.State)
		assert.Empty(t, shown(t, store, "race"), "one is pending, the other below the minimum")

		version := board(t, store, "race", leaderboard.ByAmount, leaderboard.AllTime, noon).Version
		for _, state := range []leaderboard.InstanceState{
			leaderboard.Known, leaderboard.Hidden, leaderboard.Known, leaderboard.Blocked, leaderboard.Known, leaderboard.OptedOut, leaderboard.Pending, leaderboard.Known,
		} {
			require.NoError(t, store.SetInstance(t.Context(), host, state, "test"))
			b := board(t, store, "race", leaderboard.ByAmount, leaderboard.AllTime, noon)
			_, listed := b.Row(host)
			assert.Equal(t, state == leaderboard.Known, listed, "%s", state)
			assert.EqualValues(t, 300, b.Raised, "the money still counts for the drive")
			assert.EqualValues(t, 3, b.Donors)
			assert.EqualValues(t, 200, standings(t, store, "race")[host].Raised, "and for the instance")
			assert.Greater(t, b.Version, version, "who polls by version must hear of %s", state)
			version = b.Version
			agrees(t, store)
		}
		require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Known, "test"))
		assert.Equal(t, version, board(t, store, "race", leaderboard.ByAmount, leaderboard.AllTime, noon).Version, "nothing changed")

		require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Hidden, "test"))
		record(t, store, notice(gift(4, "race", host, 100, "dee")))
		assert.Empty(t, shown(t, store, "race"), "a gift does not unhide")
		agrees(t, store)
	})
}

func TestEnterInstance(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		get := func(host leaderboard.Host) leaderboard.Instance {
			instance, found, err := store.Instance(t.Context(), host)
			require.NoError(t, err)
			require.True(t, found)
			instance.Version = 0
			return instance
		}
		require.NoError(t, store.EnterInstance(t.Context(), "new.example", "its admin"))
		assert.Equal(t, leaderboard.Instance{Host: "new.example", State: leaderboard.Known, Entered: true, Source: "its admin"}, get("new.example"))
		require.NoError(t, store.SetInstance(t.Context(), "bad.example", leaderboard.Blocked, "organizer"))
		require.NoError(t, store.EnterInstance(t.Context(), "bad.example", "its admin"))
		assert.Equal(t, leaderboard.Instance{Host: "bad.example", State: leaderboard.Blocked, Entered: true, Source: "organizer"}, get("bad.example"))
		require.NoError(t, store.EnterInstance(t.Context(), "mastodon.social", "its admin"))
		assert.True(t, get("mastodon.social").Entered)
		assert.Contains(t, get("mastodon.social").Source, "well-known")

		instances, err := store.Instances(t.Context())
		require.NoError(t, err)
		_, wellKnown := leaderboard.WellKnown()
		assert.Len(t, instances, len(wellKnown)+2)
		for i := range instances[1:] {
			require.Less(t, instances[i].Host, instances[i+1].Host)
		}
	})
}

func TestMinimumOfDonorsDecidesAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob"), gift(3, "race", "mastodon.social", 100, "bob")))
		record(t, store, notice(gift(4, "race", "fosstodon.org", 100, "ada"), gift(5, "race", "fosstodon.org", 900, "ada")))
		assert.Equal(t, []leaderboard.Host{"mastodon.social"}, shown(t, store, "race"))
		edit(t, store, "race", func(d *leaderboard.Drive) { d.MinDonors = 3 })
		assert.Empty(t, shown(t, store, "race"))
		agrees(t, store)
		edit(t, store, "race", func(d *leaderboard.Drive) { d.MinDonors = 1 })
		assert.Equal(t, []leaderboard.Host{"fosstodon.org", "mastodon.social"}, shown(t, store, "race"))
		agrees(t, store)
		edit(t, store, "race", func(d *leaderboard.Drive) { d.MinDonors = 2 })
		record(t, store, notice(refund(1, 100, noon.Add(time.Hour))))
		assert.Empty(t, shown(t, store, "race"), "a refund may fall below the minimum")
		agrees(t, store)
	})
}

// TestAKnownHostIsHeardInALaterCopy has the answer in the second copy of a gift only.
func TestAKnownHostIsHeardInALaterCopy(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(coded(1, "", 2500, "ada")))
		unsure := coded(1, "", 2500, "ada")
		unsure.Clues.Fields = []leaderboard.FieldClue{{Host: "tiny.example"}}
		record(t, store, notice(unsure))
		require.NoError(t, store.SetInstance(t.Context(), "tiny.example", leaderboard.Known, "test"))
		assert.EqualValues(t, 2500, standings(t, store, "race")["tiny.example"].Raised)
		agrees(t, store)
	})
}

func TestAKnownHostIsHeardAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		unsure := gift(1, "race", "", 2500, "ada")
		unsure.Clues = leaderboard.Clues{Fields: []leaderboard.FieldClue{{Host: "tiny.example"}}}
		record(t, store, notice(unsure))
		assert.NotContains(t, standings(t, store, "race"), leaderboard.Host("tiny.example"), "it may as well be an e-mail address")
		require.NoError(t, store.SetInstance(t.Context(), "other.example", leaderboard.Known, "test"))
		assert.NotContains(t, standings(t, store, "race"), leaderboard.Host("tiny.example"))
		require.NoError(t, store.SetInstance(t.Context(), "tiny.example", leaderboard.Known, "test"))
		assert.EqualValues(t, 2500, standings(t, store, "race")["tiny.example"].Raised)
		agrees(t, store)
	})
}
