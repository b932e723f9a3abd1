package metrics

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// probeTime is how long a question may take that is asked for a reader of the metrics.
	probeTime = 2 * time.Second
	// probeGrace is how much longer is waited for one that does not end when it should.
	probeGrace = 500 * time.Millisecond
	// probeFresh is how long an answer is good for all readers.
	probeFresh = time.Second
)

var errNoAnswer = errors.New("no answer in time")

// probe asks one question, now and then, of something that may be away. It never
// keeps a reader waiting for longer than it may, and never asks twice at the same
// time, however long the answer takes.
type probe[T any] struct {
	clock func() time.Time
	ask   func(context.Context) (T, error)

	mu     sync.Mutex
	value  T
	err    error
	asked  time.Time
	known  bool
	asking chan struct{} // closed when the question under way is answered; nil if none is
}

// get gives a fresh answer, or says why there is none.
func (p *probe[T]) get() (T, error) {
	p.mu.Lock()
	age := p.clock().Sub(p.asked)
	if p.asking == nil && p.known && age >= 0 && age < probeFresh {
		defer p.mu.Unlock()
		return p.value, p.err
	}
	if p.asking == nil {
		p.asking = make(chan struct{})
		go p.find(p.asking)
	}
	asking := p.asking
	p.mu.Unlock()
	patience := time.NewTimer(probeTime + probeGrace)
	defer patience.Stop()
	select {
	case <-asking:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.value, p.err
	case <-patience.C:
		var none T
		return none, errNoAnswer
	}
}

// find asks on its own time: the answer is for all who read.
func (p *probe[T]) find(asking chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	asked := p.clock()
	value, err := p.ask(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.value, p.err, p.asked, p.known, p.asking = value, err, asked, true, nil
	close(asking)
}
