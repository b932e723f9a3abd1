package leaderboard

import (
	"cmp"
	"time"
)

// BalanceKey names a balance: a drive, a period and a host, or [EveryHost].
type BalanceKey struct {
	Drive  int64
	Period Period
	Host   Host
}

// Compare gives the order of keys: by drive, period and host.
func (k BalanceKey) Compare(o BalanceKey) int {
	return cmp.Or(cmp.Compare(k.Drive, o.Drive), cmp.Compare(k.Period.Span, o.Period.Span),
		cmp.Compare(k.Period.Start, o.Period.Start), cmp.Compare(k.Host, o.Host))
}

// DonorKey names what a donor gave to a balance.
type DonorKey struct {
	Balance BalanceKey
	Donor   DonorID
}

// Delta is what is to be added to a balance.
type Delta struct {
	Raised Cents
	Gifts  int64
	// Reached raises the balance's own, if later.
	Reached int64
	// Left means that a gift went away, so that Reached may fall and has to be
	// found anew among the gifts that remain.
	Left bool
}

// Tally is the difference that entries make to the balances. The number of
// donors is not in it: it follows from each donor's own sum crossing zero.
type Tally struct {
	Balances map[BalanceKey]*Delta
	Donors   map[DonorKey]Cents
}

// Tally sums up what the entries of the book change.
func (b *Book) Tally() Tally {
	t := Tally{Balances: map[BalanceKey]*Delta{}, Donors: map[DonorKey]Cents{}}
	zones := b.zones()
	orders := map[string]bool{}
	for _, id := range b.touched {
		before, after := b.before[id], *b.credits[id]
		t.count(before, -1, zones)
		t.count(after, +1, zones)
		if before.IsGift() && (before.Drive != after.Drive || before.Host != after.Host) {
			t.markLeft(before, after, zones)
		}
		orders[after.Order] = true
	}
	for order := range orders {
		b.countGifts(t, order, zones)
	}
	return t
}

func (b *Book) zones() map[int64]*time.Location {
	zones := make(map[int64]*time.Location, len(b.drives))
	for _, drive := range b.drives {
		zones[drive.ID] = drive.Zone
	}
	return zones
}

// balancesOf are the balances that a credit counts in: three periods, each for
// its host and for the whole drive. None outside the drives.
func balancesOf(c Credit, zones map[int64]*time.Location) []BalanceKey {
	zone := zones[c.Drive]
	if !c.IsGift() || zone == nil {
		return nil
	}
	keys := make([]BalanceKey, 0, 6)
	for _, period := range PeriodsOf(time.UnixMicro(c.Paid), zone) {
		keys = append(keys, BalanceKey{c.Drive, period, c.Host}, BalanceKey{c.Drive, period, EveryHost})
	}
	return keys
}

func (t Tally) delta(key BalanceKey) *Delta {
	delta, found := t.Balances[key]
	if !found {
		delta = &Delta{}
		t.Balances[key] = delta
	}
	return delta
}

func (t Tally) count(c Credit, sign Cents, zones map[int64]*time.Location) {
	for _, key := range balancesOf(c, zones) {
		delta := t.delta(key)
		delta.Raised += sign * c.Net
		if sign > 0 {
			delta.Reached = max(delta.Reached, c.Reached)
		}
		if c.Net != 0 {
			t.Donors[DonorKey{key, c.Donor}] += sign * c.Net
		}
	}
}

func (t Tally) markLeft(before, after Credit, zones map[int64]*time.Location) {
	stays := map[BalanceKey]bool{}
	for _, key := range balancesOf(after, zones) {
		stays[key] = true
	}
	for _, key := range balancesOf(before, zones) {
		if !stays[key] {
			t.delta(key).Left = true
		}
	}
}

// countGifts adds how many payments of one order count more or fewer than before.
func (b *Book) countGifts(t Tally, order string, zones map[int64]*time.Location) {
	before, after := map[giftKey]Cents{}, map[giftKey]Cents{}
	for _, c := range b.orders[order] {
		then := *c
		if was, touched := b.before[c.LineItem]; touched {
			then = was
		}
		addGift(before, then, zones)
		addGift(after, *c, zones)
	}
	for gift, net := range before {
		if net > 0 && after[gift] <= 0 {
			t.delta(gift.balance).Gifts--
		}
	}
	for gift, net := range after {
		if net > 0 && before[gift] <= 0 {
			t.delta(gift.balance).Gifts++
		}
	}
}

// giftKey names one payment of an order as part of a balance.
type giftKey struct {
	balance BalanceKey
	payment string
}

func addGift(sums map[giftKey]Cents, c Credit, zones map[int64]*time.Location) {
	for _, key := range balancesOf(c, zones) {
		sums[giftKey{key, c.Payment}] += c.Net
	}
}
