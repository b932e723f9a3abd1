package templates

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"fedirally/leaderboard"
)

// RowsPerPage is how many ranked instances one page of a board shows.
const RowsPerPage = 100

// DrivePage is a drive's board. Board is the one in the chosen view and period;
// Total is the all-time board, from which the thermometer is drawn. After is
// the number of rows to skip. If Find is not empty only those rows are shown whose
// host has it in its name.
type DrivePage struct {
	Site
	Total, Board leaderboard.Board
	After        int
	Find         string
	Now          time.Time
	Stale        bool
	Picture      string
	// Faces may be nil.
	Faces Faces
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
		Picture: p.Picture, PictureText: drive.Title + ". " + words[0] + " " + podiumText(p.Total),
		Unindexed: p.Find != "",
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
	if p.Find != "" {
		return p.found()
	}
	rows := len(p.Board.Rows())
	from := min(max(p.After, 0), rows)
	places := make([]Place, 0, RowsPerPage)
	for i := from; i < min(from+RowsPerPage, rows); i++ {
		places = append(places, placeAt(p.Board, i))
	}
	return places
}

// found gives the first rows that match.
func (p DrivePage) found() []Place {
	var places []Place
	for i, row := range p.Board.Rows() {
		if p.matches(row) && len(places) < RowsPerPage {
			places = append(places, placeAt(p.Board, i))
		}
	}
	return places
}

func (p DrivePage) matches(row leaderboard.Row) bool {
	return strings.Contains(string(row.Host), p.Find) || strings.Contains(row.Host.Display(), p.Find)
}

// foundWords says how many rows match.
func (p DrivePage) foundWords() string {
	n := int64(0)
	for _, row := range p.Board.Rows() {
		if p.matches(row) {
			n++
		}
	}
	words := number(n) + " of " + count(int64(len(p.Board.Rows())), "instance", "instances") + " on this board match"
	if n == 1 {
		words += "es"
	}
	return words + " “" + p.Find + "”."
}

// sought is the host that was looked for, if the text is all of one.
func (p DrivePage) sought() (leaderboard.Host, bool) {
	host, err := leaderboard.FindHost(p.Find)
	return host, err == nil
}

// live tells whether the page shows what the stream of its board tells of.
func (p DrivePage) live() bool {
	return p.Script != "" && p.state() == leaderboard.Live && p.After == 0 && p.Find == ""
}

// liveData is what the script has to know of the page.
func (p DrivePage) liveData() templ.Attributes {
	if !p.live() {
		return nil
	}
	return templ.Attributes{
		"data-events": EventsPath(p.drive(), p.Board.View, p.Board.Period.Span),
		"data-drive":  DrivePath(p.drive()), "data-view": string(p.Board.View), "data-period": p.Board.Period.Span.String(),
		"data-zone": zoneOf(p.drive()).String(), "data-state": string(p.state()),
		"data-goal": cents(p.drive().Goal), "data-page": strconv.Itoa(RowsPerPage),
	}
}

// rowName tells tests a row from the one that the script copies.
func rowName(place Place) string {
	if place.Host == "" {
		return "blank"
	}
	return "row"
}

// cents writes an amount for the script.
func cents(c leaderboard.Cents) string { return strconv.FormatInt(int64(c), 10) }

// earlier and later give the rows to skip on the pages before and after.
func (p DrivePage) earlier() (int, bool) { return max(p.After-RowsPerPage, 0), p.After > 0 }

func (p DrivePage) later() (int, bool) {
	return p.After + RowsPerPage, p.After+RowsPerPage < len(p.Board.Rows())
}

// lane is the length of a row's lane beside that of the leader.
func (p DrivePage) lane(place Place) string {
	rows := p.Board.Rows()
	if len(rows) == 0 {
		return "0%"
	}
	return share(leaderboard.Cents(score(p.Board.View, place.Row)), leaderboard.Cents(score(p.Board.View, rows[0])))
}

// gap says what it takes to the next place: "$37 takes 4th".
func (p DrivePage) gap(place Place) string {
	if place.Ahead != nil {
		return takes(p.Board.View, *place.Ahead)
	}
	switch {
	case place.Level > 0:
		return "shares the lead"
	case place.Behind != nil:
		return "leads by " + distance(p.Board.View, place.Behind.Gap)
	}
	return "leads"
}

// chase tells of the closest race on the page.
func (p DrivePage) chase() string {
	place, found := chase(p.places())
	if !found {
		return ""
	}
	return "Closest chase: " + takes(p.Board.View, *place.Ahead) + " for " + place.Host.Display() + "."
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
		return publishedEvery(drive) + " These are of ", "."
	case stale:
		return "As of ", "."
	}
	return "As of ", ", and unchanged since."
}

// unpublished says of a drive with clock steps that none has been published yet.
func unpublished(drive leaderboard.Drive) string {
	return publishedEvery(drive) + " The first are yet to come."
}

func publishedEvery(drive leaderboard.Drive) string {
	return "Figures are published every " + steps(drive.PublishEvery) + "."
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
