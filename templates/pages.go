package templates

import (
	"slices"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// HomePage lists all drives. Boards are all-time boards by amount, one a drive.
type HomePage struct {
	Site
	Boards []leaderboard.Board
	Now    time.Time
	Stale  bool
}

func (p HomePage) head() head {
	drives := make([]leaderboard.Drive, len(p.Boards))
	var live []string
	for i, board := range p.Boards {
		drives[i] = board.Drive
		if board.Drive.State(p.Now) == leaderboard.Live {
			live = append(live, board.Drive.Title+": "+gaugeOf(board).text()+".")
		}
	}
	description := "Fundraising races between Fediverse instances: give for yours, and watch it climb."
	if len(live) > 0 {
		description = strings.Join(live, " ")
	}
	return head{Site: p.Site, Description: description, Path: "/", Drives: drives, Stale: p.Stale}
}

// in gives the drives in that state: the one that ends (or starts) first comes
// first, and of the closed ones the last.
func (p HomePage) in(state leaderboard.DriveState) []leaderboard.Board {
	var boards []leaderboard.Board
	for _, board := range p.Boards {
		if board.Drive.State(p.Now) == state {
			boards = append(boards, board)
		}
	}
	slices.SortStableFunc(boards, func(a, b leaderboard.Board) int {
		switch state {
		case leaderboard.Upcoming:
			return a.Drive.Start.Compare(b.Drive.Start)
		case leaderboard.Closed:
			return b.Drive.End.Compare(a.Drive.End)
		case leaderboard.Live:
		}
		return endsLater(a.Drive, b.Drive)
	})
	return boards
}

// endsLater sorts drives by end, those without one last.
func endsLater(a, b leaderboard.Drive) int {
	switch {
	case a.End.IsZero() && b.End.IsZero():
		return 0
	case a.End.IsZero():
		return 1
	case b.End.IsZero():
		return -1
	}
	return a.End.Compare(b.End)
}

// InstancePage is the page of one instance in a drive, whether the board lists
// it or not. Board is the all-time board by amount.
type InstancePage struct {
	Site
	Board leaderboard.Board
	Host  leaderboard.Host
	Now   time.Time
	Stale bool
}

func (p InstancePage) head() head {
	drive := p.Board.Drive
	h := head{
		Site: p.Site, Title: p.Host.Display() + " in " + drive.Title, Path: InstancePath(drive, p.Host),
		Drives: []leaderboard.Drive{drive}, Stale: p.Stale,
	}
	place, listed := PlaceOf(p.Board, p.Host)
	if !listed {
		h.Unindexed = true
		h.Description = p.Host.Display() + " " + appearsHere(drive) + "."
		return h
	}
	h.Description = p.Host.Display() + " stands " + ordinal(place.Rank) + " of " +
		number(int64(len(p.Board.Rows()))) + ": " + place.Raised.String() + " from " + donors(place.Donors) + "."
	if place.Ahead != nil {
		h.Description += " " + distance(p.Board.View, place.Ahead.Gap) + " to " + ordinal(place.Ahead.Row.Rank) + "."
	}
	return h
}

// field says among how many an instance stands, and who stands level.
func (p InstancePage) field(place Place) string {
	text := count(int64(len(p.Board.Rows())), "instance", "instances")
	if place.Level > 0 {
		text += ", level with " + count(int64(place.Level), "other", "others")
	}
	return text
}

// RulesPage says how the race is run.
type RulesPage struct {
	Site
	Drives []leaderboard.Drive
	Now    time.Time
}

func (p RulesPage) head() head {
	return head{
		Site: p.Site, Title: "Rules and privacy", Path: "/rules", Drives: p.Drives,
		Description: "How gifts are credited to instances, when an instance is shown, and what is kept about you.",
	}
}

// MessagePage is a page with nothing but a few words: an error, or why a link
// leads nowhere at the moment. Back, if set, is where to go on.
type MessagePage struct {
	Site
	Heading, Text   string
	Back, BackLabel string
	Drives          []leaderboard.Drive
}

func (p MessagePage) head() head {
	return head{Site: p.Site, Title: p.Heading, Description: p.Text, Drives: p.Drives, Unindexed: true}
}
