package leaderboard

import (
	"slices"
	"time"
)

// Board is what may be shown of a drive in one view and period. It can only be
// made by [NewBoard], which takes listed standings and drops all others: whoever
// renders a Board cannot leak an unlisted instance.
type Board struct {
	Drive   Drive
	View    View
	Period  Period
	Raised  Cents // the whole drive, unlisted and unattributed money included
	Donors  int64
	AsOf    time.Time
	Version int64
	rows    []Row
}

// Row is one ranked instance. Rank numbers are shared by equal scores: 1, 2, 2, 4.
type Row struct {
	Rank   int
	Host   Host
	Raised Cents
	Donors int64
}

// NewBoard ranks the listed among the standings. The total is the drive's own
// sum in that period; its AsOf is when the figures were read or published.
func NewBoard(drive Drive, view View, period Period, total Standing, standings []Standing, asOf time.Time) Board {
	listed := make([]Standing, 0, len(standings))
	version := max(total.Version, drive.Version)
	for _, standing := range standings {
		if standing.Listed {
			listed = append(listed, standing)
			version = max(version, standing.Version)
		}
	}
	slices.SortFunc(listed, view.Compare)
	board := Board{
		Drive: drive, View: view, Period: period, Raised: total.Raised, Donors: total.Donors,
		AsOf: asOf, Version: version, rows: make([]Row, len(listed)),
	}
	for i, standing := range listed {
		rank := i + 1
		if i > 0 && view.Score(standing) == view.Score(listed[i-1]) {
			rank = board.rows[i-1].Rank
		}
		board.rows[i] = Row{Rank: rank, Host: standing.Host, Raised: standing.Raised, Donors: standing.Donors}
	}
	return board
}

// Rows gives the ranked instances, best first. The caller must not change them.
func (b Board) Rows() []Row { return b.rows }

// Row finds a listed instance.
func (b Board) Row(host Host) (Row, bool) {
	for _, row := range b.rows {
		if row.Host == host {
			return row, true
		}
	}
	return Row{}, false
}
