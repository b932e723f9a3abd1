package templates

import (
	"strings"
	"time"

	"fedirally/leaderboard"
)

// RowsPerPage is how many ranked instances one page of a board shows.
const RowsPerPage = 100

// DrivePage is a drive's board. Board is the one in the chosen view and period;
// Total is the all-time board, from which the thermometer is drawn. After is
// the number of rows to skip.
type DrivePage struct {
	Site
	Total, Board leaderboard.Board
	After        int
	Now          time.Time
	Stale        bool
}

func (p DrivePage) drive() leaderboard.Drive { return p.Board.Drive }

func (p DrivePage) state() leaderboard.DriveState { return p.drive().State(p.Now) }

func (p DrivePage) head() head {
	drive := p.drive()
	words := []string{gaugeOf(p.Total).text() + ", by " + donors(p.Total.Donors) + "."}
	if p.state() == leaderboard.Upcoming {
		words = []string{"The goal: " + drive.Goal.String() + "."}
	}
	if podium := podiumText(p.Total); podium != "" {
		words = append(words, podium+".")
	}
	words = append(words, countdown(drive, p.Now)+".")
	return head{
		Site: p.Site, Title: drive.Title, Description: strings.Join(words, " "),
		Path: DrivePath(drive), Drives: []leaderboard.Drive{drive}, Stale: p.Stale,
	}
}

// front gives the first three rows of a board.
func front(board leaderboard.Board) []leaderboard.Row {
	rows := board.Rows()
	return rows[:min(3, len(rows))]
}

// podiumText names those in front in one line.
func podiumText(board leaderboard.Board) string {
	var names []string
	for _, row := range front(board) {
		names = append(names, ordinal(row.Rank)+" "+row.Host.Display()+" "+row.Raised.String())
	}
	return strings.Join(names, " · ")
}

// places gives the rows of this page.
func (p DrivePage) places() []Place {
	rows := len(p.Board.Rows())
	from := min(max(p.After, 0), rows)
	places := make([]Place, 0, RowsPerPage)
	for i := from; i < min(from+RowsPerPage, rows); i++ {
		places = append(places, placeAt(p.Board, i))
	}
	return places
}

// earlier and later give the rows to skip on the pages before and after.
func (p DrivePage) earlier() (int, bool) { return max(p.After-RowsPerPage, 0), p.After > 0 }

func (p DrivePage) later() (int, bool) {
	return p.After + RowsPerPage, p.After+RowsPerPage < len(p.Board.Rows())
}

// lane is the length of a row's lane beside that of the leader.
func (p DrivePage) lane(place Place) string {
	rows := p.Board.Rows()
	return share(leaderboard.Cents(score(p.Board.View, place.Row)), leaderboard.Cents(score(p.Board.View, rows[0])))
}

// gap says how far it is to the next place: "$37 to 4th".
func (p DrivePage) gap(place Place) string {
	if place.Ahead != nil {
		return distance(p.Board.View, place.Ahead.Gap) + " to " + ordinal(place.Ahead.Row.Rank)
	}
	switch {
	case place.Level > 0:
		return "shares the lead"
	case place.Behind != nil:
		return "leads by " + distance(p.Board.View, place.Behind.Gap)
	}
	return "leads"
}

// caption names the table.
func (p DrivePage) caption() string {
	by := "amount raised"
	if p.Board.View == leaderboard.ByDonors {
		by = "number of donors"
	}
	return "Instances by " + by + ", " + spanWords(p.Board.Period.Span)
}

// emptyText says why no instance is on the board.
func (p DrivePage) emptyText() string {
	n := minimum(p.drive())
	people := number(n) + " people have"
	if n == 1 {
		people = "somebody has"
	}
	switch {
	case p.state() == leaderboard.Upcoming:
		return "The race has not started. An instance " + appearsHere(p.drive()) + "."
	case p.Board.Period.Span == leaderboard.Day:
		return "The day is young: an instance shows up here once " + people + " given through it today."
	case p.Board.Period.Span == leaderboard.Hour:
		return "A quiet hour so far: an instance shows up here once " + people + " given through it this hour."
	case p.state() == leaderboard.Closed:
		return "No instance came onto the board. Every gift counted for the drive all the same."
	}
	return "The track is clear. An instance " + appearsHere(p.drive()) + ". Until then its gifts count for the drive."
}

// periodText gives the sums of a period shorter than all time.
func (p DrivePage) periodText() string {
	when := "Today so far"
	if p.Board.Period.Span == leaderboard.Hour {
		when = "This hour so far"
	}
	return when + ": " + p.Board.Raised.String() + " from " + donors(p.Board.Donors) + ", all instances together."
}

// asOf says of when the figures of a board are, in words before and behind the
// time. A board is as of when its figures were first read, and stays so until
// others are; of a board that cannot be read nobody knows that.
func asOf(drive leaderboard.Drive, stale bool) (before, behind string) {
	switch {
	case drive.PublishEvery > 0:
		return "Figures are published every " + steps(drive.PublishEvery) + ". These are of ", "."
	case stale:
		return "As of ", "."
	}
	return "As of ", ", and unchanged since."
}

func spanWords(span leaderboard.Span) string {
	switch span {
	case leaderboard.Day:
		return "today"
	case leaderboard.Hour:
		return "this hour"
	case leaderboard.AllTime:
	}
	return "all time"
}

// giveAddress is what a domain is put behind to make an instance's giving link.
func (p DrivePage) giveAddress() string { return p.PublicURL + GivePath(p.drive(), "") }

// pageWords says which rows of how many this page shows.
func (p DrivePage) pageWords() string {
	rows := len(p.Board.Rows())
	from := min(max(p.After, 0), rows)
	return number(int64(from+1)) + " to " + number(int64(min(from+RowsPerPage, rows))) + " of " +
		count(int64(rows), "instance", "instances")
}

// medal is the class of the first three ranks.
func medal(rank int) string {
	switch rank {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	}
	return "behind"
}
