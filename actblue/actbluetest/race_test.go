package actbluetest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

func noon() time.Time { return time.Date(2026, 10, 20, 16, 0, 0, 0, time.UTC) }

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	return zone
}

// hosts gives n hosts, some with hyphens and some with letters beyond ASCII.
func hosts(n int) []leaderboard.Host {
	list := []leaderboard.Host{
		"mastodon.social", "fosstodon.org", "hachyderm.io", "my-inst.example.org", "xn--bcher-kva.example", "a--b.example.net",
	}
	for i := len(list); i < n; i++ {
		list = append(list, leaderboard.Host(fmt.Sprintf("town-%d.example.social", i)))
	}
	return list[:n]
}

func aliases() map[string]leaderboard.Host {
	return map[string]leaderboard.Host{"summer24": "fosstodon.org", "toot-link": "hachyderm.io"}
}

// harsh are options of a small race in which everything happens.
func harsh(seed uint64) actbluetest.Options {
	mix := actbluetest.HarshMix()
	return actbluetest.Options{
		Seed: seed, Hosts: hosts(20), Aliases: aliases(), Now: noon(), Start: noon().AddDate(0, 0, -30),
		End: noon().Add(2 * time.Minute), Forms: []string{"first-form", "second-form"}, Entities: []int64{900_001, 900_002},
		Backlog: 250, Live: 3 * time.Minute, Mix: &mix,
	}
}

func newRace(t testing.TB, options actbluetest.Options) *actbluetest.Race {
	t.Helper()
	race, err := actbluetest.NewRace(options)
	require.NoError(t, err)
	return race
}

func TestSameOptionsGiveTheSameBytes(t *testing.T) {
	one, two, other := newRace(t, harsh(7)), newRace(t, harsh(7)), newRace(t, harsh(8))
	assert.Equal(t, one, two)
	assert.NotEqual(t, one.Deliveries, other.Deliveries)
}

func TestRaceRefusesOptionsThatLackSomething(t *testing.T) {
	for name, options := range map[string]actbluetest.Options{
		"no hosts":        {Now: noon()},
		"no now":          {Hosts: hosts(3)},
		"start after now": {Hosts: hosts(3), Now: noon(), Start: noon().Add(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := actbluetest.NewRace(options)
			assert.Error(t, err)
		})
	}
}

func TestNumbersAreUnique(t *testing.T) {
	orders, items := map[string]bool{}, map[int64]bool{}
	for _, order := range newRace(t, harsh(1)).Orders {
		assert.False(t, orders[order.Number], order.Number)
		orders[order.Number] = true
		require.NotEmpty(t, order.Items)
		for _, item := range order.Items {
			assert.False(t, items[item.ID], item.ID)
			items[item.ID] = true
			assert.Positive(t, item.Amount)
			assert.LessOrEqual(t, item.Returned, item.Amount)
		}
	}
}

func TestDeliveriesAreInOrderOfTimeAndTheBacklogEndsNow(t *testing.T) {
	race := newRace(t, harsh(2))
	for i := 1; i < len(race.Deliveries); i++ {
		require.False(t, race.Deliveries[i].At.Before(race.Deliveries[i-1].At))
	}
	backlog := race.Backlog()
	require.NotEmpty(t, backlog)
	require.Less(t, len(backlog), len(race.Deliveries))
	assert.False(t, backlog[len(backlog)-1].At.After(noon()))
	assert.True(t, race.Deliveries[len(backlog)].At.After(noon()))
}

// A harsh race has to meet everything that it promises, or tests that rest on it
// test less than they say.
func TestHarshRaceHasEverything(t *testing.T) {
	race := newRace(t, harsh(3))
	seen := map[string]int{}
	mark := func(what string, holds bool) {
		if holds {
			seen[what]++
		} else {
			seen[what] += 0
		}
	}
	for _, order := range race.Orders {
		last := order.Items[len(order.Items)-1]
		mark("declined", order.Status == actbluetest.Declined)
		mark("pending for good", order.Status == actbluetest.Pending)
		mark("series", last.Sequence > 1)
		mark("split", len(order.Items) > last.Sequence+1)
		mark("test", order.Number[2] == 'T')
		mark("foreign form", order.Form == "somebody-elses-form")
		mark("unattributed", order.Clue.Host == "")
		mark("no sequence", order.Unnumbered)
		mark("cancelled", !order.Cancelled.IsZero())
		mark("nobody", order.Donor.First == "")
		mark("paid at the start", order.Items[0].Paid.Equal(race.Options.Start))
		mark("paid at the end", order.Items[0].Paid.Equal(race.Options.End))
		for _, item := range order.Items {
			mark("withheld", item.Email == "" && order.Donor.Email != "")
			mark("refunded in part", !item.Refunded.IsZero() && item.Net() > 0)
			mark("refunded", !item.Refunded.IsZero() && item.Net() == 0)
			mark("foreign entity", item.Entity >= 700_000 && item.Entity < 700_010)
		}
	}
	for what, times := range seen {
		assert.Positive(t, times, what)
	}
	assert.NotEmpty(t, race.Lost)

	met := map[string]bool{} // line items whose payment, and whose refund, was told
	early, again := 0, 0
	for _, delivery := range race.Deliveries {
		for _, id := range itemsIn(t, delivery.Notice) {
			key := fmt.Sprint(delivery.Notice.Kind, id)
			if met[key] {
				again++
			}
			if delivery.Notice.Kind == actbluetest.Refunds && !met[fmt.Sprint(actbluetest.Contributions, id)] {
				early++
			}
			met[key] = true
		}
	}
	assert.Positive(t, early, "refunds before their gift")
	assert.Positive(t, again, "repeats")
}

func itemsIn(t *testing.T, notice actbluetest.Notice) []int64 {
	t.Helper()
	var body struct {
		LineItems []struct {
			ID int64 `json:"lineitemId"`
		} `json:"lineitems"`
	}
	require.NoError(t, json.Unmarshal(notice.Body, &body))
	ids := make([]int64, len(body.LineItems))
	for i, item := range body.LineItems {
		ids[i] = item.ID
	}
	return ids
}

func TestDemoRaceIsWorthWatching(t *testing.T) {
	const minDonors = 5
	options := actbluetest.DemoRace(1, hosts(300), noon())
	options.Live = 5 * time.Minute
	race := newRace(t, options)
	drive := race.Drive(newYork(t), minDonors)

	model := actbluetest.NewModel()
	model.Feed(actbluetest.Notices(race.Backlog())...)
	board := model.Result(drive).All()
	assert.InDelta(t, 2_000, board.Total.Gifts, 250)
	assert.Greater(t, len(board.Hosts), 150)
	listed := 0
	for _, sum := range board.Hosts {
		if sum.Listed {
			listed++
		}
	}
	assert.Greater(t, listed, 60)

	// Every quarter of a minute from now on the order of the first ten is looked at.
	rest := race.Deliveries[len(race.Backlog()):]
	overtakes, still := 0, 0
	for at := noon(); at.Before(noon().Add(options.Live)); at = at.Add(15 * time.Second) {
		n := 0
		for n < len(rest) && rest[n].At.Before(at.Add(15*time.Second)) {
			model.Feed(rest[n].Notice)
			n++
		}
		rest = rest[n:]
		next := model.Result(drive).All()
		if next.Total.Raised == board.Total.Raised {
			still++
		}
		for i := range 10 {
			if next.Hosts[i].Host != board.Hosts[i].Host {
				overtakes++
				break
			}
		}
		board = next
	}
	t.Logf("%d deliveries, %d hosts listed, another order of the first ten in %d of 20 looks",
		len(race.Deliveries), listed, overtakes)
	assert.Zero(t, still, "quarters of a minute without any movement")
	assert.Greater(t, overtakes, 5)
}
