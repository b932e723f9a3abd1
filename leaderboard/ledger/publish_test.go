package ledger_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestBoardOfAPeriodNeedsTheMinimumWithin shows an instance for a day or an hour
// only where enough people gave in it.
func TestBoardOfAPeriodNeedsTheMinimumWithin(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(
			at(noon.Add(-24*time.Hour), gift(1, "race", "mastodon.social", 100, "ada")), at(noon, gift(2, "race", "mastodon.social", 200, "bob")),
			at(noon, gift(3, "race", "fosstodon.org", 10, "cy")), at(noon.Add(-time.Hour), gift(4, "race", "fosstodon.org", 20, "dee")),
			at(noon, gift(5, "race", "hachyderm.io", 1, "eve")), at(noon.Add(time.Minute), gift(6, "race", "hachyderm.io", 2, "fay")),
			at(noon, gift(7, "race", "", 5000, "gus")), at(noon, gift(8, "race", "", 5000, "hal")),
		))
		hosts := func(span leaderboard.Span, now time.Time) []leaderboard.Host {
			return hostsOf(board(t, store, "race", leaderboard.ByAmount, span, now))
		}
		assert.Equal(t, []leaderboard.Host{"mastodon.social", "fosstodon.org", "hachyderm.io"}, hosts(leaderboard.AllTime, noon))
		assert.Equal(t, []leaderboard.Host{"fosstodon.org", "hachyderm.io"}, hosts(leaderboard.Day, noon))
		assert.Equal(t, []leaderboard.Host{"hachyderm.io"}, hosts(leaderboard.Hour, noon))
		assert.Empty(t, hosts(leaderboard.Hour, noon.Add(time.Hour)))
		assert.Empty(t, hosts(leaderboard.Day, noon.Add(-24*time.Hour)))
		b := board(t, store, "race", leaderboard.ByDonors, leaderboard.Hour, noon)
		assert.EqualValues(t, 200+10+3+10000, b.Raised, "the whole drive's hour, unlisted and unattributed included")
		assert.EqualValues(t, 6, b.Donors)
		assert.Equal(t, []leaderboard.Row{{Rank: 1, Host: "hachyderm.io", Raised: 3, Donors: 2}}, b.Rows())
		assert.Equal(t, noon, b.AsOf)
	})
}

// TestPublishAtClockSteps shows of a drive with publish-every nothing but the
// last step, while hiding acts at once.
func TestPublishAtClockSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		d := newDrive(t, "race")
		d.PublishEvery = 15 * time.Minute
		addDrive(t, store, d)
		publish := func(at time.Time) {
			t.Helper()
			clock.set(at)
			require.NoError(t, store.Publish(t.Context()))
			agrees(t, store)
		}
		look := func() leaderboard.Board {
			t.Helper()
			return board(t, store, "race", leaderboard.ByAmount, leaderboard.AllTime, clock.now())
		}
		publish(noon)
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		publish(noon.Add(15*time.Minute - time.Microsecond))
		assert.Empty(t, look().Rows())
		assert.Zero(t, look().Raised, "the total waits too")
		assert.Zero(t, look().Donors)
		assert.Equal(t, noon, look().AsOf.UTC())

		publish(noon.Add(17 * time.Minute))
		step := look()
		assert.EqualValues(t, 200, step.Raised)
		assert.Equal(t, []leaderboard.Row{{Rank: 1, Host: "mastodon.social", Raised: 200, Donors: 2}}, step.Rows())
		assert.Equal(t, noon.Add(15*time.Minute), step.AsOf.UTC())

		record(t, store, notice(gift(3, "race", "mastodon.social", 400, "cy"), gift(4, "race", "fosstodon.org", 800, "dee"), gift(5, "race", "fosstodon.org", 800, "eve")))
		publish(noon.Add(29 * time.Minute))
		assert.Equal(t, step.Rows(), look().Rows(), "nothing of it until the next step")
		assert.Equal(t, step.Raised, look().Raised)

		require.NoError(t, store.SetInstance(t.Context(), "mastodon.social", leaderboard.Hidden, "test"))
		assert.Empty(t, look().Rows(), "hiding acts at once")
		assert.Greater(t, look().Version, step.Version)
		agrees(t, store)
		require.NoError(t, store.SetInstance(t.Context(), "mastodon.social", leaderboard.Known, "test"))
		assert.Equal(t, step.Rows(), look().Rows(), "and shows what the last step had")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.MinDonors = 3 })
		assert.Empty(t, look().Rows(), "the minimum holds against what is shown, which has two")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.MinDonors = 2 })
		agrees(t, store)

		publish(noon.Add(31 * time.Minute))
		assert.Equal(t, []leaderboard.Host{"fosstodon.org", "mastodon.social"}, shown(t, store, "race"))
		assert.EqualValues(t, 2200, look().Raised)
		record(t, store, notice(refund(4, 800, noon)))
		publish(noon.Add(46 * time.Minute))
		assert.Equal(t, []leaderboard.Host{"mastodon.social"}, shown(t, store, "race"), "a refund shows at the step after it")

		edit(t, store, "race", func(d *leaderboard.Drive) { d.PublishEvery = 0 })
		record(t, store, notice(gift(6, "race", "fosstodon.org", 800, "fay")))
		assert.Equal(t, []leaderboard.Host{"fosstodon.org", "mastodon.social"}, shown(t, store, "race"), "live again")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.PublishEvery = 15 * time.Minute })
		publish(noon.Add(62 * time.Minute))
		assert.Equal(t, []leaderboard.Host{"fosstodon.org", "mastodon.social"}, shown(t, store, "race"), "the next step has what came live")
	})
}

// TestPublishedStepsShowMoves moves gifts between instances: the step
// after it shows all of it.
func TestPublishedStepsShowMoves(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		d := newDrive(t, "race")
		d.PublishEvery = time.Hour
		addDrive(t, store, d)
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		require.NoError(t, store.Publish(t.Context()))
		assert.Equal(t, []leaderboard.Host{"mastodon.social"}, shown(t, store, "race"))
		_, err := store.AliasHost(t.Context(), "mastodon.social", "fosstodon.org", "ann", true)
		require.NoError(t, err)
		assert.Equal(t, []leaderboard.Host{"mastodon.social"}, shown(t, store, "race"))
		clock.set(noon.Add(time.Hour))
		require.NoError(t, store.Publish(t.Context()))
		assert.Equal(t, []leaderboard.Host{"fosstodon.org"}, shown(t, store, "race"))
		agrees(t, store)
	})
}

// TestClockThatWasAheadHoldsNoStepBack publishes while the clock is wrong by days, and
// goes on at the right steps afterwards. Clocks that differ by less than a step publish
// nothing in between.
func TestClockThatWasAheadHoldsNoStepBack(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		d := newDrive(t, "race")
		d.PublishEvery = 15 * time.Minute
		addDrive(t, store, d)
		publish := func(at time.Time) leaderboard.Board {
			t.Helper()
			clock.set(at)
			require.NoError(t, store.Publish(t.Context()))
			return board(t, store, "race", leaderboard.ByAmount, leaderboard.AllTime, at)
		}
		assert.Equal(t, noon.Add(72*time.Hour), publish(noon.Add(72*time.Hour)).AsOf.UTC())
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		right := publish(noon.Add(time.Minute))
		assert.Equal(t, noon, right.AsOf.UTC())
		assert.EqualValues(t, 200, right.Raised)

		next := publish(noon.Add(15 * time.Minute))
		assert.Equal(t, noon.Add(15*time.Minute), next.AsOf.UTC())
		record(t, store, notice(gift(3, "race", "mastodon.social", 100, "cy")))
		assert.EqualValues(t, 200, publish(noon.Add(15*time.Minute-time.Second)).Raised, "a clock a little behind")
		assert.EqualValues(t, 300, publish(noon.Add(30*time.Minute)).Raised)
		agrees(t, store)
	})
}

// TestClocksThatContradictPublishNoMoreThanTheirSteps has two servers of which one is
// hours ahead for good. Each takes the other's steps for wrong.
func TestClocksThatContradictPublishNoMoreThanTheirSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		ahead := func() time.Time { return clock.now().Add(5 * time.Hour) }
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		other := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: ahead})
		d := newDrive(t, "race")
		d.PublishEvery = 15 * time.Minute
		addDrive(t, store, d)
		published, last := 0, int64(-1)
		for i := range int64(90) {
			clock.set(noon.Add(time.Duration(i) * 30 * time.Second))
			record(t, store, notice(gift(i+1, "race", "mas.to", 100, strconv.FormatInt(i, 10))))
			for _, s := range []*ledger.Store{store, other} {
				require.NoError(t, s.Publish(t.Context()))
				if raised := int64(board(t, s, "race", leaderboard.ByAmount, leaderboard.AllTime, clock.now()).Raised); raised != last {
					published, last = published+1, raised
				}
			}
		}
		assert.LessOrEqual(t, published, 10, "within 45 minutes, of 90 gifts")
		assert.Positive(t, published)
		agrees(t, store)
	})
}
