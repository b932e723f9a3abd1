package templates

import (
	"net/url"
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
	// Picture is the path of the preview picture.
	Picture string
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
	return head{Site: p.Site, Description: description, Path: "/", Drives: drives, Stale: p.Stale, Picture: p.Picture, PictureText: description}
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
	// Picture is the path of the preview picture.
	Picture string
	// About is what the instance's server says of it; empty where that is unknown, or
	// not to be shown.
	About leaderboard.Profile
}

func (p InstancePage) head() head {
	drive := p.Board.Drive
	h := head{
		Site: p.Site, Title: p.Host.Display() + " in " + drive.Title, Path: InstancePath(drive, p.Host),
		Drives: []leaderboard.Drive{drive}, Stale: p.Stale, Picture: p.Picture,
	}
	place, listed := PlaceOf(p.Board, p.Host)
	if !listed {
		h.Unindexed = true
		h.Description = p.Host.Display() + " " + appearsHere(drive) + "."
		h.PictureText = drive.Title + ". " + h.Description
		return h
	}
	h.Description = p.Host.Display() + " stands " + ordinal(place.Rank) + " of " +
		number(int64(len(p.Board.Rows()))) + ": " + place.Raised.String() + " from " + donors(place.Donors) + "."
	if place.Ahead != nil {
		h.Description += " " + takes(p.Board.View, *place.Ahead) + "."
	}
	h.PictureText = drive.Title + ". " + h.Description
	return h
}

// shareText is what people may post about their instance. It asks others to give,
// and blames nobody.
func (p InstancePage) shareText() string {
	drive, name := p.Board.Drive, p.Host.Display()
	link := p.absolute(InstancePath(drive, p.Host))
	if link == "" {
		link = InstancePath(drive, p.Host)
	}
	place, listed := PlaceOf(p.Board, p.Host)
	state := drive.State(p.Now)
	switch {
	case state == leaderboard.Upcoming:
		return drive.Title + " is about to start. Who races for " + name + " with me? " + link
	case !listed && state == leaderboard.Closed:
		return drive.Title + " is over. Thank you to everyone who gave! " + link
	case !listed:
		return "Let’s put " + name + " on the board of " + drive.Title + ": it appears there once " +
			count(minimum(drive), "person has", "people have") + " given through it. " + link
	case state == leaderboard.Closed:
		return name + " came in " + ordinal(place.Rank) + " in " + drive.Title + ", with " +
			place.Raised.String() + " from " + donors(place.Donors) + ". " + link
	case place.Ahead != nil:
		return name + " is " + ordinal(place.Rank) + " in " + drive.Title + " with " + place.Raised.String() + " from " +
			donors(place.Donors) + ". " + takes(p.Board.View, *place.Ahead) + "! " + link
	}
	return name + " leads " + drive.Title + " with " + place.Raised.String() + " from " + donors(place.Donors) + ". Help keep it there! " + link
}

// shareLink opens the instance's own form for a new post, where it has one.
func (p InstancePage) shareLink() string {
	return "https://" + string(p.Host) + "/share?text=" + url.QueryEscape(p.shareText())
}

// ladder is the instance among its neighbours on the board.
func (p InstancePage) ladder() []leaderboard.Row {
	rows := p.Board.Rows()
	i := slices.IndexFunc(rows, func(row leaderboard.Row) bool { return row.Host == p.Host })
	if i < 0 {
		return nil
	}
	return rows[max(i-2, 0):min(i+3, len(rows))]
}

// apart says how far a neighbour is ahead or behind.
func (p InstancePage) apart(row leaderboard.Row) string {
	own, listed := PlaceOf(p.Board, p.Host)
	gap := score(p.Board.View, row) - score(p.Board.View, own.Row)
	switch {
	case !listed || row.Host == p.Host:
		return ""
	case gap > 0:
		return distance(p.Board.View, gap) + " ahead"
	case gap < 0:
		return distance(p.Board.View, -gap) + " behind"
	}
	return "level"
}

// prompt is what a gift can do for the instance just now.
func (p InstancePage) prompt(place Place) string {
	switch {
	case place.Rank == 0:
		return "Put it on the board"
	case place.Ahead != nil:
		return takes(p.Board.View, *place.Ahead)
	case place.Level > 0:
		return "Take the lead alone"
	}
	return "Keep it in the lead"
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
