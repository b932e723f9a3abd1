package leaderboard_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func TestListed(t *testing.T) {
	fine := leaderboard.Standing{Host: "one.example", Raised: 500, Gifts: 5, Donors: 5}
	policy := leaderboard.Policy{MinDonors: 5, State: leaderboard.Known}
	require.True(t, leaderboard.Listed(fine, policy))

	for name, spoil := range map[string]func(*leaderboard.Standing, *leaderboard.Policy){
		"too few donors":      func(s *leaderboard.Standing, _ *leaderboard.Policy) { s.Donors = 4 },
		"a higher minimum":    func(_ *leaderboard.Standing, p *leaderboard.Policy) { p.MinDonors = 6 },
		"nothing left":        func(s *leaderboard.Standing, _ *leaderboard.Policy) { s.Raised = 0 },
		"less than nothing":   func(s *leaderboard.Standing, _ *leaderboard.Policy) { s.Raised = -1 },
		"unattributed":        func(s *leaderboard.Standing, _ *leaderboard.Policy) { s.Host = leaderboard.Unattributed },
		"the whole drive":     func(s *leaderboard.Standing, _ *leaderboard.Policy) { s.Host = leaderboard.EveryHost },
		"pending":             func(_ *leaderboard.Standing, p *leaderboard.Policy) { p.State = leaderboard.Pending },
		"hidden":              func(_ *leaderboard.Standing, p *leaderboard.Policy) { p.State = leaderboard.Hidden },
		"blocked":             func(_ *leaderboard.Standing, p *leaderboard.Policy) { p.State = leaderboard.Blocked },
		"opted out":           func(_ *leaderboard.Standing, p *leaderboard.Policy) { p.State = leaderboard.OptedOut },
		"no state":            func(_ *leaderboard.Standing, p *leaderboard.Policy) { p.State = "" },
		"nobody, no minimum":  func(s *leaderboard.Standing, p *leaderboard.Policy) { s.Donors, p.MinDonors = 0, 0 },
		"nobody, a mad least": func(s *leaderboard.Standing, p *leaderboard.Policy) { s.Donors, p.MinDonors = 0, -3 },
	} {
		s, p := fine, policy
		spoil(&s, &p)
		assert.False(t, leaderboard.Listed(s, p), name)
	}
	policy.MinDonors = 0
	fine.Donors = 1
	assert.True(t, leaderboard.Listed(fine, policy), "one is the least minimum")
}

func drawStanding(rt *rapid.T, host leaderboard.Host) leaderboard.Standing {
	return leaderboard.Standing{
		Host: host, Raised: leaderboard.Cents(rapid.IntRange(0, 3).Draw(rt, "raised")), Donors: rapid.Int64Range(0, 2).Draw(rt, "donors"),
		Reached: rapid.Int64Range(0, 2).Draw(rt, "reached"), Gifts: rapid.Int64Range(0, 3).Draw(rt, "gifts"), Listed: rapid.Bool().Draw(rt, "listed"),
	}
}

func TestCompareIsAStrictTotalOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		view := rapid.SampledFrom([]leaderboard.View{leaderboard.ByAmount, leaderboard.ByDonors}).Draw(rt, "view")
		a, b, c := drawStanding(rt, "a.example"), drawStanding(rt, "b.example"), drawStanding(rt, "c.example")
		for _, pair := range [][2]leaderboard.Standing{{a, b}, {b, c}, {a, c}} {
			forth, back := view.Compare(pair[0], pair[1]), view.Compare(pair[1], pair[0])
			require.NotZero(rt, forth, "different hosts are never equal")
			require.Equal(rt, -forth, back)
		}
		require.Zero(rt, view.Compare(a, a))
		if view.Compare(a, b) < 0 && view.Compare(b, c) < 0 {
			require.Negative(rt, view.Compare(a, c))
		}
		if view.Compare(b, a) < 0 && view.Compare(c, b) < 0 {
			require.Negative(rt, view.Compare(c, a))
		}
	})
}

func TestCompareGivesTheEarlierPrecedence(t *testing.T) {
	s := []leaderboard.Standing{
		{Host: "poor.example", Raised: 1, Donors: 9, Reached: 1},
		{Host: "b.example", Raised: 5, Donors: 2, Reached: 7},
		{Host: "a.example", Raised: 5, Donors: 2, Reached: 7},
		{Host: "z.example", Raised: 5, Donors: 2, Reached: 6},
		{Host: "rich.example", Raised: 9, Donors: 1, Reached: 9},
	}
	hosts := func(view leaderboard.View) []leaderboard.Host {
		slices.SortFunc(s, view.Compare)
		var order []leaderboard.Host
		for _, standing := range s {
			order = append(order, standing.Host)
		}
		return order
	}
	assert.Equal(t, []leaderboard.Host{"rich.example", "z.example", "a.example", "b.example", "poor.example"}, hosts(leaderboard.ByAmount))
	assert.Equal(t, []leaderboard.Host{"poor.example", "z.example", "a.example", "b.example", "rich.example"}, hosts(leaderboard.ByDonors))
}

func TestParseView(t *testing.T) {
	for text, want := range map[string]leaderboard.View{"": leaderboard.ByAmount, "amount": leaderboard.ByAmount, "donors": leaderboard.ByDonors} {
		view, err := leaderboard.ParseView(text)
		require.NoError(t, err)
		assert.Equal(t, want, view)
	}
	_, err := leaderboard.ParseView("Donors")
	require.ErrorContains(t, err, `"Donors"`)
}
