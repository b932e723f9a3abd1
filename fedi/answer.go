package fedi

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"fedirally/leaderboard"
)

// KindAnswer is the kind of a row that answers somebody. It is no news, and the herald
// never tells it.
const KindAnswer leaderboard.NewsKind = "answer"

// Ask is what an answer is made from. It is personal data, and prints as nothing.
type Ask struct {
	Command Command `json:"command"`
	// Acct is the account to call, and Host its instance.
	Acct string           `json:"acct"`
	Host leaderboard.Host `json:"host,omitempty"`
	// Status is the post to answer, and Visibility who sees it.
	Status     string                 `json:"status"`
	Visibility leaderboard.Visibility `json:"visibility"`
	// Done says that what was asked for has been done: the instance was left out.
	Done bool `json:"done,omitempty"`
}

// String hides it from logs and errors.
func (a Ask) String() string { return "ask (hidden)" }

// GoString hides it from %#v.
func (a Ask) GoString() string { return a.String() }

// LogValue implements [slog.LogValuer].
func (a Ask) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Reply is what an answer is written from.
type Reply struct {
	// Row is the answer's number.
	Row int64
	Ask Ask
	// Host is the asker's instance as the boards know it, which may be another than its
	// account says, and State its state.
	Host  leaderboard.Host
	State leaderboard.InstanceState
	// Drives are those that the bot speaks of.
	Drives []Spoken
	Now    time.Time
	Limits Limits
}

// Spoken is a drive as the public sees it, and how the bot speaks of it.
type Spoken struct {
	Board  leaderboard.Board
	Speech leaderboard.Speech
}

// mostOthers is how many further drives an answer names.
const mostOthers = 2

// Answer writes an answer to one who asked: who is called by it, and nobody else. It
// is of the drive that is on, or else of the one that is nearest. Of an instance that is
// not on the board it says the same whether or not anything was given through it. It
// returns an [UnsaidError] if there is no drive to speak of, or no room.
func (w *Writer) Answer(r Reply) (Toot, error) {
	drives := byNearness(r.Drives, r.Now)
	if len(drives) == 0 {
		return Toot{}, &UnsaidError{Why: "there is no drive that the bot speaks of"}
	}
	first := drives[0]
	f, host := r.form(first.Board), r.Host
	if !f.ofInstance() {
		host = ""
	}
	link, err := w.address(first.Board.Drive, host, "a"+strconv.FormatInt(r.Row, 36))
	if err != nil {
		return Toot{}, err
	}
	draft := w.draftAnswer(r, f, drives, link)
	words := answerWords(f)
	variants := append(inTurn(words[1:], int(r.Row%60), string(f)), words[0])
	for _, variant := range variants {
		text, ok := draft.fit(variant, r.Limits)
		if !ok {
			continue
		}
		return Toot{
			Text: text, Warning: draft.warning, Language: "en", Visibility: lesser(r.Ask.Visibility), Link: link, InReplyTo: r.Ask.Status,
		}, nil
	}
	return Toot{}, &UnsaidError{Why: fmt.Sprintf("it cannot be said within the %d characters that the server takes", r.Limits.MaxCharacters)}
}

// lesser is who sees an answer: nobody who did not see the question, and no public
// timeline.
func lesser(asked leaderboard.Visibility) leaderboard.Visibility {
	switch asked {
	case leaderboard.Public, leaderboard.Unlisted:
		return leaderboard.Unlisted
	case FollowersOnly:
		return FollowersOnly
	}
	return Direct
}

// byNearness puts the drives that are on first, the one that ends next before others;
// then the one that begins next, then the one that was over last.
func byNearness(drives []Spoken, now time.Time) []Spoken {
	order := map[leaderboard.DriveState]int{leaderboard.Live: 0, leaderboard.Upcoming: 1, leaderboard.Closed: 2}
	return slices.SortedStableFunc(slices.Values(drives), func(x, y Spoken) int {
		a, b := x.Board.Drive, y.Board.Drive
		state := a.State(now)
		if c := cmp.Compare(order[state], order[b.State(now)]); c != 0 {
			return c
		}
		switch state {
		case leaderboard.Upcoming:
			return a.Start.Compare(b.Start)
		case leaderboard.Closed:
			return b.End.Compare(a.End)
		case leaderboard.Live:
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
		return 0
	})
}

// draftAnswer is an answer with everything that there is to say.
func (w *Writer) draftAnswer(r Reply, f form, drives []Spoken, link string) draft {
	board, drive := drives[0].Board, drives[0].Board.Drive
	scene := leaderboard.Scene{Now: r.Now, All: board}
	d := draft{
		form: f, values: valuesOf(Occasion{News: leaderboard.News{Kind: KindAnswer, Host: r.Host}, Scene: scene}, link),
		warning: oneLine(drives[0].Speech.Warning), greeting: "@" + r.Ask.Acct + " ",
		disclaimer: oneLine(drive.Disclaimer), short: "For " + oneLine(drive.Beneficiary) + ".", needed: f.asksForMoney(),
		rest: func(int) string { return "" },
	}
	d.values["host"], d.values["once"] = r.Host.Display(), onceListed(drive)
	if !drive.Start.IsZero() && drive.Zone != nil {
		d.values["start"] = drive.Start.In(drive.Zone).Format("January 2 at 15:04 MST")
	}
	if f.isService() {
		d.disclaimer, d.short = "", ""
	}
	if row, listed := board.Row(r.Host); listed {
		d.values["place"] = ordinal(row.Rank)
	}
	if f == formTop || f == formTopOver {
		d.leastList = 1
		rows := board.Rows()
		for _, row := range rows[:min(mostListed, len(rows))] {
			d.list = append(d.list, ordinal(row.Rank)+" "+row.Host.Display()+" "+row.Raised.String())
		}
	}
	if f.ofInstance() && f.asksForMoney() {
		for _, other := range drives[1:] {
			if other.Board.Drive.State(r.Now) == leaderboard.Live && len(d.list) < mostOthers && w.Address != nil {
				d.list = append(d.list, "Also on: "+oneLine(other.Board.Drive.Title)+", "+w.Address(other.Board.Drive, r.Host))
			}
		}
		if r.Ask.Command == AskUnknown || r.Ask.Command == AskLink {
			d.list = append(d.list, "I also know: score, top, help, stop.")
		}
	}
	return d
}

// onceListed says when an instance comes onto the board.
func onceListed(drive leaderboard.Drive) string {
	if drive.MinDonors <= 1 {
		return "once somebody has given through it"
	}
	return "once " + people(int64(drive.MinDonors)) + " have given through it"
}

// form is the case of an answer that needs words of its own.
func (r Reply) form(board leaderboard.Board) form {
	row, listed := board.Row(r.Host)
	state := board.Drive.State(r.Now)
	switch r.Ask.Command {
	case AskStop:
		return formStop
	case AskHelp:
		return formHelp
	case AskOptOut:
		if r.Ask.Done {
			return formOptedOut
		}
		return formOptOut
	case AskTop:
		switch {
		case len(board.Rows()) == 0:
			return formTopEmpty
		case state == leaderboard.Closed:
			return formTopOver
		}
		return formTop
	case AskLink, AskScore, AskUnknown, AskNothing:
	}
	switch {
	case r.State == leaderboard.Blocked || r.State == leaderboard.OptedOut:
		return formLeftOut
	case state == leaderboard.Closed && listed:
		return formOverListed
	case state == leaderboard.Closed:
		return formOver
	case state == leaderboard.Upcoming:
		return formUpcoming
	case r.Host == leaderboard.Unattributed:
		return formNoHost
	case !listed:
		return formUnlisted
	case r.Ask.Command != AskScore:
		return formLink
	case row.Rank == 1:
		return formScoreFirst
	}
	return formScore
}
