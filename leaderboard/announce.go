package leaderboard

import (
	"cmp"
	"slices"
	"time"
)

const (
	// calm is how long news waits for what else a burst brings.
	calm = time.Minute
	// together is how much other news is said in the breath of an announcement.
	together = 3
	// mostUntold bounds what waits for a digest; the least important goes first.
	mostUntold = 40
)

// Importance is how much news weighs, from 1 to 9.
func (n News) Importance() int {
	switch n.Kind {
	case NewsShare:
		return 8
	case NewsLead:
		return 7
	case NewsAmount:
		return 5
	case NewsDonors, NewsListed:
		return 4
	case NewsOvertake:
		return 3
	case NewsOpened, NewsDigest, NewsLastDay, NewsLastHour, NewsClosed, NewsThanks:
	}
	return 9
}

// announce says the most important of what waits, and some of the rest with it, if the
// pace allows it.
func (t *teller) announce() {
	now := t.is.Now.UTC()
	t.said.Announced = slices.DeleteFunc(t.said.Announced, func(at time.Time) bool { return now.Sub(at) >= 24*time.Hour })
	used := len(t.said.Announced)
	waiting := t.said.Untold
	if len(waiting) == 0 || t.speech.Silent || t.said.Closed || used >= t.speech.PerDay || now.Sub(t.said.Last) < t.speech.Gap {
		return
	}
	main := waiting[0]
	if main.Importance() < t.speech.Least+2*used || now.Sub(main.At) < calm {
		return
	}
	with := min(len(waiting)-1, together)
	main.With = slices.Clone(waiting[1 : 1+with])
	t.said.Untold = slices.Clone(waiting[1+with:])
	t.said.Announced = append(t.said.Announced, now)
	t.say(main)
}

// tidy keeps of what waits only what still holds, the greatest of each kind for each
// instance, and puts the most important first.
func (t *teller) tidy() {
	type subject struct {
		kind NewsKind
		host Host
	}
	kept := map[subject]News{}
	for _, n := range t.said.Untold {
		if t.holds(n) {
			// What was noticed later is greater: figures that have been noticed only rise.
			kept[subject{n.Kind, n.Host}] = n
		}
	}
	t.said.Untold = t.said.Untold[:0]
	for _, n := range kept {
		t.said.Untold = append(t.said.Untold, n)
	}
	slices.SortFunc(t.said.Untold, func(a, b News) int {
		return cmp.Or(cmp.Compare(b.Importance(), a.Importance()), a.At.Compare(b.At), cmp.Compare(a.Key(), b.Key()))
	})
	t.said.Untold = t.said.Untold[:min(len(t.said.Untold), mostUntold)]
}

// holds reports whether news is still true.
func (t *teller) holds(n News) bool { return n.Holds(t.is.All) }

// Holds reports whether news is true of a drive's board by amount of all time. News of
// a day, and of the drive's own times, holds as long as the drive does.
func (n News) Holds(board Board) bool {
	if n.Kind == NewsShare {
		return int64(board.Raised) >= n.Threshold
	}
	if n.Host == "" {
		return true
	}
	row, listed := board.Row(n.Host)
	if !listed {
		return false
	}
	switch n.Kind {
	case NewsAmount:
		return int64(row.Raised) >= n.Threshold
	case NewsDonors:
		return row.Donors >= n.Threshold
	case NewsLead, NewsOvertake:
		return row.Rank <= n.Rank
	case NewsShare, NewsOpened, NewsListed, NewsDigest, NewsLastDay, NewsLastHour, NewsClosed, NewsThanks:
	}
	return true
}
