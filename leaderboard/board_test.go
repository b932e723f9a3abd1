package leaderboard_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func TestBoardSharesRankNumbers(t *testing.T) {
	standings := []leaderboard.Standing{
		{Host: "d.example", Raised: 10, Donors: 7, Listed: true, Version: 3},
		{Host: "c.example", Raised: 20, Donors: 1, Reached: 1, Listed: true, Version: 4},
		{Host: "secret.example", Raised: 90, Donors: 90, Version: 99},
		{Host: "b.example", Raised: 20, Donors: 6, Reached: 2, Listed: true},
		{Host: "a.example", Raised: 30, Donors: 6, Listed: true},
	}
	before := slices.Clone(standings)
	total := leaderboard.Standing{Raised: 170, Donors: 110, Version: 2}
	at := time.Unix(7, 0)
	board := leaderboard.NewBoard(leaderboard.Drive{Version: 1}, leaderboard.ByAmount, leaderboard.Period{}, total, standings, at)
	assert.Equal(t, []leaderboard.Row{
		{Rank: 1, Host: "a.example", Raised: 30, Donors: 6},
		{Rank: 2, Host: "c.example", Raised: 20, Donors: 1},
		{Rank: 2, Host: "b.example", Raised: 20, Donors: 6},
		{Rank: 4, Host: "d.example", Raised: 10, Donors: 7},
	}, board.Rows())
	assert.EqualValues(t, 170, board.Raised)
	assert.EqualValues(t, 110, board.Donors)
	assert.Equal(t, at, board.AsOf)
	assert.EqualValues(t, 4, board.Version, "the version of what is shown, not of what is not")
	assert.Equal(t, before, standings, "the caller's list stays as it was")

	board = leaderboard.NewBoard(leaderboard.Drive{Version: 8}, leaderboard.ByDonors, leaderboard.Period{}, total, standings, at)
	var ranks []int
	for _, row := range board.Rows() {
		ranks = append(ranks, row.Rank)
	}
	assert.Equal(t, []int{1, 2, 2, 4}, ranks)
	assert.Equal(t, leaderboard.Host("d.example"), board.Rows()[0].Host)
	assert.EqualValues(t, 8, board.Version)

	row, found := board.Row("c.example")
	assert.True(t, found)
	assert.Equal(t, 4, row.Rank)
	_, found = board.Row("secret.example")
	assert.False(t, found)
}

// TestBoardDependsOnListedOnly draws standings and holds the board against the
// same with other figures of what is not listed.
func TestBoardDependsOnListedOnly(t *testing.T) {
	hosts := []leaderboard.Host{"a.example", "b.example", "c.example", "d.example", "e.example"}
	rapid.Check(t, func(rt *rapid.T) {
		view := rapid.SampledFrom([]leaderboard.View{leaderboard.ByAmount, leaderboard.ByDonors}).Draw(rt, "view")
		var standings, others []leaderboard.Standing
		listed := map[leaderboard.Host]leaderboard.Standing{}
		for _, host := range hosts {
			s := drawStanding(rt, host)
			standings = append(standings, s)
			if s.Listed {
				listed[host] = s
			} else {
				s = drawStanding(rt, host)
				s.Listed, s.Version = false, 9
			}
			others = append(others, s)
		}
		rank := func(from []leaderboard.Standing) leaderboard.Board {
			mixed := rapid.Permutation(from).Draw(rt, "order")
			return leaderboard.NewBoard(leaderboard.Drive{}, view, leaderboard.Period{}, leaderboard.Standing{}, mixed, time.Time{})
		}
		board := rank(standings)
		require.Equal(rt, board, rank(others))
		require.Len(rt, board.Rows(), len(listed))
		for _, row := range board.Rows() {
			s, found := listed[row.Host]
			require.True(rt, found)
			better := 0
			for _, other := range listed {
				if view.Score(other) > view.Score(s) {
					better++
				}
			}
			require.Equal(rt, 1+better, row.Rank, "1 and how many are better")
		}
	})
}
