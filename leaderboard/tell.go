package leaderboard

import (
	"maps"
	"slices"
	"time"
)

// Scene is what news is found in: the boards of a drive by amount, as the public
// sees them.
type Scene struct {
	Now time.Time
	// All is of all time, Yesterday of the day before.
	All, Yesterday Board
}

const (
	// justOpened is how long after the start an opening is news.
	justOpened = 6 * time.Hour
	// settled is how long after the end the last notices are waited for.
	settled = 10 * time.Minute
	// overFor is how long after the end the closing is news.
	overFor = 48 * time.Hour
	// thanksLater is how long after the digest the donors of the day are thanked.
	thanksLater = 3 * time.Hour
	// tooLate is how long after its hour a digest is still told.
	tooLate = 12 * time.Hour
)

// Tell compares what was last said of a drive with what is, and gives what is to be
// said now and what will then have been said. A burst is one news, because nothing
// is told but the outcome. Only listed instances are named, since boards hold no
// others. What a refund has undone is not told, and not told again when it is
// passed again.
func (s Speech) Tell(was Said, is Scene) ([]News, Said) {
	t := teller{speech: s, is: is, drive: is.All.Drive, said: was.clone()}
	state := t.drive.State(is.Now)
	if state == Upcoming {
		return nil, t.said
	}
	t.open()
	t.notice()
	t.tidy()
	if state == Closed {
		t.close()
	} else {
		t.lastHours()
	}
	t.digest()
	t.announce()
	if s.Silent {
		t.led(t.said.Untold)
		t.said.Untold = nil
		return nil, t.said
	}
	return t.news, t.said
}

// clone makes the maps and lists one's own.
func (s Said) clone() Said {
	s.Amounts, s.Donors, s.Listed = maps.Clone(s.Amounts), maps.Clone(s.Donors), maps.Clone(s.Listed)
	if s.Amounts == nil {
		s.Amounts = map[Host]Cents{}
	}
	if s.Donors == nil {
		s.Donors = map[Host]int64{}
	}
	if s.Listed == nil {
		s.Listed = map[Host]bool{}
	}
	if s.Best = maps.Clone(s.Best); s.Best == nil {
		s.Best = map[Host]int{}
	}
	s.Untold, s.Announced = slices.Clone(s.Untold), slices.Clone(s.Announced)
	return s
}

// teller is one comparison.
type teller struct {
	speech Speech
	is     Scene
	drive  Drive
	said   Said
	news   []News
	// fresh says that nothing has been said of the drive, so that what is there now is
	// taken as known.
	fresh bool
}

func (t *teller) about(kind NewsKind) News {
	return News{Kind: kind, Drive: t.drive.ID, At: t.is.Now.UTC()}
}

// say puts news into the outbox.
func (t *teller) say(n News) {
	t.news = append(t.news, n)
	t.said.Last = t.is.Now.UTC()
	t.led(append([]News{n}, n.With...))
}

// led keeps who leads by news that is told, or that goes by untold.
func (t *teller) led(news []News) {
	for _, n := range news {
		if row, listed := t.is.All.Row(n.Host); listed && n.Kind == NewsLead {
			t.said.Lead = Seen{row.Host, row.Raised}
		}
	}
}

// wait keeps news for the next announcement or the digest.
func (t *teller) wait(n News) {
	if !t.fresh && t.drive.State(t.is.Now) == Live {
		t.said.Untold = append(t.said.Untold, n)
	}
}

// open tells of a drive that has just opened. A bot that comes later than that takes
// what it finds as known, or it would begin with all that has happened so far.
func (t *teller) open() {
	if t.said.Opened {
		return
	}
	t.said.Opened, t.fresh = true, true
	if !t.drive.Start.IsZero() && t.is.Now.Sub(t.drive.Start) < justOpened && t.drive.State(t.is.Now) == Live {
		t.say(t.about(NewsOpened))
	}
}

// notice finds what has been passed since the last time.
func (t *teller) notice() {
	board := t.is.All
	if share := passedShare(t.drive.Goal, board.Raised); share > t.said.Share {
		t.said.Share = share
		n := t.about(NewsShare)
		n.Threshold = int64(share)
		t.wait(n)
	}
	for _, row := range board.Rows() {
		t.noticeInstance(row)
	}
	t.noticeOrder(board.Rows())
}

func (t *teller) noticeInstance(row Row) {
	about := func(kind NewsKind, threshold int64) News {
		n := t.about(kind)
		n.Host, n.Threshold = row.Host, threshold
		return n
	}
	amount, donors := passed(t.speech.Amounts, row.Raised), passed(t.speech.Donors, row.Donors)
	if !t.said.Listed[row.Host] {
		// That it is here is the news; how much it has brought along is told with it.
		t.said.Listed[row.Host] = true
		t.said.Amounts[row.Host], t.said.Donors[row.Host] = max(amount, t.said.Amounts[row.Host]), max(donors, t.said.Donors[row.Host])
		t.wait(about(NewsListed, 0))
		return
	}
	if amount > t.said.Amounts[row.Host] {
		t.said.Amounts[row.Host] = amount
		t.wait(about(NewsAmount, int64(amount)))
	}
	if donors > t.said.Donors[row.Host] {
		t.said.Donors[row.Host] = donors
		t.wait(about(NewsDonors, donors))
	}
}

// passed is the greatest step of a ladder that has been reached, or 0.
func passed[N ~int64](ladder []N, figure N) N {
	reached := N(0)
	for _, step := range ladder {
		if figure >= step && step > reached {
			reached = step
		}
	}
	return reached
}

// noticeOrder finds who has taken the lead, and who has risen among the first, higher
// than ever: two who pass each other again and again are news once. Who only rose because
// another gift was refunded has not risen.
func (t *teller) noticeOrder(rows []Row) {
	alone := func(i int) bool {
		return (i == 0 || rows[i-1].Rank != rows[i].Rank) && (i+1 == len(rows) || rows[i+1].Rank != rows[i].Rank)
	}
	leads := len(rows) > 0 && alone(0)
	if leads {
		t.noticeLead(rows[0])
	}
	was := t.said.Front
	t.said.Front = nil
	for i, row := range rows[:min(len(rows), t.speech.First)] {
		t.said.Front = append(t.said.Front, Seen{row.Host, row.Raised})
		best, ranked := t.said.Best[row.Host]
		if !ranked || row.Rank < best {
			t.said.Best[row.Host] = row.Rank
		}
		higher := !ranked || row.Rank < best
		if len(was) > 0 && alone(i) && (i > 0 || !leads) && higher && overtook(was, rows[i:], row) {
			n := t.about(NewsOvertake)
			n.Host, n.Rank = row.Host, row.Rank
			t.wait(n)
		}
	}
}

// noticeLead compares who leads with whom was last told to lead. Who leads and is
// passed again before it was told has not led.
func (t *teller) noticeLead(row Row) {
	waiting := slices.IndexFunc(t.said.Untold, func(n News) bool { return n.Kind == NewsLead })
	if waiting >= 0 && t.said.Untold[waiting].Host != row.Host {
		t.said.Untold = slices.Delete(t.said.Untold, waiting, waiting+1)
		waiting = -1
	}
	last := &t.said.Lead
	if former, listed := t.is.All.Row(last.Host); listed {
		last.Raised = max(last.Raised, former.Raised)
	}
	switch {
	case row.Host == last.Host || waiting >= 0:
	case t.fresh || last.Host == "" || row.Raised <= last.Raised:
		*last = Seen{row.Host, row.Raised}
	default:
		n := t.about(NewsLead)
		n.Host, n.Rank = row.Host, 1
		t.wait(n)
	}
}

// overtook reports whether an instance has passed one that stood before it. Behind are
// the rows from its own on.
func overtook(was []Seen, behind []Row, row Row) bool {
	for _, before := range was {
		if before.Host == row.Host {
			return false
		}
		passed := slices.ContainsFunc(behind, func(other Row) bool { return other.Host == before.Host })
		if passed && row.Raised > before.Raised {
			return true
		}
	}
	return false
}

// lastHours tells that the end is near, of drives that are long enough.
func (t *teller) lastHours() {
	if t.drive.End.IsZero() {
		return
	}
	left := t.drive.End.Sub(t.is.Now)
	whole := time.Duration(1<<63 - 1)
	if !t.drive.Start.IsZero() {
		whole = t.drive.End.Sub(t.drive.Start)
	}
	if left <= time.Hour && !t.said.LastHour {
		t.said.LastHour, t.said.LastDay = true, true
		if whole > 6*time.Hour && !t.fresh {
			t.say(t.about(NewsLastHour))
		}
	}
	if left <= 24*time.Hour && !t.said.LastDay {
		t.said.LastDay = true
		if whole > 48*time.Hour && !t.fresh {
			t.say(t.about(NewsLastDay))
		}
	}
}

// close tells how it ended, once the last notices are in. What waits is part of it.
func (t *teller) close() {
	since := t.is.Now.Sub(t.drive.End)
	if t.said.Closed || since < settled {
		return
	}
	t.said.Closed, t.said.LastDay, t.said.LastHour, t.said.Untold = true, true, true, nil
	if since < overFor && !t.fresh {
		t.say(t.about(NewsClosed))
	}
}

// digest tells of the day that is over, and later thanks those who gave on it.
func (t *teller) digest() {
	day := t.is.Yesterday.Period
	if t.speech.DigestHour < 0 || day.Span != Day {
		return
	}
	today := PeriodOf(Day, t.is.Now, t.drive.Zone)
	due := time.UnixMicro(today.Start).Add(time.Duration(t.speech.DigestHour) * time.Hour)
	// The closing tells how it ended; who gave on the last days is thanked all the same.
	over := t.drive.State(t.is.Now) == Closed
	told := func(last *int64, due time.Time, kind NewsKind, wanted bool) {
		if *last >= day.Start || t.is.Now.Before(due) {
			return
		}
		*last = day.Start
		quiet := t.is.Yesterday.Donors == 0 || kind == NewsThanks && len(t.is.Yesterday.Rows()) == 0
		if t.fresh || quiet || !wanted || t.is.Now.Sub(due) > tooLate {
			return
		}
		n := t.about(kind)
		n.Period = day
		if kind == NewsDigest {
			n.With, t.said.Untold = t.said.Untold, nil
		}
		t.say(n)
	}
	told(&t.said.Digest, due, NewsDigest, !over)
	told(&t.said.Thanked, due.Add(thanksLater), NewsThanks, t.speech.Thanks)
}
