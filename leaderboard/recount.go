package leaderboard

import (
	"cmp"
	"slices"
	"time"
)

// Recount computes standings from nothing but the credits. It is the audit's
// way to the figures and shares no step with [Tally], so that a fault in one
// shows as a difference from the other. Names are numbered to keep a million
// gifts within a small server's memory.
type Recount struct {
	zones   map[int64]*time.Location
	numbers map[BalanceKey]uint32
	keys    []BalanceKey
	sums    []Standing
	donors  map[donorAt]Cents
	// payments numbers what gifts holds.
	payments map[string]uint32
	gifts    []gift
	// split holds what is left in each balance of gifts of several line items.
	split   map[giftAt]Cents
	counted bool
}

type donorAt struct {
	balance uint32
	donor   DonorID
}

type giftAt struct{ balance, payment uint32 }

// gift is a payment by its first line item, which is the only one of most.
type gift struct {
	balances balancesOfCredit
	net      Cents
	split    bool
}

// balancesOfCredit are the numbers of those that a credit counts in: all time, its
// day and its hour, of its host and of the drive.
type balancesOfCredit [6]uint32

// NewRecount starts with no credits. A drive's zone decides its days and hours.
func NewRecount(drives []Drive) *Recount {
	r := &Recount{
		zones: map[int64]*time.Location{}, numbers: map[BalanceKey]uint32{},
		donors: map[donorAt]Cents{}, payments: map[string]uint32{}, split: map[giftAt]Cents{},
	}
	for _, drive := range drives {
		r.zones[drive.ID] = drive.Zone
	}
	return r
}

// Add counts a credit in. Credits outside every drive count nowhere.
func (r *Recount) Add(c Credit) {
	zone := r.zones[c.Drive]
	if zone == nil || c.Paid == 0 {
		return
	}
	balances := make([]uint32, 0, len(balancesOfCredit{}))
	for _, span := range []Span{AllTime, Day, Hour} {
		period := PeriodOf(span, time.UnixMicro(c.Paid), zone)
		for _, host := range []Host{c.Host, EveryHost} {
			balance := r.balance(BalanceKey{c.Drive, period, host})
			balances = append(balances, balance)
			r.sums[balance].Raised += c.Net
			r.sums[balance].Reached = max(r.sums[balance].Reached, c.Reached)
			r.donors[donorAt{balance, c.Donor}] += c.Net
		}
	}
	r.addGift(c.Order+" "+c.Payment, gift{balances: balancesOfCredit(balances), net: c.Net})
}

func (r *Recount) addGift(name string, added gift) {
	payment, found := r.payments[name]
	if !found {
		r.payments[name] = uint32(len(r.gifts)) //nolint:gosec // four billion payments do not fit in memory
		r.gifts = append(r.gifts, added)
		return
	}
	parts := []gift{added}
	if first := &r.gifts[payment]; !first.split {
		first.split = true
		parts = append(parts, *first)
	}
	for _, part := range parts {
		for _, balance := range part.balances {
			r.split[giftAt{balance, payment}] += part.net
		}
	}
}

func (r *Recount) balance(key BalanceKey) uint32 {
	n, found := r.numbers[key]
	if !found {
		n = uint32(len(r.keys)) //nolint:gosec // four billion balances do not fit in memory
		r.numbers[key] = n
		r.keys = append(r.keys, key)
		r.sums = append(r.sums, Standing{Host: key.Host})
	}
	return n
}

// count settles how many donors and gifts each balance has. What was needed only
// for that is given up, so that no credit can be added any more.
func (r *Recount) count() {
	if r.counted {
		return
	}
	for at, net := range r.donors {
		if net > 0 {
			r.sums[at.balance].Donors++
		}
	}
	for _, gift := range r.gifts {
		if gift.split || gift.net <= 0 {
			continue
		}
		for _, balance := range gift.balances {
			r.sums[balance].Gifts++
		}
	}
	for at, net := range r.split {
		if net > 0 {
			r.sums[at.balance].Gifts++
		}
	}
	r.counted, r.payments, r.gifts, r.split = true, nil, nil, nil
}

// Standings gives every balance with at least one gift, whatever is left of it.
// Listed and Version are not set. No credit may be added after it.
func (r *Recount) Standings() map[BalanceKey]Standing {
	r.count()
	standings := make(map[BalanceKey]Standing, len(r.sums))
	for i, key := range r.keys {
		standings[key] = r.sums[i]
	}
	return standings
}

// TakeDonorNet gives what a donor gave to a balance, 0 for one who never gave, and
// forgets it, so that in the end those are left that nobody has asked for. No credit
// may be added after it.
func (r *Recount) TakeDonorNet(key DonorKey) Cents {
	r.count()
	balance, found := r.numbers[key.Balance]
	if !found {
		return 0
	}
	at := donorAt{balance, key.Donor}
	net := r.donors[at]
	delete(r.donors, at)
	return net
}

// DonorNets calls yield with what each donor has left given to each balance, except
// for nothing and for what has been taken, in the order of a table's key, until it
// returns false. No credit may be added after it.
func (r *Recount) DonorNets(yield func(DonorKey, Cents) bool) {
	r.count()
	order := make([]uint32, len(r.keys))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return r.keys[a].Compare(r.keys[b]) })
	place := make([]uint32, len(order))
	for i, balance := range order {
		place[balance] = uint32(i)
	}
	type gave struct {
		place uint32
		donor DonorID
		net   Cents
	}
	left := make([]gave, 0, len(r.donors))
	for at, net := range r.donors {
		if net != 0 {
			left = append(left, gave{place[at.balance], at.donor, net})
		}
	}
	slices.SortFunc(left, func(a, b gave) int {
		if a.place != b.place {
			return cmp.Compare(a.place, b.place)
		}
		return cmp.Compare(a.donor, b.donor)
	})
	for _, g := range left {
		if !yield(DonorKey{r.keys[order[g.place]], g.donor}, g.net) {
			return
		}
	}
}
