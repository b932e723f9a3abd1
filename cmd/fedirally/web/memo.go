package web

import (
	"context"
	"sync"
	"time"
)

const (
	// freshFor is how long what was read is served before it is read again.
	freshFor = 500 * time.Millisecond
	// patience is how old an answer may be that is served while another visitor's
	// request reads a new one. Beyond that all wait for the new one.
	patience = 5 * time.Second
	// askTimeout ends a question that is not answered.
	askTimeout = 3 * time.Second
	// askBriefly is how long a new answer is waited for where the one at hand owns up
	// to being old. What is away mostly stays away for longer.
	askBriefly = 500 * time.Millisecond
)

// memo keeps the latest answer to one question, errors included. It asks again
// when the answer is no longer fresh, for one visitor at a time; the others are
// served the old answer meanwhile. So is the one who asks, if it takes long and the
// old answer says that it is old.
type memo[T any] struct {
	clock    func() time.Time
	question func(context.Context) (T, error)
	// ownsUp reports whether an answer tells its reader that it may be old; nil: none
	// does. Such a one may be served whatever its age.
	ownsUp func(T) bool

	mu     sync.Mutex
	answer answer[T]
	// busy is closed when the question under way, which began then, is answered. asks
	// counts the questions.
	busy  chan struct{}
	began time.Time
	asks  int
}

type answer[T any] struct {
	value T
	err   error
	asked time.Time
	// number is that of the question: clocks may be turned, and tell no order.
	number int
	known  bool
}

func newMemo[T any](clock func() time.Time, question func(context.Context) (T, error)) *memo[T] {
	return &memo[T]{clock: clock, question: question}
}

// get returns the fresh answer, asking if need be. The question gets a context
// of its own, because the answer is for all and the visitor who asks may leave.
func (m *memo[T]) get(ctx context.Context) (T, error) { return m.within(ctx, patience) }

// settled is get for those who would rather wait than be served an old answer.
func (m *memo[T]) settled(ctx context.Context) (T, error) { return m.within(ctx, 0) }

// within serves an answer up to that age while a question is under way. One to a
// question that was fresh when the visitor came, or began since, is fresh however long
// it took.
func (m *memo[T]) within(ctx context.Context, patience time.Duration) (T, error) {
	came := -1
	for {
		m.mu.Lock()
		if came < 0 {
			came = m.asks
			if busy := m.clock().Sub(m.began); m.busy != nil && busy >= 0 && busy < freshFor {
				came-- // what is being asked just now will do
			}
		}
		held, busy := m.answer, m.busy
		age := m.clock().Sub(held.asked)
		fresh := held.known && (age >= 0 && age < freshFor || held.number > came)
		old := patience > 0 && held.known && held.err == nil && m.ownsUp != nil && m.ownsUp(held.value)
		switch {
		case fresh, busy != nil && (old || held.known && held.err == nil && age < patience):
			m.mu.Unlock()
			return held.value, held.err
		case busy == nil && old:
			busy = m.begin()
			go func() { _, _ = m.ask(ctx) }() // the answer is kept, an error too
			if !waitBriefly(ctx, busy) {
				return held.value, nil
			}
			continue
		case busy == nil:
			m.begin()
			return m.ask(ctx)
		}
		m.mu.Unlock()
		if err := wait(ctx, busy); err != nil {
			var none T
			return none, err
		}
	}
}

// renew asks in any case, for those who know that there is news: a question that
// is already under way may have been asked before it came.
func (m *memo[T]) renew(ctx context.Context) (T, error) {
	for {
		m.mu.Lock()
		busy := m.busy
		if busy == nil {
			m.begin()
			return m.ask(ctx)
		}
		m.mu.Unlock()
		if err := wait(ctx, busy); err != nil {
			var none T
			return none, err
		}
	}
}

// begin begins a question, and lets go of the mutex. It gives what is closed when
// the question is answered.
func (m *memo[T]) begin() chan struct{} {
	busy := make(chan struct{})
	m.busy, m.began = busy, m.clock()
	m.asks++
	m.mu.Unlock()
	return busy
}

// waitBriefly reports whether there was an answer within the time that a visitor is
// kept for it.
func waitBriefly(ctx context.Context, busy <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, askBriefly)
	defer cancel()
	return wait(ctx, busy) == nil
}

func wait(ctx context.Context, busy <-chan struct{}) error {
	select {
	case <-busy:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *memo[T]) ask(ctx context.Context) (T, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	// Also if the question panics, or nobody would ever ask again.
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		close(m.busy)
		m.busy = nil
	}()
	asked := m.clock()
	value, err := m.question(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = answer[T]{value: value, err: err, asked: asked, number: m.asks, known: true}
	return value, err
}

// age is how long ago the question was last asked, whatever came of it.
func (m *memo[T]) age() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock().Sub(m.answer.asked)
}

// last gives the latest answer without asking. It reports false if there is
// none or it is an error.
func (m *memo[T]) last() (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answer.value, m.answer.known && m.answer.err == nil
}
