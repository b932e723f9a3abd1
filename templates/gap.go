package templates

import "fedirally/leaderboard"

// Rival is the instance next to another on a board, and how far apart they
// are: cents or donors, as the board's view has it.
type Rival struct {
	Row leaderboard.Row
	Gap int64
}

// Place is where an instance stands: its row, who stands next to it with
// another score, and with how many it shares its rank.
type Place struct {
	leaderboard.Row
	Ahead, Behind *Rival
	Level         int
}

// PlaceOf finds an instance on the board. It reports false for every instance
// that is not listed there.
func PlaceOf(board leaderboard.Board, host leaderboard.Host) (Place, bool) {
	for i, row := range board.Rows() {
		if row.Host == host {
			return placeAt(board, i), true
		}
	}
	return Place{}, false
}

// placeAt describes the i-th row of the board.
func placeAt(board leaderboard.Board, i int) Place {
	rows := board.Rows()
	place := Place{Row: rows[i]}
	own := score(board.View, rows[i])
	above := i - 1
	for above >= 0 && rows[above].Rank == rows[i].Rank {
		above--
	}
	below := i + 1
	for below < len(rows) && rows[below].Rank == rows[i].Rank {
		below++
	}
	if above >= 0 {
		place.Ahead = &Rival{Row: rows[above], Gap: score(board.View, rows[above]) - own}
	}
	if below < len(rows) {
		place.Behind = &Rival{Row: rows[below], Gap: own - score(board.View, rows[below])}
	}
	place.Level = below - above - 2
	return place
}

func score(view leaderboard.View, row leaderboard.Row) int64 {
	return view.Score(leaderboard.Standing{Raised: row.Raised, Donors: row.Donors})
}

// distance writes a gap in the unit of the view: "$37" or "3 donors".
func distance(view leaderboard.View, gap int64) string {
	if view == leaderboard.ByDonors {
		return donors(gap)
	}
	return leaderboard.Cents(gap).String()
}

// takes says what it takes to get past the instance ahead: "$37 takes 4th". It is
// the smallest sum of whole dollars that does, for an equal one only draws level.
func takes(view leaderboard.View, ahead Rival) string {
	place := ordinal(ahead.Row.Rank)
	if view == leaderboard.ByDonors {
		if ahead.Gap+1 == 1 {
			return "1 more donor takes " + place
		}
		return number(ahead.Gap+1) + " more donors take " + place
	}
	return leaderboard.Cents((ahead.Gap/100+1)*100).String() + " takes " + place
}

// chase is the smallest step from one place to a better one among the places, and
// who is to take it: where a single gift changes the race.
func chase(places []Place) (Place, bool) {
	var closest Place
	for _, place := range places {
		if place.Ahead != nil && (closest.Ahead == nil || place.Ahead.Gap < closest.Ahead.Gap) {
			closest = place
		}
	}
	return closest, closest.Ahead != nil
}
