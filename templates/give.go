package templates

import (
	"time"

	"fedirally/leaderboard"
)

// GiveProblem is why what somebody wrote does not lead to a form.
type GiveProblem int

// The problems. GiveNone is that nothing was written yet.
const (
	GiveNone GiveProblem = iota
	GiveEmpty
	// GiveInvalid is a text that is no domain and no handle.
	GiveInvalid
	// GiveUnknown is an instance that nobody here knows; it may well be right.
	GiveUnknown
	// GiveBlocked is an instance that takes no part.
	GiveBlocked
)

// GivePage asks which instance somebody gives for. Board is the drive's all-time
// board by amount. Typed is the host that was written, without anybody's name.
type GivePage struct {
	Site
	Board       leaderboard.Board
	Problem     GiveProblem
	Typed       string
	Host        leaderboard.Host
	Suggestions []leaderboard.Host
	Now         time.Time
	Stale       bool
	Picture     string
}

func (p GivePage) drive() leaderboard.Drive { return p.Board.Drive }

func (p GivePage) head() head {
	h := head{
		Site: p.Site, Title: "Give for your instance: " + p.drive().Title, Path: GiveChooserPath(p.drive()),
		Description: gaugeOf(p.Board).text() + ". Say which instance you are on, and your gift counts for it.",
		Drives:      []leaderboard.Drive{p.drive()}, Stale: p.Stale, Picture: p.Picture,
	}
	h.PictureText = p.drive().Title + ". " + gaugeOf(p.Board).text()
	if p.Problem != GiveNone {
		h.Title, h.Unindexed, h.Path = "Error: "+h.Title, true, ""
	}
	return h
}

// problemText says what is wrong, for the person who wrote it.
func (p GivePage) problemText() string {
	switch p.Problem {
	case GiveEmpty:
		return "Please write the name of your instance, such as mastodon.social."
	case GiveInvalid:
		return "That does not look like an instance or a handle. Write a domain such as mastodon.social, or a handle such as @you@mastodon.social."
	case GiveUnknown:
		if len(p.Suggestions) > 0 {
			return p.Typed + " is not on our list. Is it spelled as you mean it?"
		}
		return p.Typed + " is not on our list yet. If it is spelled as you mean it, go on: your gift counts for it all the same."
	case GiveBlocked:
		return p.Typed + " does not take part in this race. You are welcome to give through another instance."
	case GiveNone:
	}
	return ""
}
