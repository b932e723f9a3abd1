package leaderboard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func paidEntry() leaderboard.Entry {
	return leaderboard.Entry{
		Key: "1:paid", Kind: leaderboard.Paid, LineItem: 1, Cents: 1000, Amount: 1000, Order: "AB1", Payment: "0", Form: "race",
		Entity: 7, Drive: 1, Host: "one.example", Paid: 50, Event: 50, Donor: 3, Evidence: leaderboard.ByRefcode, Strength: leaderboard.ByEmail,
	}
}

func refundEntry(amount, taken leaderboard.Cents) leaderboard.Entry {
	return leaderboard.Entry{Key: "1:refunded", Kind: leaderboard.Refunded, LineItem: 1, Cents: -taken, Amount: amount, Event: 90}
}

func appliedEntry(amount, taken leaderboard.Cents) leaderboard.Entry {
	return leaderboard.Entry{Key: "1:refunded:applied", Kind: leaderboard.Applied, LineItem: 1, Cents: -taken, Amount: amount, Event: 90}
}

func movedEntry(n string, net leaderboard.Cents) leaderboard.Entry {
	return leaderboard.Entry{
		Key: "1:moved:" + n, Kind: leaderboard.Moved, LineItem: 1, Cents: net, Drive: 2, Host: "two.example", FromDrive: 1,
		FromHost: "one.example", Donor: 4, Evidence: leaderboard.ByOrganizer, Strength: leaderboard.ByName, Event: 70,
	}
}

func credit(t *testing.T, entries ...leaderboard.Entry) leaderboard.Credit {
	t.Helper()
	var c leaderboard.Credit
	for _, e := range entries {
		require.NoError(t, c.Apply(e))
	}
	return c
}

func TestCreditApply(t *testing.T) {
	want := leaderboard.Credit{
		LineItem: 1, Order: "AB1", Payment: "0", Form: "race", Entity: 7, Drive: 1, Host: "one.example", Paid: 50, Donor: 3,
		Amount: 1000, Net: 1000, Reached: 50, Evidence: leaderboard.ByRefcode, Strength: leaderboard.ByEmail,
	}
	assert.Equal(t, want, credit(t, paidEntry()))

	want.Net, want.Reached, want.Refund, want.Refunded = 400, 90, 600, 90
	assert.Equal(t, want, credit(t, paidEntry(), refundEntry(600, 600)))
	assert.Equal(t, want, credit(t, refundEntry(600, 0), paidEntry(), appliedEntry(600, 600)), "in the other order")

	want.Drive, want.Host, want.Donor, want.Evidence, want.Strength, want.Moves = 2, "two.example", 4, leaderboard.ByOrganizer, leaderboard.ByName, 1
	assert.Equal(t, want, credit(t, paidEntry(), refundEntry(600, 600), movedEntry("1", 400)))
	assert.Equal(t, want, credit(t, paidEntry(), movedEntry("1", 1000), refundEntry(600, 600)))

	want.Net, want.Refund = 0, 9000
	assert.Equal(t, want, credit(t, paidEntry(), movedEntry("1", 1000), refundEntry(9000, 1000)), "no more than there is")
}

func TestCreditApplyRefusesMisfits(t *testing.T) {
	with := func(e leaderboard.Entry, change func(*leaderboard.Entry)) leaderboard.Entry {
		change(&e)
		return e
	}
	for name, test := range map[string]struct {
		before []leaderboard.Entry
		misfit leaderboard.Entry
	}{
		"another line item":           {[]leaderboard.Entry{paidEntry()}, with(refundEntry(1, 1), func(e *leaderboard.Entry) { e.LineItem, e.Key = 2, "2:refunded" })},
		"another key":                 {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Key = "2:paid" })},
		"the key of another kind":     {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Key = "1:refunded" })},
		"an unknown kind":             {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Kind, e.Key = "gifted", "1:gifted" })},
		"a payment twice":             {[]leaderboard.Entry{paidEntry()}, paidEntry()},
		"a payment of more than paid": {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Cents++ })},
		"a payment of nothing":        {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Cents, e.Amount = 0, 0 })},
		"a negative payment":          {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Cents, e.Amount = -5, -5 })},
		"a payment at no time":        {nil, with(paidEntry(), func(e *leaderboard.Entry) { e.Paid = 0 })},
		"a refund twice":              {[]leaderboard.Entry{paidEntry(), refundEntry(600, 600)}, refundEntry(600, 400)},
		"a refund of more than left":  {[]leaderboard.Entry{paidEntry()}, refundEntry(2000, 2000)},
		"a refund of less than said":  {[]leaderboard.Entry{paidEntry()}, refundEntry(600, 500)},
		"a refund that adds":          {[]leaderboard.Entry{paidEntry()}, refundEntry(600, -600)},
		"a refund of nothing":         {[]leaderboard.Entry{paidEntry()}, refundEntry(0, 0)},
		"a refund at no time":         {[]leaderboard.Entry{paidEntry()}, with(refundEntry(600, 600), func(e *leaderboard.Entry) { e.Event = 0 })},
		"a refund before its gift":    {nil, refundEntry(600, 600)},
		"nothing waited":              {[]leaderboard.Entry{paidEntry()}, appliedEntry(600, 600)},
		"no gift to take from":        {[]leaderboard.Entry{refundEntry(600, 0)}, appliedEntry(600, 0)},
		"another refund than waited":  {[]leaderboard.Entry{refundEntry(600, 0), paidEntry()}, appliedEntry(500, 500)},
		"less than what waited":       {[]leaderboard.Entry{refundEntry(600, 0), paidEntry()}, appliedEntry(600, 500)},
		"a move of nothing known":     {nil, movedEntry("1", 0)},
		"a move of a mere refund":     {[]leaderboard.Entry{refundEntry(600, 0)}, movedEntry("1", 0)},
		"a move with another number":  {[]leaderboard.Entry{paidEntry()}, movedEntry("2", 1000)},
		"the same move twice":         {[]leaderboard.Entry{paidEntry(), movedEntry("1", 1000)}, movedEntry("1", 1000)},
		"a move from another host":    {[]leaderboard.Entry{paidEntry()}, with(movedEntry("1", 1000), func(e *leaderboard.Entry) { e.FromHost = "two.example" })},
		"a move from another drive":   {[]leaderboard.Entry{paidEntry()}, with(movedEntry("1", 1000), func(e *leaderboard.Entry) { e.FromDrive = 2 })},
		"a move of more than left":    {[]leaderboard.Entry{paidEntry(), refundEntry(600, 600)}, movedEntry("1", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			c := credit(t, test.before...)
			before := c
			require.Error(t, c.Apply(test.misfit))
			assert.Equal(t, before, c, "a refusal leaves the credit as it was")
		})
	}
}
