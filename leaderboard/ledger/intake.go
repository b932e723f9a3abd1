package ledger

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"fedirally/leaderboard"
)

const (
	// queueLength bounds the notices that wait; a full queue answers busy.
	queueLength = 1024
	// groupSize bounds how many notices share a transaction.
	groupSize = 128
	// patience is how long a notice waits before its sender is asked to come again.
	patience = 2 * time.Second
	// groupTime is how long the transaction of a group may take. It is not any
	// sender's own time, so that one who hangs up spoils nobody's group.
	groupTime = 15 * time.Second
)

// intake is the queue in front of the one writer.
type intake struct {
	store *Store
	queue chan *waiting
	done  chan struct{}
	// first is the oldest notice of the group under way; nil if there is none.
	first atomic.Pointer[waiting]

	closing sync.RWMutex
	closed  bool
}

// waiting is a notice in the queue and the way to answer it.
type waiting struct {
	notice leaderboard.Notice
	answer chan answer
	since  time.Time
}

type answer struct {
	receipt leaderboard.Receipt
	err     error
}

func startIntake(s *Store) *intake {
	in := &intake{store: s, queue: make(chan *waiting, queueLength), done: make(chan struct{})}
	go in.run()
	return in
}

// Record puts everything that the notice says on disk and counts it. When it
// returns without an error, it is there for good; delivering the notice again
// changes nothing. After an error, [ErrBusy] and [ErrClosed] among them, it may
// or may not be there, and has to be delivered again.
func (s *Store) Record(ctx context.Context, n leaderboard.Notice) (leaderboard.Receipt, error) {
	w := &waiting{notice: n, answer: make(chan answer, 1), since: s.now()}
	if err := s.intake.put(w); err != nil {
		return leaderboard.Receipt{}, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-w.answer:
		return a.receipt, a.err
	case <-timer.C:
		return leaderboard.Receipt{}, ErrBusy
	case <-ctx.Done():
		return leaderboard.Receipt{}, ctx.Err()
	}
}

func (in *intake) put(w *waiting) error {
	in.closing.RLock()
	defer in.closing.RUnlock()
	if in.closed {
		return ErrClosed
	}
	select {
	case in.queue <- w:
		return nil
	default:
		return ErrBusy
	}
}

// stop takes in nothing more and returns when all that waits is answered.
func (in *intake) stop() {
	in.closing.Lock()
	if !in.closed {
		in.closed = true
		close(in.queue)
	}
	in.closing.Unlock()
	<-in.done
}

// run gathers whatever waits into one group after the other. While a group is
// written the next one gathers, so that groups grow with the load by themselves.
func (in *intake) run() {
	defer close(in.done)
	for first := range in.queue {
		in.first.Store(first)
		group := []*waiting{first}
	gather:
		for len(group) < groupSize {
			select {
			case next, open := <-in.queue:
				if !open {
					break gather
				}
				group = append(group, next)
			default:
				break gather
			}
		}
		in.record(group)
		in.first.Store(nil)
	}
}

// record writes a group and answers each of its notices. A group that fails is
// tried again one notice at a time, so that only the guilty one suffers.
func (in *intake) record(group []*waiting) {
	receipts, err := in.store.recordGroup(group)
	if err == nil {
		for i, w := range group {
			w.answer <- answer{receipt: receipts[i]}
		}
		return
	}
	if len(group) == 1 {
		group[0].answer <- in.store.recordGuilty(group[0].notice, err)
		return
	}
	if !isGuilty(err) && !in.store.alive() {
		// No notice is to blame, and trying each would only keep the others waiting.
		for _, w := range group {
			w.answer <- answer{err: err}
		}
		return
	}
	in.store.logger.Warn("a group of notices failed and is tried one by one", "notices", len(group), "error", err)
	for _, w := range group {
		in.record([]*waiting{w})
	}
}

// alive reports whether the database answers at once.
func (s *Store) alive() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return s.Ready(ctx) == nil
}

// recordGroup books notices in one transaction.
func (s *Store) recordGroup(group []*waiting) (receipts []leaderboard.Receipt, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTime)
	defer cancel()
	notices := make([]leaderboard.Notice, len(group))
	for i, w := range group {
		notices[i] = w.notice
	}
	watch := s.startWatch(len(notices))
	err = s.write(ctx, func(t *tx) (err error) {
		watch.note(&watch.lap.Begin)
		defer func() {
			if fault := recover(); fault != nil {
				err = &bookingError{cause: fmt.Errorf("panic: %v\n%s", fault, debug.Stack())}
			}
		}()
		receipts, err = t.record(notices, watch)
		return err
	})
	watch.note(&watch.lap.Commit)
	if err == nil {
		s.addTiming(watch.lap)
	}
	s.observe(watch.lap, err)
	if err != nil && !isGuilty(err) {
		s.noteWriting(err)
	}
	return receipts, err
}

// recordGuilty decides on a single notice that failed alone. If the database
// works and only this notice cannot be written, it goes to quarantine; else it
// is refused and has to come again.
func (s *Store) recordGuilty(n leaderboard.Notice, cause error) answer {
	if !isGuilty(cause) {
		return answer{err: cause}
	}
	s.logger.Error("a notice could not be booked and goes to quarantine", "kind", n.Kind, "error", cause)
	ctx, cancel := context.WithTimeout(context.Background(), groupTime)
	defer cancel()
	claims := max(1, len(n.Gifts)+len(n.Refunds)+len(n.Cancellations)+len(n.Faults))
	err := s.write(ctx, func(t *tx) error {
		return t.quarantine(n, "the ledger could not book it; please report this as a fault of the program")
	})
	if err != nil {
		return answer{err: fmt.Errorf("writing to quarantine: %w", err)}
	}
	return answer{receipt: leaderboard.Receipt{Quarantined: claims}}
}
