package actbluetest

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"fedirally/leaderboard"
)

// Options describe a race. Hosts and Now must be given; a zero value elsewhere
// means what the field says.
type Options struct {
	Seed uint64
	// Hosts take part, the most popular first.
	Hosts []leaderboard.Host
	// Forms are the drive's forms, in lower case; none: "demo-for-the-fediverse".
	Forms []string
	// Entities are the drive's recipients; none: 900001.
	Entities []int64
	// Aliases are refcodes, in lower case, that stand for hosts. Whoever uses them
	// has to make them known to the server.
	Aliases map[string]leaderboard.Host
	// Now is when the backlog ends and the live part begins.
	Now time.Time
	// Start and End are the drive's window; none: ten days before Now, and open.
	// Around each that lies within the race, gifts are made to the very second.
	Start, End time.Time
	// Backlog is the number of orders before Now; 0: 1000, negative: none.
	Backlog int
	// Live is the length of the live part; 0: ten minutes, negative: none.
	Live time.Duration
	// Rate is the steady trickle of orders per second in the live part; 0: 1.
	Rate float64
	// BurstEvery is the mean time between bursts; 0: 30 seconds, negative: none.
	BurstEvery time.Duration
	// Mix is what happens how often; nil: [DefaultMix].
	Mix *Mix
}

// The recipient and form of the default race.
const (
	DemoForm         = "demo-for-the-fediverse"
	DemoEntity int64 = 900_001
)

// Race is a made-up drive: who gave, and how ActBlue tells of it.
type Race struct {
	// Options are those that made the race, with all defaults filled in.
	Options Options
	// Orders are what really happened, whether it was told or not.
	Orders []Order
	// Deliveries are in the order of their virtual time. Those up to Options.Now
	// are the backlog; the last may come a little after the live part.
	Deliveries []Delivery
	// Lost are notices that ActBlue never sent, although it should have.
	Lost []Delivery
}

// NewRace makes up a race. It returns an error that says what the options lack.
func NewRace(o Options) (*Race, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	stream := func(n uint64) *rand.Rand {
		return rand.New(rand.NewPCG(o.Seed, n))
	}
	t := &timeline{
		rng: stream(1), options: o, crowd: newCrowd(stream(2), o.Hosts), generator: newGenerator(stream(3), o),
	}
	t.backlog()
	t.edges()
	t.live()
	p := planner{rng: stream(4), mix: *o.Mix, from: o.Start.AddDate(0, 0, -3)}
	for _, order := range t.orders {
		p.plan(order)
	}
	for _, deliveries := range [][]Delivery{p.sent, p.lost} {
		slices.SortStableFunc(deliveries, func(a, b Delivery) int { return a.At.Compare(b.At) })
	}
	return &Race{Options: o, Orders: t.orders, Deliveries: p.sent, Lost: p.lost}, nil
}

// Backlog are the deliveries up to Options.Now.
func (r *Race) Backlog() []Delivery {
	n, _ := slices.BinarySearchFunc(r.Deliveries, r.Options.Now, func(d Delivery, now time.Time) int {
		return cmp.Or(d.At.Compare(now), -1)
	})
	return r.Deliveries[:n]
}

func (o *Options) fill() error {
	switch {
	case len(o.Hosts) == 0:
		return errors.New("a race needs hosts")
	case o.Now.IsZero():
		return errors.New("a race needs to know what time it is")
	}
	o.Now = o.Now.Truncate(time.Second)
	if len(o.Forms) == 0 {
		o.Forms = []string{DemoForm}
	}
	if len(o.Entities) == 0 {
		o.Entities = []int64{DemoEntity}
	}
	if o.Start.IsZero() {
		o.Start = o.Now.AddDate(0, 0, -10)
	}
	o.Backlog = max(cmp.Or(o.Backlog, 1000), 0)
	o.Live = max(cmp.Or(o.Live, 10*time.Minute), 0)
	o.Rate = cmp.Or(o.Rate, 1)
	o.BurstEvery = cmp.Or(o.BurstEvery, 30*time.Second)
	if o.Mix == nil {
		mix := DefaultMix()
		o.Mix = &mix
	}
	if !o.Start.Before(o.Now) {
		return errors.New("a race's start must come before its now")
	}
	return nil
}

// timeline makes the orders of a race in the order of time.
type timeline struct {
	rng       *rand.Rand
	options   Options
	crowd     *crowd
	generator *generator
	orders    []Order
}

func (t *timeline) give(at time.Time, host leaderboard.Host) {
	order := t.generator.order(at, host)
	t.crowd.credit(order)
	t.orders = append(t.orders, order)
}

// backlog spreads orders over the time since the start: more by day than by
// night, and more lately.
func (t *timeline) backlog() {
	since := t.options.Now.Sub(t.options.Start)
	times := make([]time.Time, 0, t.options.Backlog)
	for len(times) < t.options.Backlog {
		at := t.options.Start.Add(time.Duration(math.Pow(t.rng.Float64(), 0.75) * float64(since)))
		// The American night, roughly: 6 to 12 o'clock UTC.
		if hour := at.UTC().Hour(); hour >= 6 && hour < 12 && chance(t.rng, 0.8) {
			continue
		}
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range times {
		t.give(at, t.crowd.host())
	}
}

// edges are gifts in the first and last second of the window and just outside.
func (t *timeline) edges() {
	for _, edge := range []time.Time{t.options.Start, t.options.End} {
		if edge.IsZero() || edge.After(t.generator.until) {
			continue
		}
		t.give(edge.Add(-time.Second), t.crowd.host())
		t.give(edge, t.crowd.host())
	}
}

// live is a trickle of orders, and bursts on top of it.
func (t *timeline) live() {
	pause := t.options.BurstEvery
	if pause < 0 {
		pause = t.options.Live
	}
	for from := t.options.Now; from.Before(t.generator.until); {
		length := time.Second + time.Duration((0.5+t.rng.Float64())*float64(pause))
		length = min(length, t.generator.until.Sub(from))
		t.stretch(from, length)
		from = from.Add(length)
	}
}

type gift struct {
	at   time.Time
	host leaderboard.Host
}

// stretch is the time from one burst to the next.
func (t *timeline) stretch(from time.Time, length time.Duration) {
	var gifts []gift
	for at := time.Duration(0); ; {
		at += time.Duration(t.rng.ExpFloat64() / t.options.Rate * float64(time.Second))
		if at >= length {
			break
		}
		gifts = append(gifts, gift{from.Add(at), t.crowd.host()})
	}
	if t.options.BurstEvery > 0 {
		host, people := t.crowd.burst()
		for range people {
			// Many at once, then fewer and fewer.
			at := time.Duration(t.rng.ExpFloat64() * float64(min(length/3, 12*time.Second)))
			gifts = append(gifts, gift{from.Add(min(at, length)), host})
		}
	}
	slices.SortStableFunc(gifts, func(a, b gift) int { return a.at.Compare(b.at) })
	for _, g := range gifts {
		t.give(g.at, g.host)
	}
}
