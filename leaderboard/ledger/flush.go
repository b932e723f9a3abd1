package ledger

import (
	"fmt"

	"fedirally/leaderboard"
)

// flush writes all that the book has worked out. The order matters only for the
// readers of this file: it is all one transaction.
func (w *work) flush() error {
	if err := w.writeClues(); err != nil {
		return err
	}
	entries := w.book.Entries()
	if len(entries) == 0 {
		return nil
	}
	if err := w.writeEntries(entries); err != nil {
		return fmt.Errorf("writing entries: %w", err)
	}
	if err := w.writeCredits(w.book.Changed()); err != nil {
		return fmt.Errorf("writing credits: %w", err)
	}
	if err := w.donors.flush(); err != nil {
		return fmt.Errorf("writing donors: %w", err)
	}
	if err := w.tx.enterPending(entries); err != nil {
		return fmt.Errorf("entering new hosts: %w", err)
	}
	if err := w.tx.addTally(w.book.Tally()); err != nil {
		return fmt.Errorf("writing balances: %w", err)
	}
	return nil
}

const entryColumns = `seq, key, kind, line_item, cents, amount_cents, order_no, payment, form, entity, drive_id, host,
	from_drive, from_host, paid_us, event_us, donor_id, evidence, strength, sequence, by_whom, why, review, recorded_us`

func (w *work) writeEntries(entries []leaderboard.Entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		w.tx.head.seq++
		w.tx.head.version++
		rows[i] = []any{
			w.tx.head.seq, e.Key, string(e.Kind), e.LineItem, int64(e.Cents), int64(e.Amount), e.Order, e.Payment, e.Form, e.Entity,
			e.Drive, string(e.Host), e.FromDrive, string(e.FromHost), e.Paid, e.Event, int64(e.Donor),
			int64(e.Evidence), int64(e.Strength), e.Sequence, e.By, e.Why, e.Review, e.Recorded,
		}
	}
	return w.tx.insert("entries ("+entryColumns+")", 24, "", rows)
}

func (w *work) writeCredits(credits []leaderboard.Credit) error {
	rows := make([][]any, len(credits))
	for i, c := range credits {
		rows[i] = []any{
			c.LineItem, c.Order, c.Payment, c.Form, c.Entity, c.Drive, string(c.Host), c.Paid, int64(c.Donor), int64(c.Amount),
			int64(c.Net), c.Reached, int64(c.Evidence), int64(c.Strength), c.Sequence, c.Refunded, int64(c.Refund), c.Moves,
		}
	}
	return w.tx.insert("credits ("+creditColumns+")", 18,
		`ON CONFLICT (line_item) DO UPDATE SET order_no = excluded.order_no, payment = excluded.payment,
			form = excluded.form, entity = excluded.entity, drive_id = excluded.drive_id, host = excluded.host,
			paid_us = excluded.paid_us, donor_id = excluded.donor_id, amount_cents = excluded.amount_cents,
			net_cents = excluded.net_cents, reached_us = excluded.reached_us, evidence = excluded.evidence,
			strength = excluded.strength, sequence = excluded.sequence, refunded_us = excluded.refunded_us,
			refund_cents = excluded.refund_cents, moves = excluded.moves`, rows)
}

// enterPending enters the hosts that gifts named first. They are shown nowhere
// until somebody makes them known, so that other servers need not hear of them.
func (t *tx) enterPending(entries []leaderboard.Entry) error {
	for _, e := range entries {
		if e.Host == leaderboard.Unattributed {
			continue
		}
		if _, found := t.registry.instances[e.Host]; found {
			continue
		}
		t.head.version++
		i := leaderboard.Instance{Host: e.Host, State: leaderboard.Pending, Source: "named by a gift", Version: t.head.version}
		err := t.insert("instances ("+instanceColumns+")", 7, "ON CONFLICT (host) DO NOTHING",
			[][]any{{string(i.Host), string(i.State), "", 0, 0, i.Source, i.Version}})
		if err != nil {
			return err
		}
		t.ownRegistry().instances[i.Host] = i
	}
	return nil
}
