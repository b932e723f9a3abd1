package web

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"fedirally/leaderboard"
)

// maxBoards bounds how many boards are held: six a drive, so eighty drives that
// are all looked at. Beyond it the one that was asked for least lately goes.
const maxBoards = 480

// boards holds what visitors see: the list of drives and a snapshot of each
// board that is looked at.
type boards struct {
	ledger Ledger
	clock  func() time.Time
	log    *slog.Logger
	list   *memo[driveList]

	mu    sync.Mutex
	slots map[boardKey]*slot
	// failed is when a board last could not be read.
	failed time.Time
}

type boardKey struct {
	drive string
	view  leaderboard.View
	span  leaderboard.Span
}

type slot struct {
	memo *memo[*snapshot]
	used time.Time
}

// driveList is the drives as last read. Stale: they could not be read again.
type driveList struct {
	drives []leaderboard.Drive
	stale  bool
}

// snapshot is a board as last read, and what has been rendered of it. Stale: it
// could not be read again since.
type snapshot struct {
	board leaderboard.Board
	// at is the moment for which the snapshot was made; it is later than the
	// board's own if nothing has changed since.
	at    time.Time
	stale bool
	page  rendering
	json  rendering
}

func newBoards(ledger Ledger, clock func() time.Time, log *slog.Logger) *boards {
	return &boards{
		ledger: ledger, clock: clock, log: log,
		list: newMemo[driveList](clock), slots: map[boardKey]*slot{},
	}
}

// drives gives all drives. It fails only if they were never read.
func (b *boards) drives(ctx context.Context) (driveList, error) {
	return b.list.get(ctx, func(ctx context.Context) (driveList, error) {
		drives, err := b.ledger.Drives(ctx)
		if err == nil {
			return driveList{drives: drives}, nil
		}
		old, had := b.list.last()
		if !had {
			return driveList{}, fmt.Errorf("%w: reading the drives: %w", errLedger, err)
		}
		if !old.stale {
			b.log.WarnContext(ctx, "drives cannot be read; serving the last ones", slog.Any("error", err))
		}
		return driveList{drives: old.drives, stale: true}, nil
	})
}

// drive finds a drive by its slug, or returns [errNoDrive].
func (b *boards) drive(ctx context.Context, slug string) (leaderboard.Drive, error) {
	list, err := b.drives(ctx)
	if err != nil {
		return leaderboard.Drive{}, err
	}
	for _, drive := range list.drives {
		if drive.Slug == slug {
			return drive, nil
		}
	}
	return leaderboard.Drive{}, errNoDrive
}

// board gives the snapshot of a drive's board. It fails only if that board was
// never read.
func (b *boards) board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span) (*snapshot, error) {
	held := b.slot(boardKey{drive.Slug, view, span})
	return held.get(ctx, func(ctx context.Context) (*snapshot, error) {
		now := b.clock()
		board, err := b.ledger.Board(ctx, drive, view, span, now)
		old, had := held.last()
		switch {
		case err == nil:
			if had && drive.PublishEvery == 0 && sameFigures(old.board, board) {
				// A reading that found nothing new is no news to the visitor.
				board.AsOf = old.board.AsOf
			}
			return &snapshot{board: board, at: now}, nil
		case !had:
			b.noteFailure(now)
			return nil, fmt.Errorf("%w: reading a board: %w", errLedger, err)
		}
		b.noteFailure(now)
		if !old.stale {
			b.log.WarnContext(ctx, "board cannot be read; serving the last one",
				slog.String("drive", drive.Slug), slog.Any("error", err))
		}
		return &snapshot{board: old.board, at: now, stale: true}, nil
	})
}

// degraded reports whether visitors lately were served something old.
func (b *boards) degraded() bool {
	list, _ := b.list.last()
	b.mu.Lock()
	defer b.mu.Unlock()
	return list.stale || !b.failed.IsZero() && b.clock().Sub(b.failed) < 2*patience
}

func (b *boards) noteFailure(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = now
}

func (b *boards) slot(key boardKey) *memo[*snapshot] {
	b.mu.Lock()
	defer b.mu.Unlock()
	held, found := b.slots[key]
	if !found {
		if len(b.slots) >= maxBoards {
			b.evict()
		}
		held = &slot{memo: newMemo[*snapshot](b.clock)}
		b.slots[key] = held
	}
	held.used = b.clock()
	return held.memo
}

func (b *boards) evict() {
	var oldest boardKey
	var used time.Time
	for key, held := range b.slots {
		if used.IsZero() || held.used.Before(used) {
			oldest, used = key, held.used
		}
	}
	delete(b.slots, oldest)
}

func sameFigures(a, b leaderboard.Board) bool {
	return a.Raised == b.Raised && a.Donors == b.Donors && a.Period == b.Period && slices.Equal(a.Rows(), b.Rows())
}
