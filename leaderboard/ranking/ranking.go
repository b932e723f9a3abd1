// Package ranking holds the listed standings of drives in order, and answers who
// stands where.
//
// It holds nothing that the ledger does not know better. A [Follower] reads what
// has changed in the ledger and puts it in; whatever is lost is put in again. The
// ranking lies in Redis, where several servers share it, or in the memory of one
// process. Both pass the same suite.
//
// Only listed standings are ranked. An unlisted one is a name with a version and
// without figures, which keeps a late writer from bringing it back.
package ranking

import (
	"context"
	"errors"
	"time"

	"fedirally/leaderboard"
)

var (
	// ErrEmpty says that nothing has been put in for the drive, or that somebody
	// has emptied the store. A follower fills it again.
	ErrEmpty = errors.New("the ranking holds nothing of this drive")
	// ErrUnlisted says that the host is not on that board.
	ErrUnlisted = errors.New("not on this board")
	// ErrStale says that another process has begun the ranking anew, or that somebody
	// has emptied it, since the mark was read. Read it again.
	ErrStale = errors.New("the ranking has been begun anew")
)

// Rankings holds the standings of all drives. Its methods may be called by many
// goroutines, and by many processes on one Redis.
type Rankings interface {
	// Mark gives up to which change of the ledger the drive's figures have been put
	// in: the zero mark if nothing is held.
	Mark(ctx context.Context, drive int64) (leaderboard.Mark, error)
	// Put takes in figures and their mark. It writes nothing over what has the same
	// or a later version, keeps nothing outside the window, and lets readers see all of
	// a Whole at once. It returns [ErrStale] if the figures that it would add to are gone.
	Put(ctx context.Context, f leaderboard.Figures, window leaderboard.Window, now time.Time) error
	// Shown gives the version that every board of the drive has, 0 if nothing is held.
	Shown(ctx context.Context, drive int64) (int64, error)
	// Board gives all that is ranked, or [ErrEmpty]. Its version rises with every change
	// that could be seen in any board of the drive, and with no other; AsOf is when the
	// last one of figures came.
	Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error)
	// Top gives the first n rows, or [ErrEmpty].
	Top(ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, n int) ([]leaderboard.Row, error)
	// Rank gives a host's row, or [ErrUnlisted].
	Rank(ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host) (leaderboard.Row, error)
	// Around gives a host's row with up to n rows before and n after it, or [ErrUnlisted].
	Around(ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host, n int) ([]leaderboard.Row, error)
	// Dump gives everything that is held of a drive, also what is there by somebody's
	// hand, for comparison with the ledger. Unlisted hosts have no figures. The zero
	// mark says that nothing is held.
	Dump(ctx context.Context, drive int64) (leaderboard.Figures, error)
	// Close frees what the ranking uses. It is not used any more.
	Close() error
}

// ranked turns standings in order into rows. The first of them has that rank, and
// stands at that index of its board.
func ranked(view leaderboard.View, standings []leaderboard.Standing, index, rank int) []leaderboard.Row {
	rows := make([]leaderboard.Row, len(standings))
	for i, s := range standings {
		if i > 0 {
			rank = index + i + 1
			if view.Score(s) == view.Score(standings[i-1]) {
				rank = rows[i-1].Rank
			}
		}
		rows[i] = leaderboard.Row{Rank: rank, Host: s.Host, Raised: s.Raised, Donors: s.Donors}
	}
	return rows
}

// laterStamp is the version that the public sees after a change. The time of the
// change tells nothing else. The ledger's own versions would: they also count what
// nobody may see, such as the first gift that names an instance.
func laterStamp(shown int64, now time.Time) int64 { return max(shown+1, now.UnixMicro()) }

// boardOf builds a board of listed standings.
func boardOf(
	drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period,
	total leaderboard.Standing, standings []leaderboard.Standing, shown, at int64,
) leaderboard.Board {
	asOf := time.UnixMicro(at).UTC()
	if drive.PublishEvery > 0 {
		asOf = drive.Published
	}
	board := leaderboard.NewBoard(drive, view, period, total, standings, asOf)
	board.Version = shown
	return board
}
