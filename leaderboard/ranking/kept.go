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

// keepSlack is how much longer than they are needed days and hours are kept: the clock of
// another process may be behind by as much, and need them still.
const keepSlack = 5 * time.Minute

// windowToKeep is the window of what is put in at that time.
func windowToKeep(now time.Time, zone *time.Location) leaderboard.Window {
	return leaderboard.WindowAt(now.Add(-keepSlack), zone)
}

// holdsAll reports whether nothing that is wanted at that time has been dropped.
func holdsAll(kept leaderboard.Window, now time.Time, zone *time.Location) bool {
	wanted := leaderboard.WindowAt(now, zone)
	return kept.Day <= wanted.Day && kept.Hour <= wanted.Hour
}
