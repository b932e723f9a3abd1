package actbluetest

import (
	"cmp"
	"fmt"
	"slices"

	"fedirally/leaderboard"
)

// Sum is what a host, or the whole drive, has in one period.
type Sum struct {
	Host   leaderboard.Host
	Raised leaderboard.Cents
	// Gifts are payments of orders, Donors distinct people, each with something
	// left after refunds in this very sum.
	Gifts, Donors int64
	// Reached is the latest payment or refund of any gift in the sum, in
	// microseconds UTC.
	Reached int64
	Listed  bool
}

// Sums are the sums of one period.
type Sums struct {
	// Total is the whole drive, unattributed money included.
	Total        Sum
	Unattributed Sum
	// Hosts are all that a gift was credited to, even if nothing is left of it, by
	// amount, then by who reached it first, then by name.
	Hosts []Sum
}

// Host gives the sum of a host; one that nothing was credited to has none.
func (s Sums) Host(host leaderboard.Host) Sum {
	for _, sum := range s.Hosts {
		if sum.Host == host {
			return sum
		}
	}
	return Sum{Host: host}
}

// Result are the sums of a drive by period: all time, and each day and hour in
// which something was paid. The keys are named by [leaderboard.PeriodsOf], so
// that they can be compared; nothing else of that package is used to add up.
type Result map[leaderboard.Period]Sums

// All are the sums of all time.
func (r Result) All() Sums { return r[leaderboard.Period{}] }

// Result adds up what the notices so far say of a drive.
func (m *Model) Result(d Drive) Result {
	tellers := m.tellers()
	piles := map[leaderboard.Period]map[leaderboard.Host]*pile{{}: {}}
	for _, id := range m.first {
		gift := m.gifts[id]
		if !d.holds(gift.payment) {
			continue
		}
		credit := m.credit(d, gift, tellers[gift.order])
		for _, period := range leaderboard.PeriodsOf(gift.paid, d.Zone) {
			if piles[period] == nil {
				piles[period] = map[leaderboard.Host]*pile{}
			}
			for _, host := range []leaderboard.Host{credit.host, leaderboard.EveryHost} {
				if piles[period][host] == nil {
					piles[period][host] = &pile{gifts: map[string]leaderboard.Cents{}, donors: map[string]leaderboard.Cents{}}
				}
				piles[period][host].add(credit)
			}
		}
	}
	result := Result{}
	for period, hosts := range piles {
		result[period] = d.sums(hosts)
	}
	return result
}

// LineItems gives the numbers of the line items that count in a drive, refunded
// ones included, in the order in which they came to be known.
func (m *Model) LineItems(d Drive) []int64 {
	var items []int64
	for _, id := range m.first {
		if d.holds(m.gifts[id].payment) {
			items = append(items, id)
		}
	}
	return items
}

// credit is what one line item adds where it counts.
type credit struct {
	host        leaderboard.Host
	net         leaderboard.Cents
	gift, donor string
	reached     int64
}

func (m *Model) credit(d Drive, gift *known, teller *known) credit {
	c := credit{net: gift.cents, reached: gift.paid.UnixMicro()}
	best := byNothing + 1
	for _, trace := range gift.traces {
		if host, evidence := d.whence(trace); evidence < best {
			c.host, best = host, evidence
		}
	}
	if decided, found := m.decided[gift.item]; found {
		c.host, c.reached = d.same(decided.host), max(c.reached, decided.at.UnixMicro())
	}
	if back, found := m.refunds[gift.item]; found {
		c.net -= min(back.cents, gift.cents)
		c.reached = max(c.reached, back.at.UnixMicro())
	}
	c.gift = fmt.Sprintf("%s #%d", gift.order, gift.sequence)
	if gift.sequence < 0 {
		c.gift = fmt.Sprintf("%s at %d", gift.order, gift.paid.UnixMicro())
	}
	c.donor = fmt.Sprint(teller.donor.strength, " ", teller.donor.text)
	if teller.donor.strength == 0 {
		c.donor = "somebody of " + string(c.host)
	}
	return c
}

// tellers gives, for each order, the line item that tells best who gave: all
// others of the order, inside the drive or outside, are of the same donor.
func (m *Model) tellers() map[string]*known {
	tellers := map[string]*known{}
	for _, gift := range m.gifts {
		best := tellers[gift.order]
		if best == nil || cmp.Or(
			cmp.Compare(best.donor.strength, gift.donor.strength),
			cmp.Compare(gift.sequence, best.sequence),
			cmp.Compare(gift.item, best.item),
		) < 0 {
			tellers[gift.order] = gift
		}
	}
	return tellers
}

// pile is a sum in the making.
type pile struct {
	gifts, donors map[string]leaderboard.Cents
	raised        leaderboard.Cents
	reached       int64
}

func (p *pile) add(c credit) {
	p.raised += c.net
	p.gifts[c.gift] += c.net
	p.donors[c.donor] += c.net
	p.reached = max(p.reached, c.reached)
}

func aboveZero(nets map[string]leaderboard.Cents) (n int64) {
	for _, net := range nets {
		if net > 0 {
			n++
		}
	}
	return n
}

func (d Drive) sums(piles map[leaderboard.Host]*pile) Sums {
	sums := Sums{Total: Sum{Host: leaderboard.EveryHost}}
	for host, pile := range piles {
		sum := Sum{
			Host: host, Raised: pile.raised, Gifts: aboveZero(pile.gifts), Donors: aboveZero(pile.donors),
			Reached: pile.reached,
		}
		switch host {
		case leaderboard.EveryHost:
			sums.Total = sum
		case leaderboard.Unattributed:
			sums.Unattributed = sum
		default:
			sum.Listed = sum.Raised > 0 && sum.Donors >= int64(max(d.MinDonors, 1)) && slices.Contains(d.Known, host) &&
				!slices.Contains(d.Hidden, host)
			sums.Hosts = append(sums.Hosts, sum)
		}
	}
	slices.SortFunc(sums.Hosts, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(b.Raised, a.Raised), cmp.Compare(a.Reached, b.Reached), cmp.Compare(a.Host, b.Host))
	})
	return sums
}
