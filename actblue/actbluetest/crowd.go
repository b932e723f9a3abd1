package actbluetest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"fedirally/leaderboard"
)

// crowd decides through which host people give. It knows how the race stands,
// roughly, so that rivals can chase each other.
type crowd struct {
	rng    *rand.Rand
	hosts  []leaderboard.Host
	upTo   []float64 // running sums of the hosts' popularity
	raised map[leaderboard.Host]leaderboard.Cents
	passed leaderboard.Host // who was overtaken last, and may strike back
}

// newCrowd takes the hosts with the most popular first. Popularity falls as in
// the real Fediverse, with a heavy tail; it is a little flatter at the top, so
// that the lead can change, and a little uneven.
func newCrowd(rng *rand.Rand, hosts []leaderboard.Host) *crowd {
	c := &crowd{rng: rng, hosts: hosts, raised: map[leaderboard.Host]leaderboard.Cents{}}
	sum := 0.0
	for i := range hosts {
		sum += (0.7 + 0.6*rng.Float64()) / math.Pow(float64(i)+5, 1.05)
		c.upTo = append(c.upTo, sum)
	}
	return c
}

// host draws a host by popularity.
func (c *crowd) host() leaderboard.Host {
	draw := c.rng.Float64() * c.upTo[len(c.upTo)-1]
	return c.hosts[min(sort.SearchFloat64s(c.upTo, draw), len(c.hosts)-1)]
}

// credit notes what an order adds.
func (c *crowd) credit(o Order) {
	if o.Status != Approved {
		return
	}
	for _, item := range o.Items {
		c.raised[o.Clue.Host] += item.Net()
	}
}

// burst picks the host at which a post is going round, and how many will give
// through it: one near the top that can pass the next above, the one passed last,
// or, now and then, some small one.
func (c *crowd) burst() (leaderboard.Host, int) {
	if chance(c.rng, 0.2) {
		return c.hosts[c.rng.IntN(len(c.hosts))], 5 + c.rng.IntN(6)
	}
	top := c.top(12)
	chaser, best := 1, math.Inf(1)
	for i := 1; i < len(top); i++ {
		gap := float64(c.raised[top[i-1]] - c.raised[top[i]])
		weight := (gap + 4_000) * c.rng.ExpFloat64()
		if top[i] == c.passed {
			weight /= 4
		}
		if weight < best {
			chaser, best = i, weight
		}
	}
	if len(top) < 2 {
		return top[0], 6
	}
	c.passed = top[chaser-1]
	gap := c.raised[top[chaser-1]] - c.raised[top[chaser]]
	// An average gift is some forty dollars; a few more than needed make it sure.
	return top[chaser], 4 + c.rng.IntN(4) + int(min(gap/4_000, 28))
}

// top are the leaders by what the crowd knows.
func (c *crowd) top(n int) []leaderboard.Host {
	order := slices.Clone(c.hosts)
	slices.SortStableFunc(order, func(a, b leaderboard.Host) int { return cmp.Compare(c.raised[b], c.raised[a]) })
	return order[:min(n, len(order))]
}
