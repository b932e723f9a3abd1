package ledger

import (
	"errors"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// bookingError marks an error of the program itself, as opposed to one of the
// database: trying again would not mend it.
type bookingError struct{ cause error }

func (f *bookingError) Error() string { return "booking: " + f.cause.Error() }
func (f *bookingError) Unwrap() error { return f.cause }

func isGuilty(err error) bool {
	var fault *bookingError
	return errors.As(err, &fault) || refusedByDatabase(err)
}

// record books notices and answers each for itself.
func (t *tx) record(notices []leaderboard.Notice, watch *stopwatch) ([]leaderboard.Receipt, error) {
	now := t.store.now()
	w := &work{tx: t, donors: newDonors(t), clues: map[int64]keptClues{}, now: now}
	w.book = leaderboard.NewBook(t.registry.drives, t.registry, w.donors, now)
	if err := w.load(notices); err != nil {
		return nil, fmt.Errorf("reading what is known: %w", err)
	}
	watch.note(&watch.lap.Load)
	receipts := make([]leaderboard.Receipt, len(notices))
	for i, notice := range notices {
		receipt, err := w.recordNotice(notice)
		if err != nil {
			return nil, err
		}
		receipts[i] = receipt
	}
	watch.note(&watch.lap.Book)
	err := w.flush()
	watch.note(&watch.lap.Write)
	return receipts, err
}

// work is what one transaction does to the ledger.
type work struct {
	tx     *tx
	book   *leaderboard.Book
	donors *donors
	clues  map[int64]keptClues
	now    time.Time
}

func (w *work) recordNotice(n leaderboard.Notice) (leaderboard.Receipt, error) {
	var receipt leaderboard.Receipt
	reasons := n.Faults
	receipt.Quarantined = len(n.Faults)
	count := func(outcome leaderboard.Outcome, contradiction string) {
		switch outcome {
		case leaderboard.Recorded:
			receipt.Recorded++
		case leaderboard.Repeated:
			receipt.Known++
		case leaderboard.Contradicted:
			receipt.Quarantined++
			reasons = append(reasons[:len(reasons):len(reasons)], contradiction)
		}
	}
	for _, gift := range n.Gifts {
		outcome, err := w.pay(gift)
		if err != nil {
			return receipt, err
		}
		count(outcome, "a payment contradicts the ledger, which has another amount or recipient for its line item")
	}
	for _, refund := range n.Refunds {
		outcome, err := w.book.Refund(refund)
		if err != nil {
			return receipt, &bookingError{err}
		}
		count(outcome, "a refund contradicts the ledger, which has another amount for the refund of its line item")
	}
	for _, cancellation := range n.Cancellations {
		outcome, err := w.tx.cancel(cancellation, w.now)
		if err != nil {
			return receipt, err
		}
		count(outcome, "")
	}
	receipt.SetAside = len(n.Aside)
	if err := w.tx.setAside(n, w.now); err != nil {
		return receipt, err
	}
	if len(reasons) > 0 {
		if err := w.tx.quarantine(n, reasons...); err != nil {
			return receipt, err
		}
	}
	return receipt, nil
}

func (w *work) pay(gift leaderboard.Gift) (leaderboard.Outcome, error) {
	outcome, err := w.book.Pay(gift)
	var fromDatabase *donorError
	switch {
	case errors.As(err, &fromDatabase):
		return 0, fromDatabase.cause
	case err != nil:
		return 0, &bookingError{err}
	}
	if outcome == leaderboard.Recorded {
		w.keepClues(gift)
		return outcome, nil
	}
	if outcome == leaderboard.Repeated {
		err = w.keepLateClues(gift)
	}
	return outcome, err
}

// cancel writes the end of a recurring series, once.
func (t *tx) cancel(c leaderboard.Cancellation, now time.Time) (leaderboard.Outcome, error) {
	added, err := t.execCount(`INSERT INTO cancellations (order_no, cancelled_us, type, completed, recorded_us)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		c.Order, toMicros(c.Cancelled), c.Type, c.Completed, toMicros(now))
	if err != nil {
		return 0, fmt.Errorf("writing a cancellation: %w", err)
	}
	if added == 0 {
		return leaderboard.Repeated, nil
	}
	return leaderboard.Recorded, nil
}

// setAside keeps claims that are not counted, without personal data.
func (t *tx) setAside(n leaderboard.Notice, now time.Time) error {
	if len(n.Aside) == 0 {
		return nil
	}
	digest := t.store.vault.tag("notice", string(n.Digest[:]))
	rows := make([][]any, len(n.Aside))
	for i, a := range n.Aside {
		rows[i] = []any{digest, i, a.Reason, a.LineItem, a.Order, a.Form, a.Entity, int64(a.Amount), toMicros(now)}
	}
	err := t.insert("aside (digest, place, reason, line_item, order_no, form, entity, amount_cents, received_us)", 9,
		"ON CONFLICT DO NOTHING", rows)
	if err != nil {
		return fmt.Errorf("setting claims aside: %w", err)
	}
	return nil
}
