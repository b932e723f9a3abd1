package actbluetest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Fate is what is known of a notice.
type Fate string

const (
	// Unsent notices were never posted: the server cannot know them.
	Unsent Fate = ""
	// Open notices were posted and never acknowledged: whether the server has
	// them is not known.
	Open Fate = "open"
	// Acknowledged notices were answered 2xx: the server must have them.
	Acknowledged Fate = "acknowledged"
)

// Outcome is what became of one notice.
type Outcome struct {
	Notice   Notice
	Fate     Fate
	Attempts int
	// Status and Answer (at most 4 KiB of it) are of the last attempt; Err is why
	// it had none.
	Status int
	Answer []byte
	Err    error
}

// Report holds the outcome of each notice, in the order in which they were given.
type Report []Outcome

// With gives the notices of that fate.
func (r Report) With(fate Fate) []Notice {
	var notices []Notice
	for _, outcome := range r {
		if outcome.Fate == fate {
			notices = append(notices, outcome.Notice)
		}
	}
	return notices
}

// ErrNoClock says that a [Sender] without Now was told to play.
var ErrNoClock = errors.New("a sender needs a clock to play a race")

// Send posts the notices as fast as the server and the sender's concurrency
// allow, and begins with the first. It returns when all are done or, with the
// context's error, soon after ctx ends; the report is good in either case.
func (s *Sender) Send(ctx context.Context, notices []Notice) (Report, error) {
	return s.run(ctx, notices, func(int) error { return nil })
}

// Play posts the race's deliveries as their times come, speed times as fast as
// the virtual clock, which starts at the race's Now: the backlog is sent at once.
// Waits between attempts are real ones, whatever the speed. A late start or a slow
// server delays deliveries, and none is left out. It returns like [Sender.Send],
// or [ErrNoClock].
func (s *Sender) Play(ctx context.Context, race *Race, speed float64) (Report, error) {
	if s.Now == nil {
		return nil, ErrNoClock
	}
	if speed <= 0 {
		return nil, errors.New("the speed of a race must be above 0")
	}
	begin := s.Now()
	return s.run(ctx, Notices(race.Deliveries), func(i int) error {
		virtual := race.Deliveries[i].At.Sub(race.Options.Now)
		wait := time.Duration(float64(virtual)/speed) - s.Now().Sub(begin)
		if wait <= 0 {
			return nil
		}
		return s.sleep(ctx, wait)
	})
}

// run posts each notice once it is due, and waits for all that it began.
func (s *Sender) run(ctx context.Context, notices []Notice, due func(i int) error) (Report, error) {
	client, done := s.client()
	defer done()
	report := make(Report, len(notices))
	for i, notice := range notices {
		report[i].Notice = notice
	}
	if err := s.start(ctx, client, report, due); err != nil {
		return report, err
	}
	return report, ctx.Err()
}

func (s *Sender) start(ctx context.Context, client *http.Client, report Report, due func(i int) error) error {
	var underWay sync.WaitGroup
	defer underWay.Wait()
	slots := make(chan struct{}, s.concurrency())
	for i := range report {
		if err := due(i); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case slots <- struct{}{}:
		}
		underWay.Go(func() {
			defer func() { <-slots }()
			report[i] = s.send(ctx, client, i, report[i].Notice)
		})
	}
	return nil
}
