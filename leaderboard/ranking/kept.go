package ranking

import (
	"strconv"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// With the ledger's witness a follower leaves in the ranking which window it kept.
// Where a clock was ahead for a while, the days and hours that are present again
// were dropped as past ones, and nothing in the ledger's marks tells of it.

// keptMark stands between the ledger's witness and the window.
const keptMark = "; kept since "

// sealed is a mark together with the window.
func sealed(mark leaderboard.Mark, window leaderboard.Window) leaderboard.Mark {
	mark.Witness += keptMark + strconv.FormatInt(window.Day, 10) + " " + strconv.FormatInt(window.Hour, 10)
	return mark
}

// opened gives the ledger's mark and the window; none, if the mark tells of none.
func opened(mark leaderboard.Mark) (leaderboard.Mark, leaderboard.Window) {
	witness, text, _ := strings.Cut(mark.Witness, keptMark)
	day, hour, _ := strings.Cut(text, " ")
	var window leaderboard.Window
	window.Day, _ = strconv.ParseInt(day, 10, 64)
	window.Hour, _ = strconv.ParseInt(hour, 10, 64)
	mark.Witness = witness
	return mark, window
}

// holdsPresent reports whether the present day and hour are within the window. The
// previous ones need not be: the clock of another process may be a little ahead.
func holdsPresent(kept leaderboard.Window, now time.Time, zone *time.Location) bool {
	return kept.Holds(leaderboard.PeriodOf(leaderboard.Day, now, zone)) &&
		kept.Holds(leaderboard.PeriodOf(leaderboard.Hour, now, zone))
}
