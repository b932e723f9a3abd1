package actbluetest

import (
	"maps"
	"slices"
	"time"

	"fedirally/leaderboard"
)

// Model is the oracle: it keeps what notices claim and, asked for a drive, adds
// everything up anew.
//
// It is fed with bodies rather than with the generator's orders, because that is
// the stronger check: it sees what the server saw, whichever notices were lost,
// cut off or worded strangely, and it works for bodies that nobody generated.
// That generator and model agree, where every order was told in full, is what
// the tests of this package show; so neither can be wrong alone.
//
// The rules it follows: a line item counts once. Of copies, the first tells the
// money, the form, the recipient and the time, and one that contradicts it in
// amount or recipient is left out of account; the best tells the instance, and
// the best tells the donor. A refund takes back at most the gift, and waits for
// it if it comes first. An organizer's word on the instance outweighs every copy.
type Model struct {
	gifts   map[int64]*known
	refunds map[int64]refund
	decided map[int64]decision
	// first are the line items in the order in which they came to be known.
	first []int64
}

// known is all that copies told of one line item.
type known struct {
	payment
	traces []trace
}

// decision is an organizer's word on where a line item counts.
type decision struct {
	host leaderboard.Host
	// at is the latest of all decisions on the line item.
	at time.Time
}

// NewModel makes a model that knows of nothing.
func NewModel() *Model {
	return &Model{gifts: map[int64]*known{}, refunds: map[int64]refund{}, decided: map[int64]decision{}}
}

// Clone gives a model that knows the same, and learns by itself from then on.
func (m *Model) Clone() *Model {
	clone := &Model{
		gifts: make(map[int64]*known, len(m.gifts)), refunds: maps.Clone(m.refunds), decided: maps.Clone(m.decided),
		first: slices.Clone(m.first),
	}
	for id, gift := range m.gifts {
		clone.gifts[id] = &known{payment: gift.payment, traces: slices.Clone(gift.traces)}
	}
	return clone
}

// Feed takes notices in, in any order and however often. Where copies do not
// contradict each other, neither changes the result. A body that is not JSON
// claims nothing.
func (m *Model) Feed(notices ...Notice) {
	for _, notice := range notices {
		body, ok := read(notice.Body)
		if !ok {
			continue
		}
		switch notice.Kind {
		case Contributions:
			for _, claim := range payments(body) {
				m.pay(claim)
			}
		case Refunds:
			for _, claim := range refunds(body) {
				if _, found := m.refunds[claim.item]; !found {
					m.refunds[claim.item] = claim
				}
			}
		case Cancellations:
			// No money moves.
		}
	}
}

func (m *Model) pay(claim payment) {
	gift, found := m.gifts[claim.item]
	if !found {
		gift = &known{payment: claim}
		m.gifts[claim.item] = gift
		m.first = append(m.first, claim.item)
	}
	if gift.cents != claim.cents || gift.entity != claim.entity && gift.entity*claim.entity != 0 {
		return
	}
	if claim.donor.strength > gift.donor.strength {
		gift.donor = claim.donor
	}
	for _, trace := range gift.traces {
		if trace == claim.trace {
			return
		}
	}
	gift.traces = append(gift.traces, claim.trace)
}

// Decide takes in an organizer's decision on the host of a line item. It is an event
// of the gift; of several the last holds. To decide again what has been decided is none.
func (m *Model) Decide(item int64, host leaderboard.Host, at time.Time) {
	if before := m.decided[item]; before.at.After(at) {
		at = before.at
	}
	m.decided[item] = decision{host, at}
}

// Drive is what the model must know of a drive to add it up.
type Drive struct {
	// Forms are in lower case. No Entities: every recipient counts.
	Forms    []string
	Entities []int64
	// Start belongs to the drive, End does not; a zero one leaves that side open.
	Start, End time.Time
	Zone       *time.Location
	// MinDonors is the number of donors from which on a host is listed.
	MinDonors int
	// Known are the hosts known to be instances; no other is listed, and of them not
	// the Hidden.
	Known, Hidden []leaderboard.Host
	// Aliases are refcodes, in lower case, that stand for hosts.
	Aliases map[string]leaderboard.Host
	// SameAs are hosts whose gifts are credited to another.
	SameAs map[leaderboard.Host]leaderboard.Host
}

// Drive is the race's drive as a server should have it.
func (r *Race) Drive(zone *time.Location, minDonors int) Drive {
	o := r.Options
	return Drive{
		Forms: o.Forms, Entities: o.Entities, Start: o.Start, End: o.End, Zone: zone,
		MinDonors: minDonors, Known: o.Hosts, Aliases: o.Aliases,
	}
}

func (d Drive) holds(p payment) bool {
	return slices.Contains(d.Forms, p.form) && (len(d.Entities) == 0 || slices.Contains(d.Entities, p.entity)) &&
		(d.Start.IsZero() || !p.paid.Before(d.Start)) && (d.End.IsZero() || p.paid.Before(d.End))
}
