package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestAnyOrderGivesTheSameBooks draws a small history of an order book, plays it
// in an order and with repeats of chance, and holds the ledger against a model
// that knows neither order nor repetition.
func TestAnyOrderGivesTheSameBooks(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		for _, host := range testHosts {
			require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Known, "test"))
		}
		var round atomic.Int64
		rapid.Check(t, func(rt *rapid.T) {
			slug := fmt.Sprintf("round-%d", round.Add(1))
			h := drawHistory(rt, slug, round.Load()*1000)
			d := newDrive(t, slug)
			_, err := store.AddDrive(context.Background(), d, "test", true)
			require.NoError(rt, err)
			h.play(rt, store)
			h.check(rt, store, d)
		})
		agrees(t, store)
	})
}

var testHosts = []leaderboard.Host{"one.example", "two.example", "three.example"}

// history is what happened, in no order.
type history struct {
	slug  string
	items []*item
}

// item is one line item with all copies of its notice.
type item struct {
	copies []leaderboard.Gift
	refund *leaderboard.Refund
	// moved is where an organizer puts it, once it is known; empty: nowhere.
	moved   leaderboard.Host
	movedAt time.Time
}

func drawHistory(rt *rapid.T, slug string, base int64) *history {
	h := &history{slug: slug}
	id := base
	for order := range rapid.IntRange(1, 6).Draw(rt, "orders") {
		name := fmt.Sprintf("AB%d", base+int64(order))
		for n := range rapid.IntRange(1, 3).Draw(rt, "items") {
			id++
			h.items = append(h.items, drawItem(rt, slug, name, id, int64(n)))
		}
	}
	return h
}

func drawItem(rt *rapid.T, form, order string, id, sequence int64) *item {
	split := rapid.Bool().Draw(rt, "split")
	if split {
		sequence = 0
	}
	paid := noon.Add(time.Duration(rapid.IntRange(-90, 90).Draw(rt, "minute")) * time.Minute)
	base := leaderboard.Gift{
		LineItem: id, Order: order, Sequence: sequence, Form: form,
		Amount: leaderboard.Cents(rapid.SampledFrom([]int{100, 500, 500, 2500}).Draw(rt, "cents")), Paid: paid,
	}
	// Each grade of evidence names one host, so that no two copies of one grade differ.
	hosts := rapid.Permutation(testHosts).Draw(rt, "hosts")
	it := &item{}
	for range rapid.IntRange(1, 3).Draw(rt, "copies") {
		g := base
		switch rapid.IntRange(0, 3).Draw(rt, "evidence") {
		case 0:
			g.Clues = leaderboard.Clues{Refcode: "x", Coded: hosts[0]}
		case 1:
			g.Clues = leaderboard.Clues{Fields: []leaderboard.FieldClue{{Host: hosts[1], Sure: true}}}
		case 2:
			g.Clues = leaderboard.Clues{Refcode: "x", Written: hosts[0]}
		}
		who := rapid.SampledFrom([]string{"ada", "bob", "cy"}).Draw(rt, "who")
		g.Identity = drawIdentity(rt, who)
		it.copies = append(it.copies, g)
	}
	// All copies agree on who gave, as far as they say it: the grades differ only.
	who := rapid.SampledFrom([]string{"ada", "bob", "cy"}).Draw(rt, "donor")
	for i := range it.copies {
		if it.copies[i].Identity.Strength != leaderboard.Anonymous {
			it.copies[i].Identity.Text = fmt.Sprintf("%d|%s", it.copies[i].Identity.Strength, who)
		}
	}
	if rapid.IntRange(0, 2).Draw(rt, "refunded") == 0 {
		cents := leaderboard.Cents(rapid.SampledFrom([]int{100, 500, 2500}).Draw(rt, "refund"))
		r := refund(id, cents, paid.Add(time.Duration(rapid.IntRange(1, 200).Draw(rt, "after"))*time.Minute))
		it.refund = &r
	}
	if rapid.IntRange(0, 4).Draw(rt, "move") == 0 {
		it.moved = rapid.SampledFrom(testHosts).Draw(rt, "to")
		it.movedAt = paid.Add(time.Duration(rapid.IntRange(1, 200).Draw(rt, "movedAfter")) * time.Minute)
	}
	return it
}

func drawIdentity(rt *rapid.T, who string) leaderboard.Identity {
	strength := rapid.SampledFrom([]leaderboard.Strength{leaderboard.ByEmail, leaderboard.ByEmail, leaderboard.ByName, leaderboard.Anonymous}).Draw(rt, "strength")
	if strength == leaderboard.Anonymous {
		return leaderboard.Identity{Strength: strength}
	}
	return leaderboard.Identity{Strength: strength, Text: who}
}

// play delivers everything at least once in an order of chance; a move is tried
// at any time and is made in the end at the latest.
func (h *history) play(rt *rapid.T, store *ledger.Store) {
	var steps []func()
	for _, it := range h.items {
		for _, g := range it.copies {
			for range rapid.IntRange(1, 2).Draw(rt, "times") {
				steps = append(steps, func() { h.deliver(rt, store, notice(g)) })
			}
		}
		if it.refund != nil {
			steps = append(steps, func() { h.deliver(rt, store, notice(*it.refund)) })
		}
		if it.moved != "" {
			steps = append(steps, func() { it.move(rt, store, false) })
		}
	}
	for _, step := range rapid.Permutation(steps).Draw(rt, "order") {
		step()
	}
	for _, it := range h.items {
		if it.moved != "" {
			it.move(rt, store, true)
		}
	}
}

func (h *history) deliver(rt *rapid.T, store *ledger.Store, n leaderboard.Notice) {
	receipt, err := store.Record(context.Background(), n)
	require.NoError(rt, err)
	require.Zero(rt, receipt.Quarantined)
}

func (it *item) move(rt *rapid.T, store *ledger.Store, must bool) {
	_, err := store.AttributeAt(context.Background(), it.copies[0].LineItem, it.moved, it.movedAt, "test", "a test's decision")
	if must {
		require.NoError(rt, err)
	}
}

// check holds the ledger against the model, for all time, each day and each hour.
func (h *history) check(rt *rapid.T, store *ledger.Store, d leaderboard.Drive) {
	d, err := store.Drive(context.Background(), d.Slug)
	require.NoError(rt, err)
	want := h.model(d)
	got := map[leaderboard.BalanceKey]leaderboard.Standing{}
	require.NoError(rt, store.Balances(context.Background(), d.ID, func(key leaderboard.BalanceKey, s leaderboard.Standing) error {
		s.Version = 0
		got[key] = s
		return nil
	}))
	for key, standing := range got {
		if standing == (leaderboard.Standing{Host: key.Host}) {
			delete(got, key) // an instance that all gifts were moved away from
		}
	}
	require.Equal(rt, want, got)
}

// model adds up a history in the plainest way.
func (h *history) model(d leaderboard.Drive) map[leaderboard.BalanceKey]leaderboard.Standing {
	tellers := map[string]leaderboard.Gift{}
	for _, it := range h.items {
		told := it.bestIdentity()
		teller, found := tellers[told.Order]
		if !found || slices.Compare(rank(told), rank(teller)) < 0 {
			tellers[told.Order] = told
		}
	}
	type sum struct {
		raised  leaderboard.Cents
		donors  map[string]leaderboard.Cents
		gifts   map[string]leaderboard.Cents
		reached int64
	}
	sums := map[leaderboard.BalanceKey]*sum{}
	for _, it := range h.items {
		g := it.copies[0]
		host := it.host()
		net, reached := g.Amount, g.Paid
		if it.refund != nil {
			net -= min(net, it.refund.Amount)
			reached = later(reached, it.refund.Refunded)
		}
		if it.moved != "" {
			reached = later(reached, it.movedAt)
		}
		donor := tellers[g.Order].Identity.Text
		if donor == "" {
			donor = "anonymous at " + string(host)
		}
		for _, period := range leaderboard.PeriodsOf(g.Paid, d.Zone) {
			for _, of := range []leaderboard.Host{host, leaderboard.EveryHost} {
				key := leaderboard.BalanceKey{Drive: d.ID, Period: period, Host: of}
				if sums[key] == nil {
					sums[key] = &sum{donors: map[string]leaderboard.Cents{}, gifts: map[string]leaderboard.Cents{}}
				}
				sums[key].raised += net
				sums[key].donors[donor] += net
				sums[key].gifts[fmt.Sprint(g.Order, g.Sequence)] += net
				sums[key].reached = max(sums[key].reached, reached.UnixMicro())
			}
		}
	}
	standings := map[leaderboard.BalanceKey]leaderboard.Standing{}
	for key, s := range sums {
		standing := leaderboard.Standing{
			Host: key.Host, Raised: s.raised, Gifts: above(s.gifts), Donors: above(s.donors), Reached: s.reached,
		}
		standing.Listed = key.Host != leaderboard.EveryHost && key.Host != leaderboard.Unattributed &&
			standing.Donors >= int64(d.MinDonors) && standing.Raised > 0
		standings[key] = standing
	}
	return standings
}

func (it *item) host() leaderboard.Host {
	if it.moved != "" {
		return it.moved
	}
	host := leaderboard.Unattributed
	for _, g := range it.copies {
		switch {
		case g.Clues.Coded != "":
			return g.Clues.Coded
		case g.Clues.Written != "":
			return g.Clues.Written
		case len(g.Clues.Fields) > 0:
			host = g.Clues.Fields[0].Host
		}
	}
	return host
}

func (it *item) bestIdentity() leaderboard.Gift {
	best := it.copies[0]
	for _, g := range it.copies {
		if g.Identity.Strength < best.Identity.Strength {
			best = g
		}
	}
	return best
}

func rank(g leaderboard.Gift) []int64 {
	return []int64{int64(g.Identity.Strength), g.Sequence, g.LineItem}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func above(sums map[string]leaderboard.Cents) int64 {
	var n int64
	for _, sum := range sums {
		if sum > 0 {
			n++
		}
	}
	return n
}
