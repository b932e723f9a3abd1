package ranking_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
)

// oneHour are books in which everything was given in one hour.
type oneHour struct {
	*books
	hour leaderboard.Period
}

func (o oneHour) Figures(
	ctx context.Context, drive leaderboard.Drive, since leaderboard.Mark, window leaderboard.Window,
) (leaderboard.Figures, error) {
	f, err := o.books.Figures(ctx, drive, since, window)
	for _, b := range f.Balances[:len(f.Balances):len(f.Balances)] {
		if b.Period = o.hour; window.Holds(o.hour) {
			f.Balances = append(f.Balances, b)
		}
	}
	return f, err
}

// A clock that is days ahead for a while makes the ranking drop what is present. Once
// the clock is right again it comes back, even to a process that did not see it go.
func TestClockThatWasAhead(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		now := noon
		b := oneHour{newBooks(1), leaderboard.PeriodOf(leaderboard.Hour, noon, time.UTC)}
		process := func() *ranking.Follower {
			return ranking.NewFollower(ranking.FollowerConfig{Source: b, Rankings: r, Clock: func() time.Time { return now }})
		}
		rows := func() int {
			board, err := r.Board(t.Context(), leaderboard.Drive{ID: 1}, leaderboard.ByAmount, b.hour)
			require.NoError(t, err)
			return len(board.Rows())
		}
		f := process()
		b.give(1, "a.example", 500, true)
		follow(t, f)
		require.Equal(t, 1, rows())
		for _, after := range []*ranking.Follower{f, process()} {
			now = noon.Add(72 * time.Hour)
			b.give(1, "b.example", 500, false)
			follow(t, f)
			require.Zero(t, rows())
			now = noon
			follow(t, after)
			assert.Equal(t, 1, rows())
		}

		asked := b.asked
		now = noon.Add(59 * time.Minute)
		follow(t, f)
		asked++ // the other has put all in anew
		now = noon.Add(time.Hour)
		follow(t, f)
		now = noon.Add(59 * time.Minute)
		follow(t, f)
		assert.Equal(t, asked, b.asked, "the hour before is kept, for clocks that differ a little")
	})
}

// The hour and the day before are wanted too: for a digest, and by whoever audits.
func TestWhatWasBeforeComesBackToo(t *testing.T) {
	onBoth(t, func(t *testing.T, r ranking.Rankings) {
		now := noon.Add(time.Hour)
		b := oneHour{newBooks(1), leaderboard.PeriodOf(leaderboard.Hour, noon, time.UTC)}
		f := ranking.NewFollower(ranking.FollowerConfig{Source: b, Rankings: r, Clock: func() time.Time { return now }})
		b.give(1, "a.example", 500, true)
		rows := func() int {
			b.give(1, "b.example", 500, false)
			follow(t, f)
			board, err := r.Board(t.Context(), leaderboard.Drive{ID: 1}, leaderboard.ByAmount, b.hour)
			require.NoError(t, err)
			return len(board.Rows())
		}
		require.Equal(t, 1, rows(), "it is the hour before")
		now = noon.Add(2*time.Hour + 4*time.Minute)
		require.Equal(t, 1, rows(), "another clock may be behind by as much")
		now = noon.Add(2*time.Hour + 6*time.Minute)
		require.Zero(t, rows())
		now = noon.Add(119 * time.Minute)
		assert.Equal(t, 1, rows(), "the clock has gone back, and it is wanted again")
	})
}
