package actbluetest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// resultOf feeds the notices to a new model.
func resultOf(drive actbluetest.Drive, notices []actbluetest.Notice) actbluetest.Result {
	model := actbluetest.NewModel()
	model.Feed(notices...)
	return model.Result(drive)
}

// The generator knows what it meant; the model reads what was sent. Where nothing
// is lost both must say the same, to the cent.
func TestModelAgreesWithTheGenerator(t *testing.T) {
	for seed := range uint64(4) {
		options := harsh(seed)
		options.Mix.Lost = 0
		// The generator does not follow what a donor's address being hidden does.
		options.Mix.Withheld, options.Mix.Anonymous = 0, 0
		race := newRace(t, options)
		result := resultOf(race.Drive(newYork(t), 5), actbluetest.Notices(race.Deliveries)).All()

		raised := map[leaderboard.Host]leaderboard.Cents{}
		donors := map[leaderboard.Host]map[int]leaderboard.Cents{}
		gifts := map[leaderboard.Host]map[string]leaderboard.Cents{}
		for _, order := range race.Orders {
			for _, item := range order.Items {
				if !counts(race.Options, order, item) {
					continue
				}
				for _, host := range []leaderboard.Host{order.Clue.Host, leaderboard.EveryHost} {
					if gifts[host] == nil {
						gifts[host], donors[host] = map[string]leaderboard.Cents{}, map[int]leaderboard.Cents{}
					}
					raised[host] += item.Net()
					gifts[host][fmt.Sprint(order.Number, item.Paid)] += item.Net()
					donors[host][order.Donor.ID] += item.Net()
				}
			}
		}
		for host := range raised {
			sum := result.Host(host)
			switch host {
			case leaderboard.EveryHost:
				sum = result.Total
			case leaderboard.Unattributed:
				sum = result.Unattributed
			}
			require.Equal(t, raised[host], sum.Raised, "seed %d, %q", seed, host)
			require.EqualValues(t, positive(gifts[host]), sum.Gifts, "seed %d, gifts of %q", seed, host)
			if !slices.ContainsFunc(race.Orders, addressChanged) {
				require.EqualValues(t, positive(donors[host]), sum.Donors, "seed %d, donors of %q", seed, host)
			}
		}
		require.Len(t, result.Hosts, len(raised)-2)
	}
}

func counts(o actbluetest.Options, order actbluetest.Order, item actbluetest.Item) bool {
	return order.Status == actbluetest.Approved && !strings.HasPrefix(order.Number, "ABTEST") &&
		slices.Contains(o.Forms, order.Form) && slices.Contains(o.Entities, item.Entity) &&
		!item.Paid.Before(o.Start) && item.Paid.Before(o.End)
}

func addressChanged(order actbluetest.Order) bool {
	return slices.ContainsFunc(order.Items, func(i actbluetest.Item) bool { return strings.HasPrefix(i.Email, "new.") })
}

func positive[K comparable](nets map[K]leaderboard.Cents) (n int) {
	for _, net := range nets {
		if net > 0 {
			n++
		}
	}
	return n
}

func TestAnyOrderAndRepetitionGivesTheSameResult(t *testing.T) {
	zone := newYork(t)
	rapid.Check(t, func(rt *rapid.T) {
		options := harsh(rapid.Uint64Range(1, 1<<40).Draw(rt, "race"))
		options.Backlog, options.Live = 15, -1
		race, err := actbluetest.NewRace(options)
		require.NoError(rt, err)
		drive, notices := race.Drive(zone, 3), actbluetest.Notices(race.Deliveries)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 0))

		straight := resultOf(drive, notices)
		require.Equal(rt, straight, resultOf(drive, actbluetest.Shuffle(rng, notices)))
		require.Equal(rt, straight, resultOf(drive, actbluetest.Repeat(rng, notices, 0.4)))
	})
}

func TestSumsFitTogether(t *testing.T) {
	zone := newYork(t)
	race := newRace(t, harsh(11))
	result := resultOf(race.Drive(zone, 5), actbluetest.Notices(race.Deliveries))
	bySpan := map[leaderboard.Span]leaderboard.Cents{}
	for period, sums := range result {
		raised := sums.Unattributed.Raised
		for i, sum := range sums.Hosts {
			raised += sum.Raised
			assert.GreaterOrEqual(t, sum.Gifts, sum.Donors/2, "each donor gave something")
			if i > 0 {
				assert.GreaterOrEqual(t, sums.Hosts[i-1].Raised, sum.Raised)
			}
		}
		assert.Equal(t, sums.Total.Raised, raised, "%v", period)
		bySpan[period.Span] += sums.Total.Raised
		start := time.UnixMicro(period.Start).In(zone)
		assert.True(t, period.Span == leaderboard.AllTime || start.Minute() == 0)
		assert.True(t, period.Span != leaderboard.Day || start.Hour() == 0)
	}
	assert.Equal(t, bySpan[leaderboard.AllTime], bySpan[leaderboard.Day])
	assert.Equal(t, bySpan[leaderboard.AllTime], bySpan[leaderboard.Hour])
}

// anOrder is one gift of $25.77 through fosstodon.org, an hour before noon.
func anOrder() actbluetest.Order {
	paid := noon().Add(-time.Hour)
	return actbluetest.Order{
		Number: "AB1001", Form: "form", Created: paid, Status: actbluetest.Approved, Period: actbluetest.Once, Payments: 1,
		Donor: actbluetest.Donor{ID: 1, First: "Ana", Last: "Núñez", Zip: "10001"},
		Clue:  actbluetest.Clue{Refcode: "fedi_fosstodon_org", Host: "fosstodon.org"},
		Items: []actbluetest.Item{{ID: 7, Entity: 5, Amount: 2577, Paid: paid, Email: "ana@example.org"}},
	}
}

func aDrive(t *testing.T) actbluetest.Drive {
	t.Helper()
	return actbluetest.Drive{Forms: []string{"form"}, Zone: newYork(t), Known: hosts(4), MinDonors: 1, Aliases: aliases()}
}

func TestRefundTakesBackWhatIsLeft(t *testing.T) {
	for name, returned := range map[string]leaderboard.Cents{"whole": 2577, "part": 1000, "more than the gift": 9999} {
		t.Run(name, func(t *testing.T) {
			order := anOrder()
			order.Items[0].Refunded, order.Items[0].Returned = noon(), returned
			gift := order.Contribution(actbluetest.Style{Year: 2022}, order.Items...)
			back := order.Refund(actbluetest.Style{Year: 2022}, order.Items...)

			assert.Zero(t, resultOf(aDrive(t), []actbluetest.Notice{back}).All().Total.Raised, "without its gift")
			for _, notices := range [][]actbluetest.Notice{{gift, back}, {back, gift}, {back, gift, back, gift}} {
				result := resultOf(aDrive(t), notices)
				sum := result.All().Host("fosstodon.org")
				left := max(2577-returned, 0)
				want := actbluetest.Sum{
					Host: "fosstodon.org", Raised: left, Reached: noon().UnixMicro(), Listed: left > 0,
				}
				if left > 0 {
					want.Gifts, want.Donors = 1, 1
				}
				assert.Equal(t, want, sum)
				hour := leaderboard.PeriodOf(leaderboard.Hour, order.Items[0].Paid, newYork(t))
				assert.Equal(t, want, result[hour].Host("fosstodon.org"), "a refund takes from the gift's own hour")
			}
		})
	}
}

func TestBestEvidenceWins(t *testing.T) {
	handle := []actbluetest.Field{{Label: actbluetest.HandleLabel, Answer: "@x@hachyderm.io"}}
	clues := map[string]struct {
		clue actbluetest.Clue
		host leaderboard.Host
	}{
		"code":               {actbluetest.Clue{Refcode: "FEDI_my__inst_example_org", Fields: handle}, "my-inst.example.org"},
		"code of IDN":        {actbluetest.Clue{Refcode: "fedi_xn____bcher__kva_example"}, "xn--bcher-kva.example"},
		"domain":             {actbluetest.Clue{Refcode: " Mastodon.Social "}, "mastodon.social"},
		"address":            {actbluetest.Clue{Refcode: "https://mastodon.social/@x"}, "mastodon.social"},
		"handle":             {actbluetest.Clue{Refcode: "@x@mastodon.social"}, "mastodon.social"},
		"IDN in Unicode":     {actbluetest.Clue{Refcode: "Bücher.example"}, "xn--bcher-kva.example"},
		"alias":              {actbluetest.Clue{Refcode: "Summer24", Fields: handle}, "fosstodon.org"},
		"field":              {actbluetest.Clue{Refcode: "email_march", Fields: handle}, "hachyderm.io"},
		"e-mail in a field":  {actbluetest.Clue{Fields: []actbluetest.Field{{Label: "Mail", Answer: "x@example.net"}}}, ""},
		"known in a field":   {actbluetest.Clue{Fields: []actbluetest.Field{{Answer: "x@hachyderm.io"}}}, "hachyderm.io"},
		"another's code":     {actbluetest.Clue{Refcode: "fb_tvMPYAxP2Ya"}, ""},
		"code without a dot": {actbluetest.Clue{Refcode: "fedi_nowhere"}, ""},
	}
	for name, test := range clues {
		t.Run(name, func(t *testing.T) {
			order := anOrder()
			order.Clue = test.clue
			for _, year := range actbluetest.Years() {
				bare := order.Contribution(actbluetest.Style{Year: year, Clueless: true}, order.Items...)
				full := order.Contribution(actbluetest.Style{Year: year, Seed: 3}, order.Items...)
				for _, notices := range [][]actbluetest.Notice{{full}, {bare, full}, {full, bare}} {
					result := resultOf(aDrive(t), notices).All()
					if test.host == "" {
						assert.Empty(t, result.Hosts)
						assert.EqualValues(t, 2577, result.Unattributed.Raised)
						continue
					}
					require.Len(t, result.Hosts, 1)
					assert.Equal(t, test.host, result.Hosts[0].Host)
				}
			}
		})
	}
}

func TestDonorsOfAnOrderAreOne(t *testing.T) {
	order := anOrder()
	second := order.Items[0]
	second.ID, second.Sequence, second.Email, second.Paid = 8, 1, "", second.Paid.Add(time.Minute)
	order.Items = append(order.Items, second)
	plain := actbluetest.Style{Year: 2022}
	first, later := order.Contribution(plain, order.Items[0]), order.Contribution(plain, second)

	result := resultOf(aDrive(t), []actbluetest.Notice{later, first}).All().Total
	assert.EqualValues(t, 1, result.Donors)
	assert.EqualValues(t, 2, result.Gifts)

	somebody := anOrder()
	somebody.Number, somebody.Items[0].ID, somebody.Items[0].Email = "AB1002", 9, ""
	byName := somebody.Contribution(plain, somebody.Items...)
	assert.EqualValues(t, 2, resultOf(aDrive(t), []actbluetest.Notice{first, byName}).All().Total.Donors)
}

func TestSplitOrderIsOneGift(t *testing.T) {
	order := anOrder()
	order.Unnumbered = true
	other := order.Items[0]
	other.ID, other.Entity = 8, 6
	order.Items = append(order.Items, other)
	notice := order.Contribution(actbluetest.Style{Year: 2019}, order.Items...)
	total := resultOf(aDrive(t), []actbluetest.Notice{notice}).All().Total
	assert.EqualValues(t, 1, total.Gifts)
	assert.EqualValues(t, 2*2577, total.Raised)

	drive := aDrive(t)
	drive.Entities = []int64{6}
	assert.EqualValues(t, 2577, resultOf(drive, []actbluetest.Notice{notice}).All().Total.Raised)
}

func TestOfContradictingCopiesTheFirstStands(t *testing.T) {
	order, other := anOrder(), anOrder()
	other.Items[0].Amount = 5000
	other.Clue.Refcode = "fedi_hachyderm_io"
	first := order.Contribution(actbluetest.Style{Year: 2022, Clueless: true}, order.Items...)
	second := other.Contribution(actbluetest.Style{Year: 2022}, other.Items...)
	result := resultOf(aDrive(t), []actbluetest.Notice{first, second})
	assert.EqualValues(t, 2577, result.All().Unattributed.Raised)
	assert.Empty(t, result.All().Hosts)
}

func TestTheOrganizersWordStands(t *testing.T) {
	order := anOrder()
	notice := order.Contribution(actbluetest.Style{Year: 2022}, order.Items...)
	drive := aDrive(t)
	drive.SameAs = map[leaderboard.Host]leaderboard.Host{"old.example": "mastodon.social"}
	model := actbluetest.NewModel()
	model.Feed(notice)
	before := model.Clone()
	model.Decide(7, "hachyderm.io", noon().Add(time.Hour))
	model.Decide(7, "old.example", noon())
	model.Feed(notice)
	sums := model.Result(drive).All()
	require.Len(t, sums.Hosts, 1)
	want := actbluetest.Sum{
		Host: "mastodon.social", Raised: 2577, Gifts: 1, Donors: 1, Reached: noon().Add(time.Hour).UnixMicro(), Listed: true,
	}
	assert.Equal(t, want, sums.Hosts[0])
	drive.Hidden = []leaderboard.Host{"mastodon.social"}
	assert.False(t, model.Result(drive).All().Hosts[0].Listed)
	assert.Equal(t, leaderboard.Host("fosstodon.org"), before.Result(drive).All().Hosts[0].Host, "a clone learns by itself")
}
