package ledger

import (
	"sync"
	"time"
)

// Timing says where the time of recording went since the ledger was opened. The
// steps of a group follow one another, so that they add up to what its notices
// waited for, beside the queue.
type Timing struct {
	Groups, Notices int64
	// Begin waits for the lock and reads the head, Load reads what the notices
	// touch, Book works out the entries, Write writes all rows, Commit makes them
	// durable.
	Begin, Load, Book, Write, Commit time.Duration
}

// Total is the time of all steps.
func (t Timing) Total() time.Duration { return t.Begin + t.Load + t.Book + t.Write + t.Commit }

// timing adds up under a lock of its own.
type timing struct {
	mu  sync.Mutex
	sum Timing
}

// Timing gives the sums so far.
func (s *Store) Timing() Timing {
	s.timing.mu.Lock()
	defer s.timing.mu.Unlock()
	return s.timing.sum
}

// stopwatch measures the steps of one group.
type stopwatch struct {
	now  func() time.Time
	last time.Time
	lap  Timing
}

func (s *Store) startWatch(notices int) *stopwatch {
	return &stopwatch{now: s.now, last: s.now(), lap: Timing{Groups: 1, Notices: int64(notices)}}
}

// note gives the time since the last note to a step.
func (w *stopwatch) note(step *time.Duration) {
	now := w.now()
	*step += now.Sub(w.last)
	w.last = now
}

func (s *Store) addTiming(lap Timing) {
	s.timing.mu.Lock()
	defer s.timing.mu.Unlock()
	sum := &s.timing.sum
	sum.Groups += lap.Groups
	sum.Notices += lap.Notices
	sum.Begin += lap.Begin
	sum.Load += lap.Load
	sum.Book += lap.Book
	sum.Write += lap.Write
	sum.Commit += lap.Commit
}
