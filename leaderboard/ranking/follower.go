package ranking

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"fedirally/leaderboard"
)

// Source is the ledger, as a follower reads it.
type Source interface {
	// Head is the version of the last change.
	Head(ctx context.Context) (int64, error)
	Drives(ctx context.Context) ([]leaderboard.Drive, error)
	// Figures are those of a drive that changed since a mark; all of them if the
	// mark is none of this ledger's past.
	Figures(ctx context.Context, drive leaderboard.Drive, since leaderboard.Mark, window leaderboard.Window) (leaderboard.Figures, error)
	// Changed is woken after a change.
	Changed() <-chan struct{}
}

// FollowerConfig is what a follower is made of; all but Logger is needed.
type FollowerConfig struct {
	Source   Source
	Rankings Rankings
	Clock    func() time.Time
	// Logger hears when following fails, and when it goes on.
	Logger *slog.Logger
}

const (
	// followAnyway is how often the ledger is asked without a wake-up: other
	// processes write too, and somebody may empty Redis.
	followAnyway = time.Second
	// followRest is the least time between two passes, so that a burst is one.
	followRest = 30 * time.Millisecond
	// askTime is how long it may take to ask the ledger where it is, and then for each
	// drive to read what has changed and to put it in.
	askTime = 5 * time.Second
	// wholeTime is how long it may take to put in, or to ask for, all of a drive. Were it
	// no longer than askTime, a large drive might never get into an empty Redis.
	wholeTime = time.Minute
	// attempts is how often a drive is tried in one pass that another process begins anew.
	attempts = 3
)

// Follower keeps a ranking up to date with the ledger.
type Follower struct {
	FollowerConfig
	// pass is held for the length of a pass.
	pass sync.Mutex
	// known are the marks that the ledger has confirmed to be of its own past, and
	// shown the versions of the boards as they were after the last pass.
	known map[int64]leaderboard.Mark
	shown map[int64]int64

	mu          sync.Mutex
	failing     bool
	progress    Progress
	since       time.Time // of the present failures
	subscribers map[chan struct{}]struct{}
}

// listener is a ranking that other processes change as well.
type listener interface {
	Listen(ctx context.Context, wake func())
}

var _ listener = (*Redis)(nil)

// NewFollower gives a follower that has not begun.
func NewFollower(c FollowerConfig) *Follower {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Follower{FollowerConfig: c, known: map[int64]leaderboard.Mark{}, shown: map[int64]int64{}, subscribers: map[chan struct{}]struct{}{}}
}

// Run follows the ledger until ctx ends, and then returns nil.
func (f *Follower) Run(ctx context.Context) error {
	if shared, ok := f.Rankings.(listener); ok {
		var listening sync.WaitGroup
		defer listening.Wait()
		listening.Go(func() { shared.Listen(ctx, f.wake) })
	}
	tick := time.NewTicker(followAnyway)
	defer tick.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		_ = f.Follow(ctx) // it has been noted
		rest.Reset(followRest)
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.Source.Changed():
		case <-tick.C:
		}
	}
}

// note keeps how far a pass came, and logs when a time of failures begins and when
// it is over. A pass that was told to end has not failed.
func (f *Follower) note(ctx context.Context, head int64, err error) {
	if ctx.Err() != nil {
		return
	}
	now := f.Clock()
	f.mu.Lock()
	was := f.failing
	if err != nil && !was {
		f.since = now
	}
	f.failing = err != nil
	if err == nil {
		f.progress.Version, f.progress.At = head, now
	} else {
		f.progress.Failures++
	}
	f.mu.Unlock()
	switch {
	case err != nil && !was:
		f.Logger.WarnContext(ctx, "the ranking cannot be brought up to date; it is tried every second", slog.Any("error", err))
	case err == nil && was:
		f.Logger.InfoContext(ctx, "the ranking is up to date again")
	}
}

// Healthy reports whether the last pass succeeded. Before the first one it is false.
func (f *Follower) Healthy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.progress.At.IsZero() && !f.failing
}

// FailingFor tells for how long passes have failed; 0 if the last one succeeded.
func (f *Follower) FailingFor() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.failing {
		return 0
	}
	return f.Clock().Sub(f.since)
}

// Follow brings the ranking of every drive up to date, once. The failure of one
// drive does not keep it from the others.
func (f *Follower) Follow(ctx context.Context) error { return f.all(ctx, f.follow) }

// Rebuild puts every drive in anew, from nothing.
func (f *Follower) Rebuild(ctx context.Context) error {
	return f.all(ctx, func(ctx context.Context, drive leaderboard.Drive, _ int64) (seen bool, err error) {
		err = f.again(drive, func() error {
			seen, err = f.put(ctx, drive, leaderboard.Mark{})
			return err
		})
		return seen, err
	})
}

func (f *Follower) all(ctx context.Context, each func(context.Context, leaderboard.Drive, int64) (bool, error)) (err error) {
	f.pass.Lock()
	defer f.pass.Unlock()
	var head int64
	defer func() { f.note(ctx, head, err) }()
	head, drives, err := f.ask(ctx)
	if err != nil {
		return err
	}
	var faults []error
	changed := false
	for _, drive := range drives {
		seen, err := each(ctx, drive, head)
		if err != nil {
			faults = append(faults, fmt.Errorf("drive %s: %w", drive.Slug, err))
		}
		changed = changed || seen
	}
	if changed {
		f.wake()
	}
	return errors.Join(faults...)
}

func (f *Follower) ask(ctx context.Context) (head int64, drives []leaderboard.Drive, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if head, err = f.Source.Head(ctx); err != nil {
		return 0, nil, fmt.Errorf("reading how far the ledger is: %w", err)
	}
	if drives, err = f.Source.Drives(ctx); err != nil {
		return 0, nil, fmt.Errorf("reading the drives: %w", err)
	}
	return head, drives, nil
}

// follow reports whether there is anything new to be seen.
func (f *Follower) follow(ctx context.Context, drive leaderboard.Drive, head int64) (seen bool, err error) {
	err = f.again(drive, func() error {
		asking, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		mark, err := f.Rankings.Mark(asking, drive.ID)
		if err != nil {
			return err
		}
		since, kept := opened(mark)
		switch {
		case !holdsAll(kept, f.Clock(), drive.Zone):
			since = leaderboard.Mark{} // the clock has gone back, and what is wanted again was dropped as past
		case mark.Version == head && mark.Version > 0 && f.known[drive.ID] == mark:
			return nil
		}
		seen, err = f.put(ctx, drive, since)
		return err
	})
	return seen, err
}

// again tries once more where another process was quicker to begin the ranking anew.
func (f *Follower) again(drive leaderboard.Drive, try func() error) (err error) {
	for range attempts {
		if err = try(); !errors.Is(err, ErrStale) {
			return err
		}
		delete(f.known, drive.ID)
	}
	return err
}

// put brings a drive up to date, and reports whether there is anything new to be seen.
// What nobody may see wakes nobody: a stream that had looked in vain would tell of the
// next gift later than else, and how much later can be measured.
func (f *Follower) put(ctx context.Context, drive leaderboard.Drive, since leaderboard.Mark) (seen bool, err error) {
	now := f.Clock()
	window := windowToKeep(now, drive.Zone)
	asking, cancel := context.WithTimeout(ctx, timeFor(since == leaderboard.Mark{}))
	defer cancel()
	figures, err := f.Source.Figures(asking, drive, since, window)
	if err != nil {
		return false, fmt.Errorf("reading what has changed: %w", err)
	}
	figures.Mark, figures.Seen = sealed(figures.Mark, window), f.shown[drive.ID]
	putting, cancel := context.WithTimeout(ctx, timeFor(figures.Whole))
	defer cancel()
	if err := f.Rankings.Put(putting, figures, window, now); err != nil {
		return false, err
	}
	f.known[drive.ID] = figures.Mark
	if figures.Whole {
		f.mu.Lock()
		f.progress.Whole++
		f.mu.Unlock()
	}
	shown, err := f.Rankings.Shown(putting, drive.ID)
	if err != nil {
		return true, err
	}
	seen = f.shown[drive.ID] != shown
	f.shown[drive.ID] = shown
	return seen, nil
}

func timeFor(whole bool) time.Duration {
	if whole {
		return wholeTime
	}
	return askTime
}

// Subscribe gives a channel that is woken after boards may have changed, in this
// process or, with Redis, in any other; and what ends that.
func (f *Follower) Subscribe() (wake <-chan struct{}, cancel func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	subscriber := make(chan struct{}, 1)
	f.subscribers[subscriber] = struct{}{}
	return subscriber, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, subscriber)
	}
}

func (f *Follower) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for subscriber := range f.subscribers {
		select {
		case subscriber <- struct{}{}:
		default: // it is to be woken already
		}
	}
}
