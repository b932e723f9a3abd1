package leaderboard

import "time"

// Recount computes standings from nothing but the credits. It is the audit's
// way to the figures and shares no step with [Tally], so that a fault in one
// shows as a difference from the other. Names are numbered to keep a million
// gifts within a small server's memory.
type Recount struct {
	zones    map[int64]*time.Location
	numbers  map[BalanceKey]uint32
	keys     []BalanceKey
	sums     []Standing
	donors   map[donorAt]Cents
	payments map[string]uint32
	gifts    map[giftAt]Cents
}

type donorAt struct {
	balance uint32
	donor   DonorID
}

type giftAt struct{ balance, payment uint32 }

// NewRecount starts with no credits. A drive's zone decides its days and hours.
func NewRecount(drives []Drive) *Recount {
	r := &Recount{
		zones: map[int64]*time.Location{}, numbers: map[BalanceKey]uint32{},
		donors: map[donorAt]Cents{}, payments: map[string]uint32{}, gifts: map[giftAt]Cents{},
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
	payment := number(r.payments, c.Order+" "+c.Payment)
	paid := time.UnixMicro(c.Paid)
	for _, span := range []Span{AllTime, Day, Hour} {
		period := PeriodOf(span, paid, zone)
		for _, host := range []Host{c.Host, EveryHost} {
			balance := r.balance(BalanceKey{c.Drive, period, host})
			r.sums[balance].Raised += c.Net
			r.sums[balance].Reached = max(r.sums[balance].Reached, c.Reached)
			r.donors[donorAt{balance, c.Donor}] += c.Net
			r.gifts[giftAt{balance, payment}] += c.Net
		}
	}
}

func number(numbers map[string]uint32, name string) uint32 {
	n, found := numbers[name]
	if !found {
		n = uint32(len(numbers)) //nolint:gosec // four billion payments do not fit in memory
		numbers[name] = n
	}
	return n
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

// Standings gives every balance with at least one gift, whatever is left of it.
// Listed and Version are not set.
func (r *Recount) Standings() map[BalanceKey]Standing {
	sums := append([]Standing(nil), r.sums...)
	for at, net := range r.donors {
		if net > 0 {
			sums[at.balance].Donors++
		}
	}
	for at, net := range r.gifts {
		if net > 0 {
			sums[at.balance].Gifts++
		}
	}
	standings := make(map[BalanceKey]Standing, len(sums))
	for i, key := range r.keys {
		standings[key] = sums[i]
	}
	return standings
}

// DonorNets calls yield with what each donor gave to each balance, in no order,
// until it returns false.
func (r *Recount) DonorNets(yield func(DonorKey, Cents) bool) {
	for at, net := range r.donors {
		if !yield(DonorKey{r.keys[at.balance], at.donor}, net) {
			return
		}
	}
}
