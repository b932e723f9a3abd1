package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"fedirally/leaderboard"
)

// Retention says how long personal data is kept.
type Retention struct {
	// AfterDrive counts from a drive's end; of a drive without an end, from the
	// donor's last gift.
	AfterDrive time.Duration
	// Outside counts from the arrival of a contribution that belongs to no drive.
	Outside time.Duration
}

// DefaultRetention is 90 days after a drive, and 30 days outside every drive.
func DefaultRetention() Retention {
	return Retention{AfterDrive: 90 * 24 * time.Hour, Outside: 30 * 24 * time.Hour}
}

// Purge removes personal data that has been kept for its time: the sealed
// persons, the tags by which they were recognized, and the refcodes and handles
// of their gifts. It also removes what no gift needs any more, because it was
// moved or its donor became better known, and what the bot was asked some days ago. Money, counts and moves stay whole. It
// tells how many donors were purged, also if it fails in the middle.
//
// Notices do not wait for it: what is due is looked for beside the writers, which
// takes seconds in a large ledger, and removed some donors at a time.
func (s *Store) Purge(ctx context.Context, keep Retention) (int, error) {
	due, err := s.findDue(ctx, keep)
	if err != nil {
		return 0, fmt.Errorf("looking for personal data to purge: %w", err)
	}
	err = s.write(ctx, func(t *tx) error { return t.forgetAnswers(s.now(), leaderboard.DefaultBudget().Patience) })
	if err != nil {
		return 0, err
	}
	purged := 0
	for lot := range slices.Chunk(due.donors, purgeLot) {
		count := 0
		err := s.write(ctx, func(t *tx) (err error) {
			count, err = t.purge(due, lot)
			return err
		})
		if err != nil {
			return purged, fmt.Errorf("purging personal data: %w", err)
		}
		purged += count
	}
	return purged, nil
}

// purgeLot is how many donors are purged in one transaction.
const purgeLot = 200

// due is what is to be purged, as one snapshot of the database tells.
type due struct {
	// seq and config are those of the head.
	seq, config int64
	donors      []dueDonor
}

// dueDonor is a donor whose time is over. Person is false where only clues of
// gifts are left: of one who was purged, or of an anonymous one, whose tag tells
// of nobody and goes on counting.
type dueDonor struct {
	id     int64
	person bool
	clues  []int64
}

func (s *Store) findDue(ctx context.Context, keep Retention) (due, error) {
	found := due{}
	places := map[int64]int{}
	donor := func(id int64) *dueDonor {
		place, known := places[id]
		if !known {
			place = len(found.donors)
			places[id] = place
			found.donors = append(found.donors, dueDonor{id: id})
		}
		return &found.donors[place]
	}
	err := s.inSnapshot(ctx, func(from reader) error {
		var h head
		if err := from.QueryRowContext(ctx, headQuery).Scan(h.fields()...); err != nil {
			return err
		}
		found.seq, found.config = h.seq, h.config
		queries, err := overdue(ctx, from, s.now(), keep)
		if err != nil {
			return err
		}
		for _, q := range queries {
			err := readAll(ctx, from, func(rows *sql.Rows) error {
				var id int64
				err := rows.Scan(&id)
				donor(id).person = true
				return err
			}, "SELECT id FROM donors WHERE purged_us = 0 AND anonymous = 0 AND id IN ("+q.text+")", q.args...)
			if err != nil {
				return err
			}
			err = readAll(ctx, from, func(rows *sql.Rows) error {
				var id, lineItem int64
				err := rows.Scan(&id, &lineItem)
				d := donor(id)
				d.clues = append(d.clues, lineItem)
				return err
			}, `SELECT credits.donor_id, clues.line_item FROM clues JOIN credits ON credits.line_item = clues.line_item
				WHERE credits.donor_id IN (`+q.text+")", q.args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// donorQuery names donors.
type donorQuery struct {
	text string
	args []any
}

// overdue gives the queries that name all donors whose time is over.
func overdue(ctx context.Context, from reader, now time.Time, keep Retention) ([]donorQuery, error) {
	drives, err := readDrives(ctx, from)
	if err != nil {
		return nil, err
	}
	queries := []donorQuery{
		{"SELECT id FROM donors WHERE id NOT IN (SELECT donor_id FROM credits)", nil},
		{
			`SELECT credits.donor_id FROM credits
			JOIN entries ON entries.key = CAST(credits.line_item AS TEXT) || ':paid'
			WHERE credits.drive_id = $1 GROUP BY credits.donor_id HAVING MAX(entries.recorded_us) < $2`,
			[]any{leaderboard.Outside, toMicros(now.Add(-keep.Outside))},
		},
	}
	for _, d := range drives {
		switch limit := now.Add(-keep.AfterDrive); {
		case d.End.IsZero():
			queries = append(queries, donorQuery{"SELECT donor_id FROM credits WHERE drive_id = $1 AND paid_us <> 0 " +
				"GROUP BY donor_id HAVING MAX(paid_us) < $2", []any{d.ID, toMicros(limit)}})
		case !d.End.After(limit):
			queries = append(queries, donorQuery{"SELECT donor_id FROM credits WHERE drive_id = $1 AND paid_us <> 0", []any{d.ID}})
		}
	}
	return queries, nil
}

// purge removes what was found due of some donors, and tells how many persons
// that were. Whoever has given since may not be due any more, and nobody may be
// where drives have changed since: they are left for the next time.
func (t *tx) purge(found due, lot []dueDonor) (int, error) {
	if t.head.config != found.config {
		return 0, nil
	}
	given, moved := map[int64]bool{}, map[int64]bool{}
	err := t.query(func(rows *sql.Rows) error {
		var id, lineItem int64
		err := rows.Scan(&id, &lineItem)
		given[id], moved[lineItem] = true, true
		return err
	}, "SELECT donor_id, line_item FROM entries WHERE seq > $1", found.seq)
	if err != nil {
		return 0, err
	}
	persons := 0
	for _, d := range lot {
		if given[d.id] {
			continue
		}
		for _, lineItem := range d.clues {
			if moved[lineItem] {
				continue
			}
			if err := t.exec("DELETE FROM clues WHERE line_item = $1", lineItem); err != nil {
				return 0, err
			}
		}
		if !d.person {
			continue
		}
		count, err := t.execCount("UPDATE donors SET tag = NULL, sealed = NULL, purged_us = $1 WHERE id = $2 AND purged_us = 0",
			toMicros(t.store.now()), d.id)
		if err != nil {
			return 0, err
		}
		persons += int(count)
	}
	return persons, nil
}
