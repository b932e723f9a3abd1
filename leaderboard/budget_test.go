package leaderboard_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

var asked0 = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func question(id int64, asker, host, thread string) leaderboard.Asked {
	return leaderboard.Asked{ID: id, Asker: asker, Host: host, Thread: thread, At: asked0.Add(time.Duration(id) * time.Second)}
}

// answers are n of them, so long ago.
func answers(n int, asker, host, thread string, ago time.Duration) []leaderboard.Asked {
	var all []leaderboard.Asked
	for i := range n {
		a := question(int64(1000+i), asker, host, thread)
		a.Tried = asked0.Add(-ago)
		all = append(all, a)
	}
	return all
}

func ids(order []leaderboard.Asked) (list []int64) {
	for _, a := range order {
		list = append(list, a.ID)
	}
	return list
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := leaderboard.DefaultBudget()
	ann := question(1, "ann", "a", "t1")
	for name, tt := range map[string]struct {
		answered []leaderboard.Asked
		may      bool
	}{
		"the first":                      {nil, true},
		"the sixth in an hour":           {answers(5, "ann", "a", "other", time.Minute), true},
		"the seventh":                    {answers(6, "ann", "a", "other", time.Minute), false},
		"the seventh, an hour later":     {answers(6, "ann", "a", "other", time.Hour), true},
		"the 21st of a day":              {answers(20, "ann", "a", "other", 2*time.Hour), false},
		"a day later":                    {answers(20, "ann", "a", "other", 24*time.Hour), true},
		"a thread that goes on":          {append(answers(1, "ann", "a", "x", time.Hour), answers(4, "bob", "a", "t1", time.Minute)...), false},
		"a stranger in it":               {answers(4, "bob", "a", "t1", time.Minute), true},
		"a busy hour":                    {append(answers(1, "ann", "a", "x", 2*time.Hour), answers(60, "others", "a", "x", time.Minute)...), false},
		"a stranger in a busy hour":      {answers(89, "others", "a", "x", time.Minute), true},
		"a stranger when all is used up": {answers(90, "others", "a", "x", time.Minute), false},
	} {
		order, may := b.Next([]leaderboard.Asked{ann}, tt.answered, asked0)
		assert.Equal(t, tt.may, may == 1, name)
		assert.Len(t, order, 1, name)
	}
}

func TestWhoIsAnsweredFirst(t *testing.T) {
	t.Parallel()
	b := leaderboard.DefaultBudget()
	waiting := []leaderboard.Asked{
		question(1, "ann", "big", "1"), question(2, "ann", "big", "2"), question(3, "bob", "big", "3"),
		question(4, "cy", "big", "4"), question(5, "dee", "small", "5"), question(6, "regular", "other", "6"),
	}
	order, may := b.Next(waiting, answers(1, "regular", "other", "x", time.Hour), asked0)
	assert.Equal(t, []int64{1, 5, 3, 4, 6, 2}, ids(order))
	assert.Equal(t, 6, may)
	assert.Equal(t, int64(1), waiting[0].ID, "what was given is as it was")
	tired, may := b.Next(waiting, answers(6, "ann", "big", "x", time.Minute), asked0)
	assert.Equal(t, 4, may)
	assert.ElementsMatch(t, []int64{1, 2}, ids(tired[4:]), "who may not be answered comes last")
}

func TestWhatIsNotEvenKept(t *testing.T) {
	t.Parallel()
	b := leaderboard.DefaultBudget()
	var waiting []leaderboard.Asked
	for i := range 10 {
		next := question(int64(i), "ann", "a", strconv.Itoa(i))
		if b.Takes(next, waiting, nil, asked0) {
			waiting = append(waiting, next)
		}
	}
	assert.Len(t, waiting, 6)
	same := waiting[:0:0]
	for i := range 10 {
		next := question(int64(i), []string{"ann", "bob"}[i%2], "a", "one")
		if b.Takes(next, same, nil, asked0) {
			same = append(same, next)
		}
	}
	assert.Len(t, same, 4)
	assert.True(t, b.Takes(question(11, "cy", "a", "one"), same, nil, asked0), "a stranger in a thread that is full")
	old := question(1, "ann", "a", "t")
	assert.True(t, b.Takes(old, nil, nil, old.At.Add(6*time.Hour)))
	assert.False(t, b.Takes(old, nil, nil, old.At.Add(6*time.Hour+1)))
}

// Whoever asks, and however often: nobody is answered beyond a budget, and an account
// that asks once is answered before anybody's second question.
func TestBudgetHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := leaderboard.Budget{AskerHour: 2, AskerDay: 4, Thread: 3, Hour: 9, Reserve: 3, Waiting: 50, Patience: time.Hour}
		name := func(label string, n int) string { return strconv.Itoa(rapid.IntRange(0, n).Draw(t, label)) }
		var waiting, answered []leaderboard.Asked
		now := asked0
		for i := range rapid.IntRange(1, 60).Draw(t, "questions") {
			a := question(int64(i), name("asker", 8), name("host", 3), name("thread", 5))
			if b.Takes(a, waiting, answered, a.At) {
				waiting = append(waiting, a)
			}
		}
		for range 30 {
			order, may := b.Next(waiting, answered, now)
			if len(order) != len(waiting) {
				t.Fatal("a question was lost")
			}
			if may == 0 {
				now = now.Add(20 * time.Minute)
				continue
			}
			had, others := map[string]int{}, map[string]int{}
			for _, a := range answered {
				if now.Sub(a.Tried) < 24*time.Hour {
					had[a.Asker]++
				}
			}
			for _, a := range order[:may] {
				others[a.Asker]++
			}
			first := order[0]
			for asker := range others {
				if had[asker] < had[first.Asker] {
					t.Fatalf("%s had %d answers and goes before one who had %d", first.Asker, had[first.Asker], had[asker])
				}
			}
			first.Tried = now
			answered, waiting = append(answered, first), order[1:]
			inHour := map[string]int{}
			all := 0
			for _, a := range answered {
				if now.Sub(a.Tried) < time.Hour {
					inHour[a.Asker]++
					all++
				}
			}
			if all > b.Hour || inHour[first.Asker] > b.AskerHour || had[first.Asker]+1 > b.AskerDay {
				t.Fatal("more than the budget")
			}
		}
	})
}
