package rankingtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
)

const drive = 7

var (
	now    = time.Date(2026, 10, 24, 20, 14, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant
	all    = leaderboard.Period{}                            //nolint:gochecknoglobals // a constant
	window = leaderboard.WindowAt(now, time.UTC)             //nolint:gochecknoglobals // a constant
)

// listed makes a balance for all time.
func listed(host leaderboard.Host, cents leaderboard.Cents, donors, reached, version int64) leaderboard.Balance {
	return leaderboard.Balance{Standing: leaderboard.Standing{
		Host: host, Raised: cents, Donors: donors, Reached: reached, Listed: true, Version: version,
	}}
}

func unlisted(host leaderboard.Host, version int64) leaderboard.Balance {
	return leaderboard.Balance{Standing: leaderboard.Standing{Host: host, Raised: 31_41, Donors: 4, Version: version}}
}

func whole(version int64, balances ...leaderboard.Balance) leaderboard.Figures {
	f := more(version, balances...)
	f.Whole = true
	return f
}

func more(version int64, balances ...leaderboard.Balance) leaderboard.Figures {
	return leaderboard.Figures{
		Drive: drive, Mark: leaderboard.Mark{Version: version, Witness: fmt.Sprint("at ", version)}, Balances: balances,
	}
}

// bench is a ranking under test with the drive that the tests use.
type bench struct {
	ranking.Rankings
	t require.TestingT
	c interface{ Context() context.Context }
}

func (b bench) put(f leaderboard.Figures) {
	require.NoError(b.t, b.Put(b.c.Context(), f, window, now))
}

func (b bench) board(view leaderboard.View, period leaderboard.Period) leaderboard.Board {
	board, err := b.Board(b.c.Context(), leaderboard.Drive{ID: drive}, view, period)
	require.NoError(b.t, err)
	return board
}

// said writes rows as "1 host cents donors".
func said(rows []leaderboard.Row) []string {
	words := make([]string, len(rows))
	for i, row := range rows {
		words[i] = fmt.Sprint(row.Rank, " ", row.Host, " ", int64(row.Raised), " ", row.Donors)
	}
	return words
}

// Run holds a ranking to its contract. Open gives an empty one.
func Run(t *testing.T, open func(t testing.TB) ranking.Rankings) {
	for name, test := range map[string]func(*testing.T, bench){
		"nothing is held at first":                     testEmpty,
		"order, ties and shared ranks":                 testOrder,
		"neighbours":                                   testAround,
		"what is not listed is not there":              testUnlisted,
		"a later version stands":                       testVersions,
		"the mark comes with the values":               testMark,
		"what is seen raises the version":              testShown,
		"so does a new edition of the drive":           testEdition,
		"periods outside the window go":                testWindow,
		"a new generation takes the place of all":      testWhole,
		"many hosts at once":                           testMany,
		"great figures":                                testGreat,
		"drives that publish at clock steps":           testSteps,
		"dump":                                         testDump,
		"any order and repetition gives the same rank": testAnyOrder,
	} {
		t.Run(name, func(t *testing.T) {
			b := bench{Rankings: open(t), t: t, c: t}
			test(t, b)
			require.NoError(t, b.Close())
		})
	}
}

func testEmpty(t *testing.T, b bench) {
	mark, err := b.Mark(t.Context(), drive)
	require.NoError(t, err)
	assert.Zero(t, mark)
	_, err = b.Board(t.Context(), leaderboard.Drive{ID: drive}, leaderboard.ByAmount, all)
	require.ErrorIs(t, err, ranking.ErrEmpty)
	_, err = b.Top(t.Context(), drive, leaderboard.ByAmount, all, 3)
	require.ErrorIs(t, err, ranking.ErrEmpty)
	_, err = b.Rank(t.Context(), drive, leaderboard.ByAmount, all, "a.example")
	require.ErrorIs(t, err, ranking.ErrEmpty)
	require.ErrorIs(t, b.Put(t.Context(), more(3, listed("a.example", 1, 1, 1, 1)), window, now), ranking.ErrStale,
		"nothing can be added to what is not there")
	dump, err := b.Dump(t.Context(), drive)
	require.NoError(t, err)
	assert.Zero(t, dump.Mark)
	assert.Empty(t, dump.Balances)
	b.put(whole(1))
	assert.Empty(t, b.board(leaderboard.ByAmount, all).Rows(), "an empty board is a board")
}

func testOrder(t *testing.T, b bench) {
	b.put(whole(9,
		listed("late.example", 500, 3, 30, 1), listed("early.example", 500, 9, 20, 2), listed("b.example", 500, 3, 30, 3),
		listed("top.example", 900, 3, 99, 4), listed("end.example", 100, 9, 1, 5), listed("*", 2500, 27, 99, 6)))
	assert.Equal(t, []string{
		"1 top.example 900 3", "2 early.example 500 9", "2 b.example 500 3", "2 late.example 500 3", "5 end.example 100 9",
	}, said(b.board(leaderboard.ByAmount, all).Rows()))
	board := b.board(leaderboard.ByDonors, all)
	assert.Equal(t, []string{
		"1 end.example 100 9", "1 early.example 500 9", "3 b.example 500 3", "3 late.example 500 3", "3 top.example 900 3",
	}, said(board.Rows()))
	assert.EqualValues(t, 2500, board.Raised)
	assert.EqualValues(t, 27, board.Donors)
	rows, err := b.Top(t.Context(), drive, leaderboard.ByAmount, all, 3)
	require.NoError(t, err)
	assert.Equal(t, []string{"1 top.example 900 3", "2 early.example 500 9", "2 b.example 500 3"}, said(rows))
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 5: 5, 99: 5} {
		rows, err := b.Top(t.Context(), drive, leaderboard.ByDonors, all, n)
		require.NoError(t, err)
		assert.Len(t, rows, want)
	}
}

func testAround(t *testing.T, b bench) {
	b.put(whole(9,
		listed("a.example", 900, 1, 1, 1), listed("b.example", 500, 2, 1, 1), listed("c.example", 500, 3, 2, 1),
		listed("d.example", 500, 4, 3, 1), listed("e.example", 100, 5, 1, 1)))
	around := func(view leaderboard.View, host leaderboard.Host, n int) []string {
		rows, err := b.Around(t.Context(), drive, view, all, host, n)
		require.NoError(t, err)
		return said(rows)
	}
	assert.Equal(t, []string{"2 b.example 500 2", "2 c.example 500 3", "2 d.example 500 4"}, around(leaderboard.ByAmount, "c.example", 1))
	assert.Equal(t, []string{"2 d.example 500 4", "5 e.example 100 5"}, around(leaderboard.ByAmount, "e.example", 1),
		"the first of them has its rank though its equals are not among them")
	assert.Equal(t, []string{"1 a.example 900 1", "2 b.example 500 2"}, around(leaderboard.ByAmount, "a.example", 1))
	assert.Equal(t, []string{"1 e.example 100 5", "2 d.example 500 4", "3 c.example 500 3"}, around(leaderboard.ByDonors, "e.example", 2))
	for n, want := range map[int]int{-1: 1, 0: 1, 99: 5, math.MaxInt: 5} {
		assert.Len(t, around(leaderboard.ByDonors, "c.example", n), want)
	}
	row, err := b.Rank(t.Context(), drive, leaderboard.ByAmount, all, "d.example")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.Row{Rank: 2, Host: "d.example", Raised: 500, Donors: 4}, row)
	for _, host := range []leaderboard.Host{"nobody.example", "*", ""} {
		_, err := b.Around(t.Context(), drive, leaderboard.ByAmount, all, host, 1)
		require.ErrorIs(t, err, ranking.ErrUnlisted, host)
		_, err = b.Rank(t.Context(), drive, leaderboard.ByAmount, leaderboard.Period{Span: leaderboard.Hour, Start: 5}, "a.example")
		require.ErrorIs(t, err, ranking.ErrUnlisted, "no such period")
	}
}

func testUnlisted(t *testing.T, b bench) {
	b.put(whole(9, unlisted("secret.example", 1), listed("a.example", 5, 5, 1, 1), listed("", 77, 7, 1, 1), listed("*", 500, 8, 1, 2)))
	assert.Equal(t, []string{"1 a.example 5 5"}, said(b.board(leaderboard.ByAmount, all).Rows()))
	_, err := b.Rank(t.Context(), drive, leaderboard.ByAmount, all, "secret.example")
	require.ErrorIs(t, err, ranking.ErrUnlisted)

	b.put(more(10, unlisted("a.example", 10)))
	assert.Empty(t, b.board(leaderboard.ByAmount, all).Rows())
	assert.Empty(t, b.board(leaderboard.ByDonors, all).Rows())
	b.put(more(10, listed("a.example", 6, 6, 1, 9)))
	assert.Empty(t, b.board(leaderboard.ByAmount, all).Rows(), "a late writer does not bring it back")
	b.put(more(11, listed("a.example", 7, 7, 1, 11)))
	assert.Equal(t, []string{"1 a.example 7 7"}, said(b.board(leaderboard.ByAmount, all).Rows()))

	dump, err := b.Dump(t.Context(), drive)
	require.NoError(t, err)
	for _, balance := range dump.Balances {
		if balance.Host == "secret.example" {
			assert.Equal(t, leaderboard.Standing{Host: "secret.example", Version: 1}, balance.Standing, "a name and no figures")
		}
		assert.NotEqual(t, leaderboard.Unattributed, balance.Host)
	}
}

func testVersions(t *testing.T, b bench) {
	b.put(whole(5, listed("a.example", 50, 5, 5, 5), listed("*", 50, 5, 5, 5)))
	b.put(more(6, listed("a.example", 40, 4, 4, 4), listed("*", 40, 4, 4, 4)))
	b.put(more(6, listed("a.example", 41, 4, 4, 5), listed("*", 41, 4, 4, 5)))
	assert.Equal(t, []string{"1 a.example 50 5"}, said(b.board(leaderboard.ByAmount, all).Rows()), "older, or the same again")
	assert.EqualValues(t, 50, b.board(leaderboard.ByAmount, all).Raised)
	b.put(more(7, listed("a.example", 30, 3, 9, 7), listed("*", 30, 3, 9, 7)))
	assert.Equal(t, []string{"1 a.example 30 3"}, said(b.board(leaderboard.ByAmount, all).Rows()), "figures may fall")
	assert.EqualValues(t, 30, b.board(leaderboard.ByAmount, all).Raised)
}

func testMark(t *testing.T, b bench) {
	at := func() int64 {
		mark, err := b.Mark(t.Context(), drive)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint("at ", mark.Version), mark.Witness)
		return mark.Version
	}
	b.put(whole(5))
	assert.EqualValues(t, 5, at())
	b.put(more(8))
	assert.EqualValues(t, 8, at())
	b.put(more(6, listed("a.example", 1, 1, 1, 6)))
	assert.EqualValues(t, 8, at(), "it never goes back")
	b.put(whole(3))
	assert.EqualValues(t, 3, at(), "but with a new generation, of a ledger that was restored")
	other, err := b.Mark(t.Context(), drive+1)
	require.NoError(t, err)
	assert.Zero(t, other)
}

func testShown(t *testing.T, b bench) {
	b.put(whole(5, listed("a.example", 50, 5, 5, 2), unlisted("u.example", 3), listed("*", 60, 6, 5, 4)))
	shown := func() int64 {
		version, err := b.Shown(t.Context(), drive)
		require.NoError(t, err)
		assert.Equal(t, version, b.board(leaderboard.ByAmount, all).Version)
		return version
	}
	start := now.UnixMicro()
	assert.Equal(t, start, shown(), "the time tells nothing of how many changes there were that nobody saw")
	for _, f := range []leaderboard.Figures{
		more(6), more(7, unlisted("u.example", 7)), more(8, unlisted("new.example", 8)),
		more(9, listed("*", 60, 6, 9, 9)), more(10, listed("a.example", 50, 5, 5, 10)),
	} {
		b.put(f)
		assert.Equal(t, start, shown(), "nobody can see a difference")
	}
	at := b.board(leaderboard.ByAmount, all).AsOf
	assert.Equal(t, now, at)
	later := now.Add(time.Minute)
	require.NoError(t, b.Put(t.Context(), more(12, listed("a.example", 51, 5, 5, 11)), window, later))
	last := later.UnixMicro()
	assert.Equal(t, last, shown())
	assert.Equal(t, later, b.board(leaderboard.ByDonors, all).AsOf)
	b.put(more(13, listed("*", 61, 6, 9, 13)))
	assert.Equal(t, last+1, shown(), "it rises though the clock is behind")
	b.put(more(14, unlisted("a.example", 14)))
	assert.Equal(t, last+2, shown(), "it is gone")
	b.put(more(20, unlisted("a.example", 20)))
	assert.Equal(t, last+2, shown(), "it was gone already")
	b.put(whole(6))
	assert.Equal(t, last+3, shown(), "it never falls")
	seen := whole(7)
	seen.Seen = last + 100
	b.put(seen)
	assert.Equal(t, last+101, shown(), "not below what another has shown, either")
	other, err := b.Shown(t.Context(), drive+1)
	require.NoError(t, err)
	assert.Zero(t, other)
}

func testEdition(t *testing.T, b bench) {
	edited := func(f leaderboard.Figures, edition int64) leaderboard.Board {
		f.Edition = edition
		require.NoError(t, b.Put(t.Context(), f, window, now.Add(time.Duration(edition)*time.Minute)))
		return b.board(leaderboard.ByAmount, all)
	}
	first := edited(whole(5, listed("a.example", 50, 5, 5, 2)), 3)
	assert.Equal(t, first.Version, edited(more(6, unlisted("u.example", 6)), 3).Version)
	second := edited(more(7), 7)
	assert.Equal(t, now.Add(7*time.Minute).UnixMicro(), second.Version, "a new title is seen")
	assert.Equal(t, first.AsOf, second.AsOf, "the figures are as they were")
	assert.Equal(t, second.Version, edited(more(7), 5).Version, "a late writer knows an older one")
	third := edited(whole(7), 7)
	assert.Equal(t, third.Version, edited(more(8), 7).Version)
}

func testWindow(t *testing.T, b bench) {
	hour := func(t time.Time) leaderboard.Period { return leaderboard.PeriodOf(leaderboard.Hour, t, time.UTC) }
	at := func(host leaderboard.Host, period leaderboard.Period) leaderboard.Balance {
		balance := listed(host, 5, 5, 5, 5)
		balance.Period = period
		return balance
	}
	b.put(whole(5, at("now.example", hour(now)), at("last.example", hour(now.Add(-time.Hour))),
		at("old.example", hour(now.Add(-2*time.Hour))), at("next.example", hour(now.Add(time.Hour)))))
	rows := func(period leaderboard.Period) int { return len(b.board(leaderboard.ByAmount, period).Rows()) }
	assert.Equal(t, 1, rows(hour(now)))
	assert.Equal(t, 1, rows(hour(now.Add(-time.Hour))))
	assert.Zero(t, rows(hour(now.Add(-2*time.Hour))))
	assert.Equal(t, 1, rows(hour(now.Add(time.Hour))))
	assert.Zero(t, rows(all))

	later := now.Add(2 * time.Hour)
	require.NoError(t, b.Put(t.Context(), more(6), leaderboard.WindowAt(later, time.UTC), later))
	assert.Zero(t, rows(hour(now)))
	assert.Zero(t, rows(hour(now.Add(-time.Hour))))
	assert.Equal(t, 1, rows(hour(now.Add(time.Hour))))
	dump, err := b.Dump(t.Context(), drive)
	require.NoError(t, err)
	assert.Len(t, dump.Balances, 1)
}

func testWhole(t *testing.T, b bench) {
	b.put(whole(9, listed("a.example", 9, 9, 9, 9), listed("b.example", 8, 8, 8, 8)))
	b.put(whole(5, listed("a.example", 4, 4, 4, 4)))
	assert.Equal(t, []string{"1 a.example 4 4"}, said(b.board(leaderboard.ByAmount, all).Rows()), "what was known before is forgotten")
	assert.Zero(t, b.board(leaderboard.ByAmount, all).Raised)
	b.put(more(6, listed("a.example", 5, 5, 5, 6)))
	assert.Equal(t, []string{"1 a.example 5 5"}, said(b.board(leaderboard.ByAmount, all).Rows()))
}

func testMany(t *testing.T, b bench) {
	const n = 9_000
	balances := make([]leaderboard.Balance, n)
	for i := range balances {
		balances[i] = listed(leaderboard.Host(fmt.Sprintf("i%04d.example", i)), leaderboard.Cents(10*(n-i)), int64(i+1), 1, 1)
	}
	b.put(whole(1, append(balances, listed("*", 5, 5, 5, 1))...))
	rows := b.board(leaderboard.ByAmount, all).Rows()
	require.Len(t, rows, n)
	for i, row := range rows {
		require.Equal(t, leaderboard.Row{Rank: i + 1, Host: balances[i].Host, Raised: balances[i].Raised, Donors: balances[i].Donors}, row)
	}
	row, err := b.Rank(t.Context(), drive, leaderboard.ByDonors, all, "i8998.example")
	require.NoError(t, err)
	assert.Equal(t, 2, row.Rank)
	for i := range balances {
		balances[i].Version, balances[i].Raised = 2, balances[i].Raised+5
	}
	b.put(more(2, balances...))
	assert.EqualValues(t, 10*n+5, b.board(leaderboard.ByAmount, all).Rows()[0].Raised)
}

func testGreat(t *testing.T, b bench) {
	const most = 1 << 53
	b.put(whole(most, listed("a.example", most, most-1, 1<<62, most), listed("b.example", most-1, most, 1<<62+1, most-1),
		listed("*", most, most, 1, most)))
	assert.Equal(t, []string{fmt.Sprint("1 a.example ", most, " ", most-1), fmt.Sprint("2 b.example ", most-1, " ", most)},
		said(b.board(leaderboard.ByAmount, all).Rows()))
	assert.EqualValues(t, most, b.board(leaderboard.ByAmount, all).Raised)
}

func testSteps(t *testing.T, b bench) {
	b.put(whole(1))
	published := now.Add(-7 * time.Minute)
	board, err := b.Board(t.Context(), leaderboard.Drive{ID: drive, PublishEvery: time.Hour, Published: published}, leaderboard.ByAmount, all)
	require.NoError(t, err)
	assert.Equal(t, published, board.AsOf)
}

func testDump(t *testing.T, b bench) {
	hour := leaderboard.PeriodOf(leaderboard.Hour, now, time.UTC)
	inHour := listed("a.example", 3, 2, 3, 3)
	inHour.Period = hour
	f := whole(9, listed("a.example", 50, 5, 5, 5), listed("*", 60, 6, 0, 6), inHour, unlisted("u.example", 4))
	f.Balances[0].Gifts = 9
	b.put(f)
	f.Balances[0].Gifts = 0 // nobody is ranked by them
	dump, err := b.Dump(t.Context(), drive)
	require.NoError(t, err)
	f.Balances[3] = leaderboard.Balance{Standing: leaderboard.Standing{Host: "u.example", Version: 4}}
	f.Balances[1].Listed = false // the sum of a drive is not ranked
	assert.ElementsMatch(t, f.Balances, dump.Balances)
	assert.Equal(t, f.Mark, dump.Mark)
	assert.EqualValues(t, drive, dump.Drive)
	assert.True(t, dump.Whole)
}

// testAnyOrder puts the states of a small drive in, in any order and with
// repetitions, and expects the last of each host to stand.
func testAnyOrder(t *testing.T, b bench) {
	rapid.Check(t, func(t *rapid.T) {
		b := bench{Rankings: b.Rankings, t: t, c: t}
		b.put(whole(1))
		final := map[leaderboard.Host]leaderboard.Standing{}
		var history []leaderboard.Balance
		for version := range rapid.Int64Range(2, 25).Draw(t, "changes") {
			host := leaderboard.Host(string(rune('a'+rapid.IntRange(0, 5).Draw(t, "host"))) + ".example")
			balance := listed(host, leaderboard.Cents(rapid.IntRange(1, 6).Draw(t, "cents")),
				rapid.Int64Range(1, 4).Draw(t, "donors"), rapid.Int64Range(0, 3).Draw(t, "reached"), version+2)
			balance.Listed = rapid.IntRange(0, 4).Draw(t, "listed") > 0
			history = append(history, balance)
			final[host] = balance.Standing
		}
		order := rapid.Permutation(append(slices.Clone(history), history...)).Draw(t, "order")
		for part := range slices.Chunk(order, rapid.IntRange(1, 7).Draw(t, "together")) {
			b.put(more(100, part...))
		}
		for _, view := range []leaderboard.View{leaderboard.ByAmount, leaderboard.ByDonors} {
			want := leaderboard.NewBoard(leaderboard.Drive{}, view, all, leaderboard.Standing{}, valuesOf(final), now).Rows()
			require.Equal(t, said(want), said(b.board(view, all).Rows()))
			for i, row := range want {
				n := rapid.IntRange(0, 3).Draw(t, "n")
				rows, err := b.Around(t.Context(), drive, view, all, row.Host, n)
				require.NoError(t, err)
				require.Equal(t, said(want[max(i-n, 0):min(i+n+1, len(want))]), said(rows))
			}
		}
	})
}

func valuesOf(m map[leaderboard.Host]leaderboard.Standing) []leaderboard.Standing {
	var values []leaderboard.Standing
	for _, s := range m {
		values = append(values, s)
	}
	return values
}
