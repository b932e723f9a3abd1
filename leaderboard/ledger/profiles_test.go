package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func profileOf(host leaderboard.Host) leaderboard.Profile {
	return leaderboard.Profile{
		Host: host, Facts: leaderboard.Facts{
			Fediverse: true, Title: "T", Software: "mastodon", Version: "4.5", Active: 30, ActiveFrom: leaderboard.FromNodeInfo, Total: 90,
			Canonical: "c.example", Contact: "admin@c.example", IconAddress: "https://c.example/i.png",
		},
		Icon: []byte("picture"), Digest: "digest", Read: noon, Looked: noon, Next: noon.Add(24 * time.Hour),
	}
}

func TestProfiles(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		ctx := t.Context()
		const host = leaderboard.Host("mastodon.social")
		nothing, found, err := store.Profile(ctx, host)
		require.NoError(t, err)
		assert.False(t, found)
		assert.Equal(t, leaderboard.Profile{Host: host}, nothing)

		want := profileOf(host)
		require.NoError(t, store.PutProfile(ctx, want))
		got, found, err := store.Profile(ctx, host)
		require.NoError(t, err)
		assert.True(t, found)
		assert.Equal(t, want, got)
		assert.Equal(t, leaderboard.People{Count: 30, From: leaderboard.FromNodeInfo, At: noon}, got.ActivePeople())

		picture, found, err := store.Icon(ctx, "digest")
		require.NoError(t, err)
		assert.True(t, found)
		assert.Equal(t, want.Icon, picture)
		_, found, err = store.Icon(ctx, "")
		require.NoError(t, err)
		assert.False(t, found)

		fixed := leaderboard.Correction{Active: 12, Source: "its admin", At: noon, By: "ann"}
		require.NoError(t, store.CorrectPeople(ctx, host, &fixed))
		want.Title, want.Icon, want.Digest, want.Failures = "New", nil, "", 3
		require.NoError(t, store.PutProfile(ctx, want))
		want.Corrected = &fixed
		got, _, err = store.Profile(ctx, host)
		require.NoError(t, err)
		assert.Equal(t, want, got, "a look does not touch what the organizer knows better")
		assert.Equal(t, leaderboard.People{Count: 12, From: leaderboard.FromOrganizer, Source: "its admin", At: noon}, got.ActivePeople())
		require.NoError(t, store.CorrectPeople(ctx, host, nil))
		got, _, err = store.Profile(ctx, host)
		require.NoError(t, err)
		assert.Nil(t, got.Corrected)
		require.ErrorIs(t, store.CorrectPeople(ctx, host, &leaderboard.Correction{}), ledger.ErrInvalid)

		require.NoError(t, store.CorrectPeople(ctx, "fosstodon.org", &fixed))
		got, _, err = store.Profile(ctx, "fosstodon.org")
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Profile{Host: "fosstodon.org", Corrected: &fixed}, got, "nobody has looked at it yet")
	})
}

func TestProfilesOfWhatMayBeShown(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		ctx := t.Context()
		for _, host := range []leaderboard.Host{"a.example", "b.example", "c.example", "mastodon.social", "nobody.example"} {
			require.NoError(t, store.PutProfile(ctx, profileOf(host)))
		}
		require.NoError(t, store.EnterInstance(ctx, "a.example", "its admin"))
		require.NoError(t, store.SetInstance(ctx, "b.example", leaderboard.Hidden, "test"))
		require.NoError(t, store.SetInstance(ctx, "c.example", leaderboard.Pending, "test"))
		all, err := store.Profiles(ctx)
		require.NoError(t, err)
		require.Len(t, all, 2)
		entered, plain := profileOf("a.example"), profileOf("mastodon.social")
		entered.Entered, entered.Icon, plain.Icon = true, nil, nil
		assert.Equal(t, []leaderboard.Profile{entered, plain}, all)
		made, err := store.FindInstance(ctx, "c.example")
		require.NoError(t, err)
		assert.True(t, made)
		all, err = store.Profiles(ctx)
		require.NoError(t, err)
		require.Len(t, all, 3)
		assert.True(t, all[1].Found)
	})
}

// due are the hosts among those of tests that are to be looked at.
func due(t *testing.T, store *ledger.Store) []leaderboard.Host {
	t.Helper()
	all, err := store.DueInstances(t.Context(), 10_000)
	require.NoError(t, err)
	hosts := []leaderboard.Host{}
	_, wellKnown := leaderboard.WellKnown()
	shipped := map[leaderboard.Host]bool{}
	for _, host := range wellKnown {
		shipped[host] = true
	}
	for _, host := range all {
		if !shipped[host] {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func TestDueInstances(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		ctx := t.Context()
		for host, state := range map[leaderboard.Host]leaderboard.InstanceState{
			"known.example": leaderboard.Known, "pending.example": leaderboard.Pending, "hidden.example": leaderboard.Hidden,
			"blocked.example": leaderboard.Blocked, "gone.example": leaderboard.OptedOut,
		} {
			require.NoError(t, store.SetInstance(ctx, host, state, "test"))
		}
		require.NoError(t, store.EnterInstance(ctx, "entered.example", "its admin"))
		assert.Equal(t, []leaderboard.Host{"entered.example", "known.example"}, due(t, store))

		looked := profileOf("known.example")
		require.NoError(t, store.PutProfile(ctx, looked))
		assert.Equal(t, []leaderboard.Host{"entered.example"}, due(t, store))
		clock.set(looked.Next.Add(-time.Microsecond))
		assert.Equal(t, []leaderboard.Host{"entered.example"}, due(t, store))
		clock.set(looked.Next)
		assert.Equal(t, []leaderboard.Host{"entered.example", "known.example"}, due(t, store), "who waits longest comes first")
		most, err := store.DueInstances(ctx, 3)
		require.NoError(t, err)
		assert.Len(t, most, 3)
	})
}

// Whoever runs a small instance sees that it is looked at, and may see from it that
// somebody has given.
func TestPendingInstancesAreDueOnceTheyWouldBeListed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		ctx := t.Context()
		addDrive(t, store, newDrive(t, "race"))
		stepped := newDrive(t, "steps")
		stepped.PublishEvery = time.Hour
		addDrive(t, store, stepped)
		require.NoError(t, store.Publish(ctx))
		require.NoError(t, store.SetInstance(ctx, "known.example", leaderboard.Known, "test"))

		record(t, store, notice(gift(1, "race", "new.example", 100, "ada"), gift(2, "race", "new.example", 100, "ada"), gift(3, "steps", "step.example", 100, "ada")))
		assert.Equal(t, []leaderboard.Host{"known.example"}, due(t, store), "one person has given")
		record(t, store, notice(gift(4, "race", "new.example", 100, "bob"), gift(5, "steps", "step.example", 100, "bob")))
		assert.Equal(t, []leaderboard.Host{"new.example", "known.example"}, due(t, store), "and comes first")
		clock.set(noon.Add(time.Hour))
		require.NoError(t, store.Publish(ctx))
		assert.Equal(t, []leaderboard.Host{"new.example", "step.example", "known.example"}, due(t, store), "a clock step has published it")

		made, err := store.FindInstance(ctx, "new.example")
		require.NoError(t, err)
		assert.True(t, made)
		assert.Equal(t, []leaderboard.Host{"new.example"}, shown(t, store, "race"))
		agrees(t, store)
		instance, _, err := store.Instance(ctx, "new.example")
		require.NoError(t, err)
		assert.True(t, instance.Found)
		assert.False(t, instance.Vetted())

		record(t, store, notice(refund(4, 100, noon.Add(time.Hour))))
		assert.Empty(t, shown(t, store, "race"))
		assert.Equal(t, []leaderboard.Host{"step.example", "known.example"}, due(t, store), "it is not asked any more")
		require.NoError(t, store.SetInstance(ctx, "new.example", leaderboard.Hidden, "test"))
		made, err = store.FindInstance(ctx, "new.example")
		require.NoError(t, err)
		assert.False(t, made, "what the organizer decided stays")
		require.NoError(t, store.EnterInstance(ctx, "step.example", "its admin"))
		instance, _, err = store.Instance(ctx, "step.example")
		require.NoError(t, err)
		assert.True(t, instance.Vetted())
	})
}

// What was found stays found until somebody vets it.
func TestVettingWhatWasFound(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		for name, vet := range map[string]func(*ledger.Store, leaderboard.Host) error{
			"add": func(s *ledger.Store, h leaderboard.Host) error {
				return s.SetInstance(t.Context(), h, leaderboard.Known, "ann")
			},
			"enter": func(s *ledger.Store, h leaderboard.Host) error { return s.EnterInstance(t.Context(), h, "ann") },
			"alias": func(s *ledger.Store, h leaderboard.Host) error {
				_, err := s.AliasHost(t.Context(), "other-"+h, h, "ann", true)
				return err
			},
		} {
			store := open(t, url)
			host := leaderboard.Host(name + ".example")
			require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Pending, "test"))
			_, err := store.FindInstance(t.Context(), host)
			require.NoError(t, err)
			require.NoError(t, vet(store, host))
			instance, _, err := store.Instance(t.Context(), host)
			require.NoError(t, err)
			assert.True(t, instance.Vetted(), name)
		}
	})
}

func TestLooked(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		before, err := store.Looked(t.Context())
		require.NoError(t, err)
		assert.Positive(t, before.Known, "the list that comes along")
		require.NoError(t, store.SetInstance(t.Context(), "new.example", leaderboard.Known, "test"))
		well, away := profileOf("mastodon.social"), profileOf("fosstodon.org")
		away.Read, away.Failures, away.Looked = time.Time{}, 2, noon.Add(time.Hour)
		hidden := profileOf("hidden.example")
		require.NoError(t, store.SetInstance(t.Context(), "hidden.example", leaderboard.Hidden, "test"))
		for _, profile := range []leaderboard.Profile{well, away, hidden} {
			require.NoError(t, store.PutProfile(t.Context(), profile))
		}
		looked, err := store.Looked(t.Context())
		require.NoError(t, err)
		assert.Equal(t, ledger.Looked{Known: before.Known + 1, Described: 1, Failing: 1, Last: noon.Add(time.Hour)}, looked)
	})
}
