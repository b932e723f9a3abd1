package actbluetest

import (
	"math/rand/v2"
	"time"
)

// Delivery is a notice and the virtual time at which ActBlue first posts it.
type Delivery struct {
	At     time.Time
	Notice Notice
}

// Notices gives the notices of deliveries in the same order.
func Notices(deliveries []Delivery) []Notice {
	notices := make([]Notice, len(deliveries))
	for i, delivery := range deliveries {
		notices[i] = delivery.Notice
	}
	return notices
}

// planner decides how orders are told of: in which notices, when, how often,
// and which of them get lost on the way.
type planner struct {
	rng  *rand.Rand
	mix  Mix
	from time.Time // payments from before were told of before the race
	sent []Delivery
	lost []Delivery
}

// plan adds the deliveries that tell of an order.
func (p *planner) plan(o Order) {
	refundFirst := chance(p.rng, p.mix.RefundFirst)
	for _, items := range p.groups(o) {
		last := items[len(items)-1]
		at := last.Paid.Add(p.latency())
		if refundFirst && !last.Refunded.IsZero() {
			at = last.Refunded.Add(10*time.Second + p.minutes(1))
		}
		p.contribution(o, at, items)
	}
	for _, items := range o.refunds() {
		at := items[0].Refunded.Add(p.latency())
		if len(o.Items) > len(items) && chance(p.rng, p.mix.Together/2) {
			items = o.Items
		}
		p.deliver(at, func(s Style) Notice { return o.Refund(s, items...) })
	}
	if !o.Cancelled.IsZero() && !o.Cancelled.Before(p.from) {
		p.deliver(o.Cancelled.Add(p.latency()), o.Cancellation)
	}
}

// contribution tells of a payment: sometimes as pending first, sometimes first
// without what tells the instance.
func (p *planner) contribution(o Order, at time.Time, items []Item) {
	told := func(s Style) Notice { return o.Contribution(s, items...) }
	switch {
	case o.Status == Approved && chance(p.rng, p.mix.Pending/2):
		s := NewStyle(p.rng)
		s.Status = Pending
		p.sent = append(p.sent, Delivery{at, told(s)})
		at = at.Add(p.minutes(2))
	case chance(p.rng, p.mix.LateEvidence):
		s := NewStyle(p.rng)
		s.Clueless = true
		p.sent = append(p.sent, Delivery{at, told(s)})
		at = at.Add(p.minutes(3))
	}
	p.deliver(at, told)
}

// deliver sends a notice: once, or again and maybe worded anew, or never.
func (p *planner) deliver(at time.Time, told func(Style) Notice) {
	notice := told(NewStyle(p.rng))
	if chance(p.rng, p.mix.Lost) {
		p.lost = append(p.lost, Delivery{at, notice})
		return
	}
	p.sent = append(p.sent, Delivery{at, notice})
	for chance(p.rng, p.mix.Repeated) {
		at = at.Add(p.minutes(2))
		if chance(p.rng, 0.5) {
			notice = told(NewStyle(p.rng))
		}
		p.sent = append(p.sent, Delivery{at, notice})
	}
}

// groups are the items that share a notice. Each payment from p.from on is told
// of: by a notice for each line item, or one for all, or one that also repeats
// the payments before, or by more than one of these.
func (p *planner) groups(o Order) [][]Item {
	var groups [][]Item
	told := 0
	for _, payment := range o.payments() {
		told += len(payment)
		if payment[0].Paid.Before(p.from) {
			continue
		}
		together := chance(p.rng, p.mix.Together)
		switch {
		case together && chance(p.rng, 0.5):
			groups = append(groups, o.Items[:told])
		case together || len(payment) == 1:
			groups = append(groups, payment)
		default:
			for i := range payment {
				groups = append(groups, payment[i:i+1])
			}
			if chance(p.rng, 0.2) {
				groups = append(groups, payment)
			}
		}
	}
	return groups
}

// latency is how long after the event ActBlue posts: seconds, at times minutes.
func (p *planner) latency() time.Duration {
	if chance(p.rng, p.mix.Late) {
		return time.Minute + p.minutes(5)
	}
	return 400*time.Millisecond + time.Duration(p.rng.ExpFloat64()*float64(time.Second))
}

// minutes is a random time of that many minutes on average, at most six times as many.
func (p *planner) minutes(mean float64) time.Duration {
	return time.Duration(min(p.rng.ExpFloat64(), 6) * mean * float64(time.Minute))
}
