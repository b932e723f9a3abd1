package actblue

import (
	"time"

	"fedirally/leaderboard"
)

const (
	faultNoItems   = "there are no line items"
	faultNotObject = "it is not a JSON object"
	faultNoID      = "the line item's number is missing or not a whole number above 0"
	faultEntity    = "the entity's number is not a whole number"
	faultAmount    = "the amount is not dollars above 0 with at most two decimals"
	faultOrder     = "the order number is missing or not a text"
)

// readContributions judges a delivery to the contributions path.
func (d *delivery) readContributions() {
	if len(d.items) == 0 {
		d.fault(faultNoItems)
		return
	}
	clues := d.readClues()
	for _, item := range d.items {
		d.readContribution(item, clues)
	}
}

// readContribution judges one line item. The order of the questions matters: a
// declined payment may lack all else; a test delivery should bother nobody; and a
// refund that was sent to the wrong path has no status, and must be looked at
// rather than set aside for that.
func (d *delivery) readContribution(item lineItem, clues leaderboard.Clues) {
	status := d.status()
	_, hasID := lineItemID(item)
	switch {
	case status == reasonDeclined, status == reasonPending:
		d.setAside(item, status)
	case d.orderState == orderForeign:
		d.setAside(item, reasonForeign)
	case item.object == nil:
		d.faultIn(item, faultNotObject)
	case item.says("refundedAt"):
		d.faultIn(item, "a refund was sent to the address for contributions")
	case !hasID:
		d.faultIn(item, faultNoID)
	case status == "":
		d.setAside(item, reasonNoStatus)
	case status != "approved":
		d.faultIn(item, "unknown status")
	case d.orderState != orderGood:
		d.faultIn(item, faultOrder)
	default:
		d.readGift(item, clues)
	}
}

// readGift reads the line item of an approved order.
func (d *delivery) readGift(item lineItem, clues leaderboard.Clues) {
	id, _ := lineItemID(item)
	entity, entityGood := item.integer("entityId")
	if item.says("entityId") && !entityGood {
		d.faultIn(item, faultEntity)
		return
	}
	amount, amountGood := item.cents("amount")
	if !amountGood {
		d.faultIn(item, faultAmount)
		return
	}
	paid, fault := d.paid(item)
	if fault != "" {
		d.faultIn(item, fault)
		return
	}
	sequence, sequenceGood := item.integer("sequence")
	if !sequenceGood {
		sequence = -1
	}
	d.notice.Gifts = append(d.notice.Gifts, leaderboard.Gift{
		LineItem: id, Order: d.order, Sequence: sequence, Form: d.form, Entity: entity,
		Amount: amount, Paid: paid, Clues: clues, Donor: d.donor.person, Identity: d.donor.identity,
	})
}

// paid is when the payment was taken. Where the line item does not say, it is
// when the order was made; that is never a substitute for a time that is there
// and cannot be read, since an order is older than its instalments.
func (d *delivery) paid(item lineItem) (paid time.Time, fault string) {
	field, from := "paidAt", item.object
	if !item.says(field) {
		field, from = "createdAt", d.contribution
	}
	if !from.says(field) {
		return time.Time{}, "there is no time of payment"
	}
	paid, good := from.time(field)
	if !good {
		return time.Time{}, field + " is not a time with an offset between the years 2004 and 2100"
	}
	return paid, ""
}

// lineItemID reads the key of a line item.
func lineItemID(item lineItem) (int64, bool) {
	id, good := item.integer("lineitemId")
	return id, good && id > 0
}
