package actblue

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"fedirally/leaderboard"
)

// Parse reads a delivery of that kind. Its only error is [ErrNotJSON]; any JSON
// whatever gives a notice in which each claim of the delivery stands once: as a
// gift, refund or cancellation, set aside, or as a fault for a person to look at.
//
// A claim is a line item. What is wrong with the whole delivery is therefore said
// once for each of its line items, and once if there are none.
func Parse(kind leaderboard.NoticeKind, body []byte) (leaderboard.Notice, error) {
	tree, err := decode(body)
	if err != nil {
		return leaderboard.Notice{}, err
	}
	d := newDelivery(kind, asObject(tree))
	switch {
	case asObject(tree) == nil:
		d.fault("the delivery is not a JSON object")
	case kind == leaderboard.Contributions:
		d.readContributions()
	case kind == leaderboard.Refunds:
		d.readRefunds()
	case kind == leaderboard.Cancellations:
		d.readCancellation()
	default:
		d.fault("the kind of the delivery is not known")
	}
	d.notice.Digest = sha256.Sum256(body)
	d.notice.Body = func() []byte { return strip(tree) }
	return d.notice, nil
}

// delivery is a body while it is read.
type delivery struct {
	notice       leaderboard.Notice
	donor        donor
	contribution object
	form         string
	order        string
	orderState   orderState
	items        []lineItem
}

// lineItem is one entry of the array; its object is nil if the entry is none.
type lineItem struct {
	object
	number int // as people count, for faults
}

type orderState int

const (
	orderGood orderState = iota
	orderMissing
	orderUnreadable
	// orderForeign is a text that is not of ActBlue's making: a test or a stray.
	orderForeign
)

var orderNumber = regexp.MustCompile(`^AB[0-9]{1,62}$`)

func newDelivery(kind leaderboard.NoticeKind, body object) *delivery {
	d := &delivery{
		donor:        readDonor(body.object("donor")),
		contribution: body.object("contribution"),
	}
	d.notice.Kind = kind
	d.notice.Identity = d.donor.identity
	d.form = readForm(d.contribution.token("contributionForm"))
	if d.form == "" {
		d.form = readForm(body.object("form").token("name"))
	}
	d.order = d.contribution.text("orderNumber", maxOrder)
	switch token := d.contribution.token("orderNumber"); {
	case !d.contribution.says("orderNumber"):
		d.orderState = orderMissing
	case token == "":
		d.orderState = orderUnreadable
	case !orderNumber.MatchString(token):
		d.orderState = orderForeign
	}
	for i, item := range body.list("lineitems") {
		d.items = append(d.items, lineItem{object: asObject(item), number: i + 1})
	}
	return d
}

func readForm(name string) string { return cut(clean(leaderboard.FormName(name)), maxForm) }

func (d *delivery) fault(words string) {
	d.notice.Faults = append(d.notice.Faults, words)
}

// faultIn says what is wrong with a line item. The words must not quote it.
func (d *delivery) faultIn(item lineItem, words string) {
	d.fault(fmt.Sprintf("line item %d: %s", item.number, words))
}

// setAside keeps a claim apart, with as much of it as can be read.
func (d *delivery) setAside(item lineItem, reason string) {
	id, _ := item.integer("lineitemId")
	entity, _ := item.integer("entityId")
	amount, _ := item.cents("amount")
	d.notice.Aside = append(d.notice.Aside, leaderboard.Aside{
		Reason: reason, LineItem: id, Order: d.order, Form: d.form, Entity: entity, Amount: amount,
	})
}

const (
	reasonForeign  = "test or foreign order number"
	reasonDeclined = "declined"
	reasonPending  = "pending"
	reasonNoStatus = "no status"
)

// status is the contribution's in lower case, empty if it has none.
func (d *delivery) status() string {
	if !d.contribution.says("status") {
		return ""
	}
	if status := strings.ToLower(d.contribution.token("status")); status != "" {
		return status
	}
	return "unreadable"
}
