package leaderboard

import "time"

// Mark says up to which change of the ledger somebody has read. Its witness is
// the ledger's own, by which it knows its past again: others only keep it. The
// zero mark stands for nothing read.
type Mark struct {
	Version int64  `json:"version"`
	Witness string `json:"witness"`
}

// Balance is the standing of a host, or of the whole drive ([EveryHost]), in one
// period.
type Balance struct {
	Period Period
	Standing
}

// Figures are the balances of a drive that have changed since a mark, as they
// may be shown: of a drive that publishes at clock steps, those of the last
// step. Unlisted ones are among them, because whoever showed them has to learn
// that they are to be removed.
type Figures struct {
	Drive int64
	// Mark is where these figures end.
	Mark Mark
	// Edition is the version of what else is shown of the drive: its title, its goal,
	// its last clock step.
	Edition int64
	// Whole says that these are all there are, and that whatever was known before
	// is to be forgotten.
	Whole bool
	// Seen is the greatest version of a board of the drive that was shown by whoever hands
	// these on: a whole gets a later one, even if what held it has been lost and the clock
	// has gone back meanwhile. 0: none is known.
	Seen     int64
	Balances []Balance
}

// Window is what rankings hold of a drive: all time, and the days and hours that
// start at these instants or later.
type Window struct{ Day, Hour int64 }

// WindowAt gives the window that holds the present and the previous day and
// hour. What lies ahead, by a clock that goes ahead of ours, is in it too.
func WindowAt(now time.Time, zone *time.Location) Window {
	previous := func(span Span) int64 {
		start := PeriodOf(span, now, zone).Start
		return PeriodOf(span, time.UnixMicro(start-1), zone).Start
	}
	return Window{Day: previous(Day), Hour: previous(Hour)}
}

// Holds reports whether the period is in the window.
func (w Window) Holds(p Period) bool {
	switch p.Span {
	case AllTime:
		return true
	case Day:
		return p.Start >= w.Day
	case Hour:
		return p.Start >= w.Hour
	}
	return false
}
