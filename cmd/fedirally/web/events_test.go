package web

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// replica is what a reader of the stream has, by the rules of docs/openapi.yaml.
type replica []eventRow

func (r replica) apply(e boardEvent) replica {
	if e.Full {
		return e.Standings
	}
	out := map[leaderboard.Host]bool{}
	for _, host := range e.Gone {
		out[host] = true
	}
	for _, row := range e.Standings {
		out[row.Host] = true
	}
	next := slices.DeleteFunc(slices.Clone(r), func(row eventRow) bool { return out[row.Host] })
	for _, row := range e.Standings {
		next = slices.Insert(next, min(row.Position-1, len(next)), row)
	}
	next = next[:min(len(next), templates.RowsPerPage)]
	for i := range next {
		next[i].Position, next[i].Rank = i+1, i+1
		if i > 0 && next[i].Raised == next[i-1].Raised {
			next[i].Rank = next[i-1].Rank
		}
	}
	return next
}

// Whatever happens, applying the events one by one gives the board as it is.
func TestEventsAddUpToTheBoard(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.IntRange(1, 130).Draw(t, "hosts")
		standings := map[leaderboard.Host]leaderboard.Standing{}
		at := func(i int) leaderboard.Host {
			return leaderboard.Host("h" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example")
		}
		for i := range hosts {
			standings[at(i)] = row(string(at(i)), leaderboard.Cents(100+i%9), 5, true)
		}
		board := func() *snapshot {
			var all []leaderboard.Standing
			for _, s := range standings {
				all = append(all, s)
			}
			drive := leaderboard.Drive{Slug: "vote", Goal: 1}
			return &snapshot{board: leaderboard.NewBoard(drive, leaderboard.ByAmount, leaderboard.Period{}, leaderboard.Standing{Raised: 9}, all, start)}
		}
		snap := board()
		seen := newScene(snap, snap, start)
		have := replica(nil).apply(seen.full())
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			for range rapid.IntRange(1, 5).Draw(t, "changes") {
				host := at(rapid.IntRange(0, hosts-1).Draw(t, "host"))
				standing := standings[host]
				switch rapid.IntRange(0, 4).Draw(t, "kind") {
				case 0:
					standing.Listed = !standing.Listed
				case 1:
					standing.Reached++ // a tie falls differently though no figure changes
				case 2:
					standing.Donors++
				default:
					standing.Raised += leaderboard.Cents(rapid.IntRange(-3, 8).Draw(t, "cents"))
				}
				standings[host] = standing
			}
			snap = board()
			now := newScene(snap, snap, start)
			event := now.since(seen)
			have, seen = have.apply(event), now
			want := now.full().Standings
			require.Len(t, have, len(want))
			for i := range want {
				assert.Equal(t, want[i], have[i])
			}
		}
	})
}

func TestEventsCarryOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	drive := leaderboard.Drive{Slug: "vote", Goal: 10_000_00, MinDonors: 5}
	snap := func(standings ...leaderboard.Standing) *snapshot {
		total := leaderboard.Standing{Raised: 70_00, Donors: 9, Version: 7}
		return &snapshot{board: leaderboard.NewBoard(drive, leaderboard.ByAmount, leaderboard.Period{}, total, standings, start)}
	}
	before := snap(row("a.example", 30, 5, true), row("b.example", 20, 5, true), row("c.example", 10, 5, true))
	after := snap(row("a.example", 30, 5, true), row("c.example", 35, 6, true))
	event := newScene(after, after, start).since(newScene(before, before, start))
	assert.Equal(t, boardEvent{
		Drive: "vote", View: "amount", Period: "all", State: leaderboard.Live, Goal: 10_000_00, Raised: 70_00, Donors: 9,
		Total: sums{70_00, 9}, AsOf: new(start), Version: 40, MinDonors: 5, Listed: 2,
		Standings: []eventRow{{1, standingItem{1, "c.example", "c.example", 35, 6}}},
		Gone:      []leaderboard.Host{"b.example"},
	}, event)
	message, err := event.message()
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(message), "id: 40\nevent: board\ndata: {\"full\":false,"), string(message))
	assert.True(t, strings.HasSuffix(string(message), "}\n\n"))
	assert.Equal(t, 1, strings.Count(string(message), "\n\n"))
}

func TestASceneIsTheSameWhileNothingChanges(t *testing.T) {
	t.Parallel()
	end := start.Add(time.Hour)
	snap := &snapshot{board: leaderboard.NewBoard(leaderboard.Drive{End: end}, leaderboard.ByAmount, leaderboard.Period{}, leaderboard.Standing{}, nil, start)}
	seen := newScene(snap, snap, start)
	assert.True(t, newScene(snap, snap, start.Add(time.Minute)).sameAs(seen))
	assert.False(t, newScene(snap, snap, end).sameAs(seen), "the drive has closed")
	assert.False(t, newScene(&snapshot{board: snap.board, stale: true}, snap, start).sameAs(seen))
}
