package web

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// mostVisitors bounds how many visitors a limiter remembers, at some 200 bytes
// each. Beyond it the one that asked least lately is forgotten, and may begin anew.
const mostVisitors = 20_000

// limiter says how often each visitor may ask.
type limiter struct {
	clock func() time.Time
	rate  rate.Limit
	burst int

	mu    sync.Mutex
	known map[uint64]*list.Element
	// lately holds the known visitors, who asked last in front.
	lately *list.List
}

// visitor is one of whom a limiter knows.
type visitor struct {
	id     uint64
	bucket *rate.Limiter
	asked  time.Time
}

func newLimiter(perSecond float64, burst int, clock func() time.Time) *limiter {
	return &limiter{
		clock: clock, rate: rate.Limit(perSecond), burst: burst, known: map[uint64]*list.Element{}, lately: list.New(),
	}
}

// ask gives how long the visitor has to wait: zero if it may go on at once. A
// refusal does not lengthen the time.
func (l *limiter) ask(id uint64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	v := l.visitor(id, now)
	reservation := v.bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

func (l *limiter) visitor(id uint64, now time.Time) *visitor {
	if place, found := l.known[id]; found {
		l.lately.MoveToFront(place)
		v := place.Value.(*visitor) // nothing else is in the list
		v.asked = now
		return v
	}
	l.forget(now)
	v := &visitor{id: id, bucket: rate.NewLimiter(l.rate, l.burst), asked: now}
	l.known[id] = l.lately.PushFront(v)
	return v
}

// forget drops those whose silence has given them all back, who are as good as
// new, and one more where there is no room.
func (l *limiter) forget(now time.Time) {
	whole := time.Duration(float64(l.burst) / float64(l.rate) * float64(time.Second))
	for place := l.lately.Back(); place != nil; place = l.lately.Back() {
		v := place.Value.(*visitor) // nothing else is in the list
		if len(l.known) < mostVisitors && now.Sub(v.asked) < whole {
			return
		}
		l.lately.Remove(place)
		delete(l.known, v.id)
	}
}

// crowd counts what visitors have open at once. It holds as many visitors as
// have something open.
type crowd struct {
	most int
	mu   sync.Mutex
	open map[uint64]int
}

func newCrowd(most int) *crowd { return &crowd{most: most, open: map[uint64]int{}} }

// enter counts one more of a visitor's, and gives what ends that; false if the
// visitor has as many as one may have.
func (c *crowd) enter(id uint64) (leave func(), entered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[id] >= c.most {
		return nil, false
	}
	c.open[id]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.open[id]--; c.open[id] == 0 {
			delete(c.open, id)
		}
	}, true
}
