package actbluetest

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// The oracle's own reading of a body. It goes through plain maps and knows no
// more of ActBlue than it needs, so that it shares no mistake with the parser.

// payment is what a contributions notice claims of one line item.
type payment struct {
	item     int64
	order    string
	sequence int64 // -1: not told
	form     string
	entity   int64
	cents    leaderboard.Cents
	paid     time.Time
	donor    identity
	trace    trace
}

// refund is what a refunds notice claims of one line item.
type refund struct {
	item  int64
	cents leaderboard.Cents
	at    time.Time
}

// identity tells donors apart; no strength is an anonymous one.
type identity struct {
	strength int // 2: by address, 1: by name
	text     string
}

// trace is what a notice tells of the instance.
type trace struct {
	refcode string
	answers string // joined, so that traces can be compared
}

func read(body []byte) (object, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var o object
	return o, decoder.Decode(&o) == nil
}

// payments reads the approved payments with a proper order number; everything
// else that may stand in a notice claims no money.
func payments(body object) []payment {
	contribution := sub(body, "contribution")
	order := text(contribution, "orderNumber")
	if text(contribution, "status") != string(Approved) || !properOrder.MatchString(order) {
		return nil
	}
	form := text(contribution, "contributionForm")
	if form == "" {
		form = text(sub(body, "form"), "name")
	}
	shared := payment{order: order, form: strings.ToLower(form), donor: who(sub(body, "donor")), trace: traces(contribution)}
	var claims []payment
	for _, item := range items(body) {
		claim := shared
		claim.item, claim.entity, claim.sequence = whole(item, "lineitemId"), whole(item, "entityId"), -1
		if _, told := item["sequence"].(json.Number); told {
			claim.sequence = whole(item, "sequence")
		}
		claim.cents = money(item["amount"])
		claim.paid = instant(item, "paidAt")
		if claim.paid.IsZero() {
			claim.paid = instant(contribution, "createdAt")
		}
		refunded := text(item, "refundedAt") != ""
		if claim.item > 0 && claim.cents > 0 && !claim.paid.IsZero() && !refunded {
			claims = append(claims, claim)
		}
	}
	return claims
}

// properOrder is what a real order is numbered like; a test delivery is not.
var properOrder = regexp.MustCompile(`^AB[0-9]+$`)

func refunds(body object) []refund {
	var claims []refund
	for _, item := range items(body) {
		claim := refund{whole(item, "lineitemId"), money(item["amount"]), instant(item, "refundedAt")}
		if claim.item > 0 && claim.cents > 0 && !claim.at.IsZero() {
			claims = append(claims, claim)
		}
	}
	return claims
}

func who(donor object) identity {
	told := func(key string) string { return strings.ToLower(strings.TrimSpace(text(donor, key))) }
	// An address without an @ is a word such as "none", which many would share.
	if email := told("email"); strings.Contains(email, "@") {
		return identity{2, email}
	}
	first, last := told("firstname"), told("lastname")
	if first+last == "" {
		return identity{}
	}
	return identity{1, first + "|" + last + "|" + told("zip")}
}

func traces(contribution object) trace {
	refcode := text(sub(contribution, "refcodes"), "refcode")
	if refcode == "" {
		refcode = text(contribution, "refcode")
	}
	var answers []string
	fields, _ := contribution["customFields"].([]any)
	for _, field := range fields {
		if o, ok := field.(object); ok {
			answers = append(answers, text(o, "answer"))
		}
	}
	return trace{refcode, strings.Join(answers, "\n")}
}

func items(body object) []object {
	list, _ := body["lineitems"].([]any)
	var items []object
	for _, element := range list {
		if o, ok := element.(object); ok {
			items = append(items, o)
		}
	}
	return items
}

func sub(o object, key string) object {
	inner, _ := o[key].(object)
	return inner
}

func text(o object, key string) string {
	s, _ := o[key].(string)
	return s
}

func whole(o object, key string) int64 {
	number, _ := o[key].(json.Number)
	n, _ := number.Int64()
	return n
}

func instant(o object, key string) time.Time {
	t, _ := time.Parse(time.RFC3339, text(o, key))
	return t
}

var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]{1,2})?$`)

// money reads dollars as an exact fraction; 0 if they cannot be read.
func money(value any) leaderboard.Cents {
	var s string
	switch v := value.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	}
	if !decimal.MatchString(s) {
		return 0
	}
	dollars, _ := new(big.Rat).SetString(s)
	cents := dollars.Mul(dollars, big.NewRat(100, 1))
	if !cents.IsInt() || !cents.Num().IsInt64() {
		return 0
	}
	return leaderboard.Cents(cents.Num().Int64())
}
