package actblue

import (
	"slices"

	"fedirally/leaderboard"
)

// readRefunds judges a delivery to the refunds path. Of an order with several
// line items only those that say when they were refunded are. Status and time
// of payment are not looked at: sources disagree on whether they are there.
func (d *delivery) readRefunds() {
	refunded := slices.ContainsFunc(d.items, func(item lineItem) bool { return item.says("refundedAt") })
	switch {
	case len(d.items) == 0:
		d.fault(faultNoItems)
		return
	case d.orderState == orderForeign:
		for _, item := range d.items {
			d.setAside(item, reasonForeign)
		}
		return
	case !refunded:
		d.fault("no line item says when it was refunded")
		return
	}
	for _, item := range d.items {
		if item.object == nil {
			d.faultIn(item, faultNotObject)
		} else if item.says("refundedAt") {
			d.readRefund(item)
		}
	}
}

// readRefund reads one refunded line item. Its number is the key, so a missing
// order or entity does no harm.
func (d *delivery) readRefund(item lineItem) {
	id, hasID := lineItemID(item)
	amount, amountGood := item.cents("amount")
	when, whenGood := item.time("refundedAt")
	switch {
	case d.orderState == orderUnreadable:
		d.faultIn(item, faultOrder)
	case !hasID:
		d.faultIn(item, faultNoID)
	case !amountGood:
		d.faultIn(item, faultAmount)
	case !whenGood:
		d.faultIn(item, "refundedAt is not a time with an offset between the years 2004 and 2100")
	default:
		entity, _ := item.integer("entityId")
		d.notice.Refunds = append(d.notice.Refunds, leaderboard.Refund{
			LineItem: id, Order: d.order, Entity: entity, Amount: amount, Refunded: when,
		})
	}
}

// readCancellation judges a delivery to the cancellations path: the end of one
// recurring series. It is one claim, whatever line items it lists.
func (d *delivery) readCancellation() {
	when, whenGood := d.contribution.time("cancelledAt")
	switch {
	case d.orderState == orderForeign:
		items := d.items
		if len(items) == 0 {
			items = []lineItem{{}}
		}
		for _, item := range items {
			d.setAside(item, reasonForeign)
		}
	case d.orderState != orderGood:
		d.fault(faultOrder)
	case !whenGood:
		d.fault("cancelledAt is missing or not a time with an offset between the years 2004 and 2100")
	default:
		completed, _ := d.contribution.integer("recurCompleted")
		d.notice.Cancellations = append(d.notice.Cancellations, leaderboard.Cancellation{
			Order: d.order, Cancelled: when, Completed: completed,
			Type: d.contribution.text("recurringType", maxKey),
		})
	}
}
