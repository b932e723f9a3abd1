package leaderboard

import (
	"cmp"
	"fmt"
)

// Standing is the sum of what counts for one host in one period of a drive.
type Standing struct {
	Host   Host
	Raised Cents
	// Gifts counts payments of orders; an order split over several recipients is one.
	Gifts int64
	// Donors counts distinct people whose gifts, less refunds, are above zero.
	Donors int64
	// Reached is the time, in microseconds UTC, of the last event (payment, refund
	// or move by a person) of any gift in the sum. Among equals the earlier stands first.
	Reached int64
	// Listed says whether the figures may be shown; see [Listed].
	Listed  bool
	Version int64
}

// Policy is what decides, beside the figures, whether an instance is listed.
type Policy struct {
	MinDonors int
	State     InstanceState
}

// Listed is the rule by which figures of an instance may be shown: it must be
// known, and at least the drive's minimum of people must have given through it
// within the very period that the figures are of. Fewer people than that in a
// period would let a reader tell what one of them gave.
func Listed(s Standing, p Policy) bool {
	return p.State == Known && s.Host != Unattributed && s.Host != EveryHost &&
		s.Donors >= int64(max(p.MinDonors, 1)) && s.Raised > 0
}

// View is what standings are ranked by.
type View string

// The views, in the words of the API.
const (
	ByAmount View = "amount"
	ByDonors View = "donors"
)

// ParseView reads "amount" or "donors"; nothing means by amount.
func ParseView(s string) (View, error) {
	switch s {
	case "", string(ByAmount):
		return ByAmount, nil
	case string(ByDonors):
		return ByDonors, nil
	}
	return "", fmt.Errorf("unknown view %q: use amount or donors", s)
}

// Score is the figure that a view ranks by.
func (v View) Score(s Standing) int64 {
	if v == ByDonors {
		return s.Donors
	}
	return int64(s.Raised)
}

// Compare puts standings in the one order that holds everywhere: the greater
// score first, then who reached it first, then by host. It is a strict total
// order over different hosts.
func (v View) Compare(a, b Standing) int {
	return cmp.Or(
		cmp.Compare(v.Score(b), v.Score(a)),
		cmp.Compare(a.Reached, b.Reached),
		cmp.Compare(a.Host, b.Host),
	)
}
