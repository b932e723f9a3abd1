package actbluetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// generator makes up orders. Numbers grow with each, as ActBlue's do.
type generator struct {
	rng     *rand.Rand
	options Options
	mix     Mix
	people  people
	aliases []string
	until   time.Time // nothing happens later

	orders, items, tests int64
}

func newGenerator(rng *rand.Rand, o Options) *generator {
	g := &generator{
		rng: rng, options: o, mix: *o.Mix, people: people{rng: rng, mix: *o.Mix}, until: o.Now.Add(o.Live),
		// Each seed has its own range, so that two races rarely share a number.
		orders: 200_000_000 + rng.Int64N(700_000_000), items: 200_000_000 + rng.Int64N(700_000_000),
	}
	for alias := range o.Aliases {
		g.aliases = append(g.aliases, alias)
	}
	slices.Sort(g.aliases)
	return g
}

// order makes up an order with a payment at that time by somebody of that host.
func (g *generator) order(at time.Time, host leaderboard.Host) Order {
	at = at.Truncate(time.Second)
	o := Order{
		Number: g.number(), Form: pick(g.rng, g.options.Forms), Created: at, Donor: g.people.next(),
		Clue: g.clue(host), Status: Approved, Period: Once, Payments: 1,
		Unnumbered: chance(g.rng, g.mix.Unnumbered),
	}
	if chance(g.rng, 0.6) {
		o.Created = at.Add(-time.Duration(1+g.rng.IntN(20)) * time.Second)
	}
	g.spoil(&o)
	recipients := g.recipients(o)
	if chance(g.rng, g.mix.Recurring) {
		g.series(&o, at, recipients)
	} else {
		g.payment(&o, 0, at, recipients)
	}
	g.hideAddress(&o)
	g.refund(&o)
	return o
}

func (g *generator) number() string {
	g.orders += 1 + g.rng.Int64N(40)
	return fmt.Sprintf("AB%d", g.orders)
}

// spoil turns some orders into ones that must not count.
func (g *generator) spoil(o *Order) {
	draw := g.rng.Float64()
	below := func(share float64) bool {
		draw -= share
		return draw < 0
	}
	switch {
	case below(g.mix.Declined):
		o.Status = Declined
	case below(g.mix.Pending / 2):
		o.Status = Pending
	case below(g.mix.Tests):
		g.tests++
		o.Number = fmt.Sprintf("ABTEST%d", g.tests)
	case below(g.mix.ForeignForm):
		o.Form = "somebody-elses-form"
	}
}

// recipient is one share of what a payment is split into.
type recipient struct {
	entity    int64
	committee string
	amount    leaderboard.Cents
}

const committee = "Committee for a Friendlier Web"

func (g *generator) recipients(o Order) []recipient {
	sum := amount(g.rng)
	first := recipient{entity: pick(g.rng, g.options.Entities), committee: committee, amount: sum}
	if strings.HasPrefix(o.Number, "ABTEST") && chance(g.rng, 0.5) {
		first.entity = 1
	}
	if sum < 200 || !chance(g.rng, g.mix.Split) {
		return []recipient{first}
	}
	share := leaderboard.Cents(1 + g.rng.Int64N(int64(sum)-1))
	first.amount -= share
	second := recipient{entity: 700_000 + int64(g.rng.IntN(9)), committee: "Neighbors for O'Walter", amount: share}
	if chance(g.rng, 0.5) {
		// The same recipient twice happens, too: two line items, one payment.
		second.entity, second.committee = pick(g.rng, g.options.Entities), committee
	}
	return []recipient{first, second}
}

// series adds a recurring order's payments up to the end of the race. The one
// at that time may be any of them, so that a series can be older than the drive.
func (g *generator) series(o *Order, at time.Time, recipients []recipient) {
	o.Period, o.Payments = Monthly, pick(g.rng, []int{0, 0, 6, 12, 36})
	step := func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) }
	if chance(g.rng, 0.5) {
		o.Period = Weekly
		step = func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) }
	}
	before := 0
	if chance(g.rng, 0.4) {
		before = 1 + g.rng.IntN(4)
	}
	begun := step(at, -before)
	o.Created = begun.Add(o.Created.Sub(at))
	for n := 0; o.Payments == 0 || n < o.Payments; n++ {
		paid := step(begun, n)
		if paid.After(g.until) {
			break
		}
		if n > 0 && chance(g.rng, g.mix.Cancelled/2) {
			o.Cancelled = paid.Add(-time.Hour)
			break
		}
		g.payment(o, n, paid, recipients)
	}
	last := o.Items[len(o.Items)-1].Paid
	if o.Cancelled.IsZero() && chance(g.rng, g.mix.Cancelled) && last.Add(time.Minute).Before(g.until) {
		o.Cancelled = last.Add(time.Minute)
	}
}

func (g *generator) payment(o *Order, sequence int, paid time.Time, recipients []recipient) {
	payment := 290_000_000 + g.rng.Int64N(9_000_000)
	email := g.people.typed(o.Donor.Email)
	for _, to := range recipients {
		g.items += 1 + g.rng.Int64N(9)
		o.Items = append(o.Items, Item{
			ID: g.items, Payment: payment, Sequence: sequence, Entity: to.entity, Committee: to.committee,
			Amount: to.amount, Paid: paid, Email: email,
		})
	}
}

// hideAddress withholds the address from some payments, or all, of some orders;
// a few donors change it during a series.
func (g *generator) hideAddress(o *Order) {
	switch {
	case chance(g.rng, g.mix.Withheld):
		keep := g.rng.IntN(len(o.Items) + 1)
		for i := range o.Items {
			if i != keep {
				o.Items[i].Email = ""
			}
		}
	case o.Donor.Email != "" && chance(g.rng, 0.02):
		for i := range o.Items {
			if o.Items[i].Sequence > 0 {
				o.Items[i].Email = "new." + o.Donor.Email
			}
		}
	}
}

// refund gives some orders back: one line item, or all of one payment.
func (g *generator) refund(o *Order) {
	if o.Status != Approved || !chance(g.rng, g.mix.Refunded) {
		return
	}
	chosen := g.rng.IntN(len(o.Items))
	whole := chance(g.rng, 0.6)
	room := g.until.Sub(o.Items[chosen].Paid)
	if room < time.Minute {
		return
	}
	// Most come soon after; a race is too short for the usual weeks.
	after := time.Minute + time.Duration(g.rng.Float64()*g.rng.Float64()*float64(room-time.Minute))
	at := o.Items[chosen].Paid.Add(after).Truncate(time.Second)
	for i := range o.Items {
		item := &o.Items[i]
		if i != chosen && (!whole || item.Sequence != o.Items[chosen].Sequence) {
			continue
		}
		item.Refunded, item.Returned = at, item.Amount
		if item.Amount > 200 && chance(g.rng, g.mix.Partial) {
			item.Returned = 1 + leaderboard.Cents(g.rng.Int64N(int64(item.Amount)-1))
		}
	}
}
