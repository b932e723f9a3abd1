package actblue

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fedirally/leaderboard"
)

const gifts, refunds, cancellations = leaderboard.Contributions, leaderboard.Refunds, leaderboard.Cancellations

func item(key string, value any) edit { return at(value, "lineitems", 0, key) }

func order(key string, value any) edit { return at(value, "contribution", key) }

// verdict sums up a notice: what came of it, and the words.
func verdict(n leaderboard.Notice) (counts string, words []string) {
	words = append(words, n.Faults...)
	for _, aside := range n.Aside {
		words = append(words, aside.Reason)
	}
	return fmt.Sprintf("%d gifts, %d refunds, %d cancellations, %d aside, %d faults",
		len(n.Gifts), len(n.Refunds), len(n.Cancellations), len(n.Aside), len(n.Faults)), words
}

func TestJudgement(t *testing.T) {
	const (
		aGift         = "1 gifts, 0 refunds, 0 cancellations, 0 aside, 0 faults"
		aRefund       = "0 gifts, 1 refunds, 0 cancellations, 0 aside, 0 faults"
		aCancellation = "0 gifts, 0 refunds, 1 cancellations, 0 aside, 0 faults"
		isAside       = "0 gifts, 0 refunds, 0 cancellations, 1 aside, 0 faults"
		aFault        = "0 gifts, 0 refunds, 0 cancellations, 0 aside, 1 faults"
	)
	second := func(amount string) edit {
		return at(map[string]any{"lineitemId": 2, "amount": amount, "paidAt": "2026-10-18T12:45:25-05:00"}, "lineitems", 1)
	}
	for _, c := range []struct {
		name, sample string
		kind         leaderboard.NoticeKind
		edits        []edit
		counts       string
		words        string // of the first fault or aside
	}{
		{"nothing in the array", "empty_lineitems", gifts, nil, aFault, faultNoItems},
		{"array absent", "contribution", gifts, []edit{at(gone, "lineitems")}, aFault, faultNoItems},
		{"an item that is none", "contribution", gifts, []edit{at(5, "lineitems", 0)}, aFault, "line item 1: " + faultNotObject},
		{"the second is bad", "contribution", gifts, []edit{second("x")}, "1 gifts, 0 refunds, 0 cancellations, 0 aside, 1 faults", "line item 2: " + faultAmount},
		{"one number twice", "contribution", gifts, []edit{second("1"), item("lineitemId", 2)}, "2 gifts, 0 refunds, 0 cancellations, 0 aside, 0 faults", ""},

		{"status in capitals", "contribution", gifts, []edit{order("status", " Approved ")}, aGift, ""},
		{"declined", "declined", gifts, nil, isAside, "declined"},
		{"declined and unreadable", "declined", gifts, []edit{at(5, "lineitems", 0)}, isAside, "declined"},
		{"pending", "contribution", gifts, []edit{order("status", "PENDING")}, isAside, "pending"},
		{"status absent", "contribution", gifts, []edit{order("status", gone)}, isAside, "no status"},
		{"status null", "contribution", gifts, []edit{order("status", nil)}, isAside, "no status"},
		{"status empty", "contribution", gifts, []edit{order("status", " ")}, isAside, "no status"},
		{"contribution absent", "contribution", gifts, []edit{at(gone, "contribution")}, isAside, "no status"},
		{"status-less without a number", "handmade", gifts, nil, aFault, "line item 1: " + faultNoID},
		{"status unknown", "contribution", gifts, []edit{order("status", "maybe")}, aFault, "line item 1: unknown status"},
		{"status not a text", "contribution", gifts, []edit{order("status", true)}, aFault, "line item 1: unknown status"},

		{"test delivery", "contribution", gifts, []edit{order("orderNumber", "ABTEST1")}, isAside, "test or foreign order number"},
		{"test delivery with an odd status", "contribution", gifts, []edit{order("orderNumber", "ABTEST1"), order("status", "x")}, isAside, "test or foreign order number"},
		{"order in small letters", "contribution", gifts, []edit{order("orderNumber", "ab123")}, isAside, "test or foreign order number"},
		{"order is a number", "contribution", gifts, []edit{order("orderNumber", 123)}, isAside, "test or foreign order number"},
		{"order with NUL", "contribution", gifts, []edit{order("orderNumber", "AB1\x002")}, isAside, "test or foreign order number"},
		{"order absent", "contribution", gifts, []edit{order("orderNumber", gone)}, aFault, "line item 1: " + faultOrder},
		{"order not a text", "contribution", gifts, []edit{order("orderNumber", false)}, aFault, "line item 1: " + faultOrder},
		{"refund on the wrong path", "refund", gifts, nil, aFault, "line item 1: a refund was sent to the address for contributions"},
		{"refundedAt on a contribution", "contribution", gifts, []edit{item("refundedAt", "2026-10-18T12:45:25-05:00")}, aFault, "line item 1: a refund was sent to the address for contributions"},
		{"refundedAt null", "contribution", gifts, []edit{item("refundedAt", nil)}, aGift, ""},

		{"number as text", "contribution", gifts, []edit{item("lineitemId", "477000001")}, aGift, ""},
		{"number zero", "contribution", gifts, []edit{item("lineitemId", 0)}, aFault, "line item 1: " + faultNoID},
		{"number negative", "contribution", gifts, []edit{item("lineitemId", -5)}, aFault, "line item 1: " + faultNoID},
		{"number with a fraction", "contribution", gifts, []edit{item("lineitemId", json.Number("5.0"))}, aFault, "line item 1: " + faultNoID},
		{"number too large", "contribution", gifts, []edit{item("lineitemId", "9223372036854775808")}, aFault, "line item 1: " + faultNoID},
		{"number absent", "contribution", gifts, []edit{item("lineitemId", gone)}, aFault, "line item 1: " + faultNoID},
		{"entity as text", "contribution", gifts, []edit{item("entityId", "141000")}, aGift, ""},
		{"entity absent", "contribution", gifts, []edit{item("entityId", gone)}, aGift, ""},
		{"entity unreadable", "contribution", gifts, []edit{item("entityId", "C00")}, aFault, "line item 1: " + faultEntity},
		{"sequence a word", "contribution", gifts, []edit{item("sequence", "first")}, aGift, ""},

		{"paid at an unreadable time", "contribution", gifts, []edit{item("paidAt", "yesterday")}, aFault, "line item 1: paidAt is not a time with an offset between the years 2004 and 2100"},
		{"paid without an offset", "contribution", gifts, []edit{item("paidAt", "2026-10-18T12:45:25")}, aFault, "line item 1: paidAt is not a time with an offset between the years 2004 and 2100"},
		{"paid as a number", "contribution", gifts, []edit{item("paidAt", 1790000000)}, aFault, "line item 1: paidAt is not a time with an offset between the years 2004 and 2100"},
		{"paid empty, created known", "contribution", gifts, []edit{item("paidAt", "")}, aGift, ""},
		{"paid null, created unreadable", "contribution", gifts, []edit{item("paidAt", nil), order("createdAt", "x")}, aFault, "line item 1: createdAt is not a time with an offset between the years 2004 and 2100"},
		{"neither paid nor created", "contribution", gifts, []edit{item("paidAt", nil), order("createdAt", nil)}, aFault, "line item 1: there is no time of payment"},

		{"refund of one of two", "refund", refunds, []edit{at(map[string]any{"lineitemId": 5, "amount": "3", "refundedAt": nil}, "lineitems", 1)}, aRefund, ""},
		{"refund beside an item that is none", "refund", refunds, []edit{at("x", "lineitems", 1)}, "0 gifts, 1 refunds, 0 cancellations, 0 aside, 1 faults", "line item 2: " + faultNotObject},
		{"refund without refundedAt", "refund", refunds, []edit{item("refundedAt", nil)}, aFault, "no line item says when it was refunded"},
		{"contribution on the refunds path", "contribution", refunds, nil, aFault, "no line item says when it was refunded"},
		{"refund at an unreadable time", "refund", refunds, []edit{item("refundedAt", true)}, aFault, "line item 1: refundedAt is not a time with an offset between the years 2004 and 2100"},
		{"refund without amount", "refund", refunds, []edit{item("amount", gone)}, aFault, "line item 1: " + faultAmount},
		{"refund without number", "refund", refunds, []edit{item("lineitemId", gone)}, aFault, "line item 1: " + faultNoID},
		{"refund without order", "refund", refunds, []edit{order("orderNumber", gone)}, aRefund, ""},
		{"refund without contribution", "refund", refunds, []edit{at(gone, "contribution")}, aRefund, ""},
		{"refund with an order that is no text", "refund", refunds, []edit{order("orderNumber", []any{})}, aFault, "line item 1: " + faultOrder},
		{"refund of a test", "refund", refunds, []edit{order("orderNumber", "ABTEST1")}, isAside, "test or foreign order number"},
		{"refund without items", "refund", refunds, []edit{at(nil, "lineitems")}, aFault, faultNoItems},
		{"refund, declined status ignored", "refund", refunds, []edit{order("status", "declined"), item("paidAt", "x")}, aRefund, ""},

		{"cancellation without items", "cancellation", cancellations, []edit{at(gone, "lineitems")}, aCancellation, ""},
		{"cancellation without type", "cancellation", cancellations, []edit{order("recurringType", nil), order("recurCompleted", "x")}, aCancellation, ""},
		{"cancellation without time", "cancellation", cancellations, []edit{order("cancelledAt", gone)}, aFault, "cancelledAt is missing or not a time with an offset between the years 2004 and 2100"},
		{"cancellation without order", "cancellation", cancellations, []edit{order("orderNumber", gone)}, aFault, faultOrder},
		{"cancellation of a test", "cancellation", cancellations, []edit{order("orderNumber", "ABTEST1")}, isAside, "test or foreign order number"},
		{"cancellation of a test without items", "cancellation", cancellations, []edit{order("orderNumber", "X"), at(gone, "lineitems")}, isAside, "test or foreign order number"},
		{"contribution on the cancellations path", "contribution", cancellations, nil, aFault, "cancelledAt is missing or not a time with an offset between the years 2004 and 2100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			counts, words := verdict(parse(t, c.kind, edited(t, c.sample, c.edits...)))
			assert.Equal(t, c.counts, counts)
			if c.words == "" {
				assert.Empty(t, words)
			} else if assert.NotEmpty(t, words) {
				assert.Equal(t, c.words, words[0])
			}
		})
	}
}

func TestAsideKeepsWhatCanBeRead(t *testing.T) {
	notice := parse(t, gifts, sample(t, "declined"))
	assert.Equal(t, []leaderboard.Aside{{
		Reason: "declined", LineItem: 477000001, Order: "AB300000001", Form: "fedi-race-2026", Entity: 141000, Amount: 2577,
	}}, notice.Aside)
}

func TestAmounts(t *testing.T) {
	for amount, cents := range map[any]leaderboard.Cents{
		"25.77": 2577, "25.7": 2570, "5.0": 500, "1000": 100000, " 3.50 ": 350, "0.01": 1,
		json.Number("55.00"): 5500, json.Number("55"): 5500, json.Number("9.5"): 950, "1000000000": leaderboard.MaxGift,
	} {
		notice := parse(t, gifts, edited(t, "contribution", item("amount", amount)))
		if assert.Len(t, notice.Gifts, 1, amount) {
			assert.Equal(t, cents, notice.Gifts[0].Amount)
		}
	}
	for _, amount := range []any{
		"0", "0.00", 0, "-5", -5, "+5", "5.001", json.Number("5.770"), json.Number("1e2"), "1e2", "$5", "5,00", "1,000.00", "",
		" ", "5.", ".5", "NaN", nil, true,
		[]any{"5"},
		map[string]any{"amount": 5},
		"1000000000.01", "99999999999999999999", "5\x00",
	} {
		notice := parse(t, gifts, edited(t, "contribution", item("amount", amount)))
		assert.Equal(t, []string{"line item 1: " + faultAmount}, notice.Faults, "%v", amount)
	}
}

func TestTimes(t *testing.T) {
	at := func(s string) time.Time {
		parsed, ok := parseTime(s)
		assert.True(t, ok, s)
		return parsed
	}
	want := time.Date(2022, 10, 18, 17, 45, 24, 0, time.UTC)
	for _, s := range []string{
		"2022-10-18T12:45:24-05:00", "2022-10-18T17:45:24Z", "2022-10-18t17:45:24z", "2022-10-18T17:45:24.000Z",
		"2022-10-18T12:45:24-0500", "2022-10-18 17:45:24+0000", "2022-10-18 12:45:24 -0500", "2022-10-18 17:45:24 UTC",
		"2022-10-18T23:15:24+05:30", "2022-10-18T17:45:24-00:00",
	} {
		assert.Equal(t, want, at(s), s)
	}
	assert.Equal(t, want.Add(123456*time.Microsecond), at("2022-10-18T17:45:24.123456789Z"))
	assert.Equal(t, 2004, at("2003-12-31T23:00:00-05:00").Year(), "the year counts in UTC")
	for _, s := range []string{
		"", "2022-10-18", "2022-10-18T12:45:24", "2022-10-18 12:45", "2022-13-18T12:45:24Z", "2022-02-30T12:45:24Z",
		"2022-10-18T25:00:00Z", "2022-10-18T12:45:60Z", "2022-10-18T12:45:24+25:00", "2022-10-18T12:45:24,5Z", "2022-10-18T2:45:24Z",
		"2003-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "2100-12-31T23:59:59-05:00", "1666100724", "Tue, 18 Oct 2022 17:45:24 GMT",
		"2022-10-18T12:45:24Z\n", "2022-10-18T12:45:24 EST", "20220-10-18T12:45:24Z",
	} {
		_, ok := parseTime(s)
		assert.False(t, ok, s)
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ contributionForm, name, want any }{
		{"Race-1", "other", "race-1"},
		{nil, "Race-2", "race-2"},
		{"", "race-3", "race-3"},
		{"https://secure.actblue.com/donate/Race-4?refcode=x", nil, "race-4"},
		{7, "x", "7"},
		{[]any{}, 7, "7"},
		{nil, nil, ""},
	} {
		notice := parse(t, gifts, edited(t, "contribution", order("contributionForm", c.contributionForm), at(c.name, "form", "name")))
		assert.Equal(t, c.want, notice.Gifts[0].Form)
	}
	notice := parse(t, gifts, edited(t, "contribution", order("contributionForm", nil), at(gone, "form")))
	assert.Len(t, notice.Gifts, 1, "a gift without a form belongs to no drive, and is kept")
}
