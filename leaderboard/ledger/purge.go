package ledger

import (
	"context"
	"database/sql"
	"fmt"
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
// moved or its donor became better known. Money, counts and moves stay whole. It
// tells how many donors were purged.
func (s *Store) Purge(ctx context.Context, keep Retention) (int, error) {
	purged := 0
	err := s.write(ctx, func(t *tx) error {
		now := s.now()
		add := func(count int, err error) error {
			purged += count
			return err
		}
		for _, d := range t.registry.drives {
			if err := add(t.purgeDrive(d, now, keep.AfterDrive)); err != nil {
				return err
			}
		}
		err := add(t.purgeDonors(now, `SELECT credits.donor_id FROM credits
			JOIN entries ON entries.key = CAST(credits.line_item AS TEXT) || ':paid'
			WHERE credits.drive_id = $1 GROUP BY credits.donor_id HAVING MAX(entries.recorded_us) < $2`,
			leaderboard.Outside, toMicros(now.Add(-keep.Outside))))
		if err != nil {
			return err
		}
		return add(t.purgeDonors(now, "SELECT id FROM donors WHERE id NOT IN (SELECT donor_id FROM credits)"))
	})
	if err != nil {
		return 0, fmt.Errorf("purging personal data: %w", err)
	}
	return purged, nil
}

func (t *tx) purgeDrive(d leaderboard.Drive, now time.Time, keep time.Duration) (int, error) {
	if d.End.IsZero() {
		return t.purgeDonors(now, "SELECT donor_id FROM credits WHERE drive_id = $1 AND paid_us <> 0 "+
			"GROUP BY donor_id HAVING MAX(paid_us) < $2", d.ID, toMicros(now.Add(-keep)))
	}
	if d.End.After(now.Add(-keep)) {
		return 0, nil
	}
	return t.purgeDonors(now, "SELECT donor_id FROM credits WHERE drive_id = $1 AND paid_us <> 0", d.ID)
}

// purgeDonors purges the donors that a query names, as far as that was not done,
// and the clues of their gifts. An anonymous donor's tag tells of nobody and goes
// on counting.
func (t *tx) purgeDonors(now time.Time, query string, args ...any) (int, error) {
	var ids []int64
	err := t.query(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM donors WHERE purged_us = 0 AND anonymous = 0 AND id IN ("+query+")", args...)
	if err != nil {
		return 0, err
	}
	// The clues first: the query may no longer name a donor once it is purged.
	err = t.exec("DELETE FROM clues WHERE line_item IN (SELECT line_item FROM credits WHERE donor_id IN ("+query+"))", args...)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := t.exec("UPDATE donors SET tag = NULL, sealed = NULL, purged_us = $1 WHERE id = $2", toMicros(now), id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
