package simtest

import (
	"context"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
)

// twin is a ranking in memory, which stands for Redis where two servers share it.
type twin struct {
	memory *ranking.Memory
	// awayUntil is the step up to which it does not answer.
	awayUntil int
}

func newTwin() *twin { return &twin{memory: ranking.NewMemory()} }

// seat is a process's way to a ranking.
type seat struct {
	p    *process
	twin *twin
}

var _ ranking.Rankings = (*seat)(nil)

// call lets happen what is to happen around a call.
func (r *seat) call(do func() error) error {
	if r.p.s.step < r.twin.awayUntil {
		r.p.isHit()
		return errAway
	}
	switch verdict := r.p.meet(atRanking); {
	case r.p.dead && verdict != losesAnswer:
		return errDead
	case verdict == goesWell:
		return do()
	case verdict == losesAnswer:
		_ = do() // nobody hears
		return errLost
	}
	return errIO
}

func called[T any](r *seat, do func() (T, error)) (value T, err error) {
	err = r.call(func() (err error) {
		value, err = do()
		return err
	})
	return value, err
}

func (r *seat) Mark(ctx context.Context, drive int64) (leaderboard.Mark, error) {
	return called(r, func() (leaderboard.Mark, error) { return r.twin.memory.Mark(ctx, drive) })
}

func (r *seat) Shown(ctx context.Context, drive int64) (int64, error) {
	return called(r, func() (int64, error) { return r.twin.memory.Shown(ctx, drive) })
}

func (r *seat) Put(ctx context.Context, f leaderboard.Figures, window leaderboard.Window, now time.Time) error {
	return r.call(func() error { return r.twin.memory.Put(ctx, f, window, now) })
}

func (r *seat) Board(
	ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period,
) (leaderboard.Board, error) {
	return called(r, func() (leaderboard.Board, error) { return r.twin.memory.Board(ctx, drive, view, period) })
}

func (r *seat) Top(
	ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, n int,
) ([]leaderboard.Row, error) {
	return called(r, func() ([]leaderboard.Row, error) { return r.twin.memory.Top(ctx, drive, view, period, n) })
}

func (r *seat) Rank(
	ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host,
) (leaderboard.Row, error) {
	return called(r, func() (leaderboard.Row, error) { return r.twin.memory.Rank(ctx, drive, view, period, host) })
}

func (r *seat) Around(
	ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host, n int,
) ([]leaderboard.Row, error) {
	return called(r, func() ([]leaderboard.Row, error) { return r.twin.memory.Around(ctx, drive, view, period, host, n) })
}

func (r *seat) Dump(ctx context.Context, drive int64) (leaderboard.Figures, error) {
	return called(r, func() (leaderboard.Figures, error) { return r.twin.memory.Dump(ctx, drive) })
}

func (r *seat) Close() error { return nil }
