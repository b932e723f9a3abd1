package leaderboard

import (
	"cmp"
	"slices"
	"time"
)

// Asked is something that the bot was asked, as far as a [Budget] goes. Who, where and
// in which thread are marks by which they can be told apart, and no names.
type Asked struct {
	ID                  int64
	Asker, Host, Thread string
	At                  time.Time
	// Tried is when an answer began to be posted; the zero time if none has.
	Tried time.Time
}

// Budget is how much the bot answers. Whoever asks much waits behind those who ask
// little, and gets no answer in the end; a stranger's only question is answered.
type Budget struct {
	// AskerHour and AskerDay are the most answers to one account in an hour and a day.
	AskerHour, AskerDay int
	// Thread is the most answers in a thread within a day. Those who have had no answer
	// within a day are answered there all the same.
	Thread int
	// Hour is the most answers of all within an hour, and Reserve what of it is only for
	// those who have had none within a day.
	Hour, Reserve int
	// Waiting is how many questions may wait.
	Waiting int
	// Patience is how old a question may be to be answered at all.
	Patience time.Duration
}

// DefaultBudget stays below the 300 posts in 3 hours that Mastodon lets an account
// write, with room for what else the bot has to say.
func DefaultBudget() Budget {
	return Budget{AskerHour: 6, AskerDay: 20, Thread: 4, Hour: 90, Reserve: 30, Waiting: 500, Patience: 6 * time.Hour}
}

// BudgetWindow is for how long an answer counts.
const BudgetWindow = 24 * time.Hour

// spent is what was answered.
type spent struct {
	hour                                 int
	askerHour, askerDay, thread, hostDay map[string]int
}

func (b Budget) spentBy(answered []Asked, now time.Time) spent {
	s := spent{askerHour: map[string]int{}, askerDay: map[string]int{}, thread: map[string]int{}, hostDay: map[string]int{}}
	for _, a := range answered {
		switch ago := now.Sub(a.Tried); {
		case ago >= BudgetWindow:
			continue
		case ago < time.Hour:
			s.hour++
			s.askerHour[a.Asker]++
		}
		s.askerDay[a.Asker]++
		s.thread[a.Thread]++
		s.hostDay[a.Host]++
	}
	return s
}

// allows reports whether one more may be answered.
func (b Budget) allows(s spent, a Asked) bool {
	stranger := s.askerDay[a.Asker] == 0
	switch {
	case s.askerHour[a.Asker] >= b.AskerHour, s.askerDay[a.Asker] >= b.AskerDay:
		return false
	case stranger:
		return s.hour < b.Hour
	}
	return s.thread[a.Thread] < b.Thread && s.hour < b.Hour-b.Reserve
}

// Next puts what waits into the order in which it is to be answered, and tells how many
// of the first may be answered now. First come those who have had the fewest answers
// within a day, and of these those from an instance that has had the fewest; so that
// neither one account nor a thousand of one server keep others from theirs.
func (b Budget) Next(waiting, answered []Asked, now time.Time) (order []Asked, may int) {
	s := b.spentBy(answered, now)
	turns := make([]turn, 0, len(waiting))
	askers, hosts := map[string]int{}, map[string]int{}
	sorted := slices.SortedFunc(slices.Values(waiting), func(x, y Asked) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.ID, y.ID)) })
	// The n-th question of an account comes after n-1 others of its own, even where these
	// have not been answered yet.
	for _, a := range sorted {
		turns = append(turns, turn{asked: a, own: s.askerDay[a.Asker] + askers[a.Asker]})
		askers[a.Asker]++
	}
	slices.SortStableFunc(turns, func(x, y turn) int { return cmp.Compare(x.own, y.own) })
	for i := range turns {
		host := turns[i].asked.Host
		turns[i].hosts = s.hostDay[host] + hosts[host]
		hosts[host]++
	}
	slices.SortStableFunc(turns, func(x, y turn) int { return cmp.Or(cmp.Compare(x.own, y.own), cmp.Compare(x.hosts, y.hosts)) })
	var later []Asked
	for _, t := range turns {
		if b.allows(s, t.asked) {
			order = append(order, t.asked)
		} else {
			later = append(later, t.asked)
		}
	}
	return append(order, later...), len(order)
}

// turn is a question with how many go before it.
type turn struct {
	asked      Asked
	own, hosts int
}

// Takes reports whether a further question may wait: one whose account has as many
// waiting and answered as it may have answers is not even kept.
func (b Budget) Takes(a Asked, waiting, answered []Asked, now time.Time) bool {
	s := b.spentBy(answered, now)
	stranger := s.askerDay[a.Asker] == 0
	for _, other := range waiting {
		if other.Asker == a.Asker {
			s.askerHour[a.Asker]++
			s.askerDay[a.Asker]++
			stranger = false
		}
		if other.Thread == a.Thread {
			s.thread[a.Thread]++
		}
	}
	return now.Sub(a.At) <= b.Patience && s.askerHour[a.Asker] < b.AskerHour && s.askerDay[a.Asker] < b.AskerDay &&
		(stranger || s.thread[a.Thread] < b.Thread)
}
