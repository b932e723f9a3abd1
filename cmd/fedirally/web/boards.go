package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fedirally/leaderboard"
)

// maxBoards bounds how many boards are held: six a drive, so eighty drives that
// are all looked at. Beyond it the one that was asked for least lately goes.
const maxBoards = 480

// boards holds what visitors see: the list of drives from the ledger, and a
// snapshot of each board that is looked at from the ranking.
type boards struct {
	ledger   Ledger
	rankings Rankings
	clock    func() time.Time
	log      *slog.Logger
	list     *memo[driveList]
	// current reports whether the ranking is kept up to date; nil: always.
	current func() bool

	mu    sync.Mutex
	slots map[boardKey]*slot
	// reads counts how often a board was read, and failures how often it could not be.
	reads, failures atomic.Int64
	// failed is when each board that cannot be read was last tried.
	failed map[boardKey]time.Time
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

func newBoards(ledger Ledger, rankings Rankings, clock func() time.Time, log *slog.Logger) *boards {
	b := &boards{
		ledger: ledger, rankings: rankings, clock: clock, log: log,
		slots: map[boardKey]*slot{}, failed: map[boardKey]time.Time{},
	}
	b.list = newMemo(clock, b.readDrives)
	b.list.ownsUp = func(l driveList) bool { return l.stale }
	return b
}

// drives gives all drives. It fails only if they were never read.
func (b *boards) drives(ctx context.Context) (driveList, error) { return b.list.get(ctx) }

func (b *boards) readDrives(ctx context.Context) (driveList, error) {
	drives, err := b.ledger.Drives(ctx)
	if err == nil {
		return driveList{drives: drives}, nil
	}
	old, had := b.list.last()
	if !had {
		return driveList{}, fmt.Errorf("%w: reading the drives: %w", errUnread, err)
	}
	if !old.stale {
		b.log.WarnContext(ctx, "drives cannot be read; serving the last ones", slog.Any("error", err))
	}
	return driveList{drives: old.drives, stale: true}, nil
}

// drive finds a drive by its slug, or returns [errNoDrive].
func (b *boards) drive(ctx context.Context, slug string) (leaderboard.Drive, error) {
	list, err := b.drives(ctx)
	drive, err := find(list, slug, err)
	if errors.Is(err, errNoDrive) {
		// It may just have been opened, and the list be of before that.
		return b.settledDrive(ctx, slug)
	}
	return drive, err
}

// settledDrive is drive for those who would rather wait than be given a drive as it
// was: all boards that are watched are looked at in the same moment, and each is to
// tell of a clock step, not only the first.
func (b *boards) settledDrive(ctx context.Context, slug string) (leaderboard.Drive, error) {
	list, err := b.list.settled(ctx)
	return find(list, slug, err)
}

func find(list driveList, slug string, err error) (leaderboard.Drive, error) {
	if err != nil {
		return leaderboard.Drive{}, err
	}
	i := slices.IndexFunc(list.drives, func(d leaderboard.Drive) bool { return d.Slug == slug })
	if i < 0 {
		return leaderboard.Drive{}, errNoDrive
	}
	return list.drives[i], nil
}

// board gives the snapshot of a drive's board. It fails only if that board was
// never read. While nothing that it shows has changed it is the same snapshot.
func (b *boards) board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span) (*snapshot, error) {
	return b.slot(boardKey{drive.Slug, view, span}).get(ctx)
}

// renewed is board for those who know that there is news.
func (b *boards) renewed(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span) (*snapshot, error) {
	return b.slot(boardKey{drive.Slug, view, span}).renew(ctx)
}

// read reads a board again, and tells what it found from what stood there before.
func (b *boards) read(ctx context.Context, key boardKey, old *snapshot) (*snapshot, error) {
	drive, err := b.drive(ctx, key.drive)
	if err != nil {
		return nil, err
	}
	now := b.clock()
	b.reads.Add(1)
	board, err := b.rankings.Board(ctx, drive, key.view, leaderboard.PeriodOf(key.span, now, drive.Zone))
	// A ledger that is away cannot tell the ranking what is new, nor can one whose
	// news the ranking does not take in.
	b.noteReading(key, now, err)
	list, _ := b.list.last()
	stale := list.stale || !b.isCurrent()
	switch {
	case err == nil && old != nil && old.stale == stale && old.shows(board):
		return old, nil
	case err == nil:
		return &snapshot{board: board, stale: stale}, nil
	case old == nil:
		return nil, fmt.Errorf("%w: reading a board: %w", errUnread, err)
	case old.stale:
		return old, nil
	}
	b.log.WarnContext(ctx, "board cannot be read; serving the last one", slog.String("drive", drive.Slug), slog.Any("error", err))
	return &snapshot{board: old.board, stale: true}, nil
}

func (b *boards) isCurrent() bool { return b.current == nil || b.current() }

// degraded reports whether visitors lately were served something old, or nothing,
// and nobody has found since that it can be read again.
func (b *boards) degraded() bool {
	list, _ := b.list.last()
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	maps.DeleteFunc(b.failed, func(_ boardKey, tried time.Time) bool { return now.Sub(tried) >= 2*patience })
	// Where nobody has asked for a while, nobody knows whether the list is still stale.
	return list.stale && b.list.age() < 2*patience || !b.isCurrent() || len(b.failed) > 0
}

func (b *boards) noteReading(key boardKey, now time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		delete(b.failed, key)
		return
	}
	b.failures.Add(1)
	b.failed[key] = now
}

func (b *boards) slot(key boardKey) *memo[*snapshot] {
	b.mu.Lock()
	defer b.mu.Unlock()
	held, found := b.slots[key]
	if !found {
		if len(b.slots) >= maxBoards {
			b.evict()
		}
		held = &slot{}
		held.memo = newMemo(b.clock, func(ctx context.Context) (*snapshot, error) {
			old, _ := held.memo.last()
			return b.read(ctx, key, old)
		})
		held.memo.ownsUp = func(s *snapshot) bool { return s.stale }
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
	delete(b.failed, oldest)
}
