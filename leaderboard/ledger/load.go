package ledger

import (
	"database/sql"

	"fedirally/leaderboard"
)

const creditColumns = `line_item, order_no, payment, form, entity, drive_id, host, paid_us, donor_id, amount_cents,
	net_cents, reached_us, evidence, strength, sequence, refunded_us, refund_cents, moves`

func scanCredit(row interface{ Scan(...any) error }) (leaderboard.Credit, error) {
	var c leaderboard.Credit
	err := row.Scan(&c.LineItem, &c.Order, &c.Payment, &c.Form, &c.Entity, &c.Drive, &c.Host, &c.Paid, &c.Donor, &c.Amount,
		&c.Net, &c.Reached, &c.Evidence, &c.Strength, &c.Sequence, &c.Refunded, &c.Refund, &c.Moves)
	return c, err
}

// load lays into the book every credit that the notices can touch: their line
// items, and all items of the orders of these. It also looks up the donors.
func (w *work) load(notices []leaderboard.Notice) error {
	var items []int64
	orders := map[string]bool{}
	for _, notice := range notices {
		for _, gift := range notice.Gifts {
			items = append(items, gift.LineItem)
			orders[gift.Order] = true
			w.donors.expect(leaderboard.FindDrive(w.tx.registry.drives, gift.Form, gift.Entity, gift.Paid), gift.Identity)
		}
		for _, refund := range notice.Refunds {
			items = append(items, refund.LineItem)
		}
	}
	if err := w.loadItems(items, orders); err != nil {
		return err
	}
	return w.donors.load()
}

// loadItems lays credits into the book with all items of their orders, and of
// the further orders given.
func (w *work) loadItems(items []int64, orders map[string]bool) error {
	hold := func(rows *sql.Rows) error {
		credit, err := scanCredit(rows)
		if err != nil {
			return err
		}
		w.book.Hold(credit)
		if credit.IsGift() {
			orders[credit.Order] = true
		}
		return nil
	}
	if err := selectIn(w.tx, "SELECT "+creditColumns+" FROM credits WHERE line_item", items, "", hold); err != nil {
		return err
	}
	names := make([]string, 0, len(orders))
	for order := range orders {
		names = append(names, order)
	}
	return selectIn(w.tx, "SELECT "+creditColumns+" FROM credits WHERE order_no", names, "AND paid_us <> 0", hold)
}

// donorsOf gives the donors of credits that are in the book, each once.
func (w *work) donorsOf(items []int64) []int64 {
	seen := map[leaderboard.DonorID]bool{}
	var ids []int64
	for _, item := range items {
		credit, known := w.book.CreditOf(item)
		if known && !seen[credit.Donor] {
			seen[credit.Donor] = true
			ids = append(ids, int64(credit.Donor))
		}
	}
	return ids
}
