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
// of their gifts. Money, counts and moves stay whole. It tells how many donors
// were purged.
func (s *Store) Purge(ctx context.Context, keep Retention) (int, error) {
	purged := 0
	err := s.write(ctx, func(t *tx) error {
		now := s.now()
		for _, d := range t.registry.drives {
			count, err := t.purgeDrive(d, now, keep.AfterDrive)
			if err != nil {
				return err
			}
			purged += count
		}
		gone, err := t.purgeWhere(now, "SELECT donor_id FROM entries WHERE kind = 'paid' AND drive_id = $1 "+
			"GROUP BY donor_id HAVING MAX(recorded_us) < $2", leaderboard.Outside, toMicros(now.Add(-keep.Outside)))
		purged += gone
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purging personal data: %w", err)
	}
	return purged, nil
}

func (t *tx) purgeDrive(d leaderboard.Drive, now time.Time, keep time.Duration) (int, error) {
	limit := now.Add(-keep)
	if !d.End.IsZero() {
		if d.End.After(limit) {
			return 0, nil
		}
		limit = now // the drive's time is over: every donor's is
	}
	return t.purgeWhere(now, "SELECT donor_id FROM credits WHERE drive_id = $1 AND paid_us <> 0 "+
		"GROUP BY donor_id HAVING MAX(paid_us) < $2", d.ID, toMicros(limit))
}

// purgeWhere purges the donors that a query names, as far as that was not done.
func (t *tx) purgeWhere(now time.Time, query string, args ...any) (int, error) {
	var ids []int64
	err := t.query(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM donors WHERE id IN ("+query+") AND purged_us = 0 AND anonymous = 0", args...)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		// An anonymous donor's tag tells of nobody and goes on counting.
		if err := t.exec("UPDATE donors SET tag = NULL, sealed = NULL, purged_us = $1 WHERE id = $2", toMicros(now), id); err != nil {
			return 0, err
		}
	}
	err = t.exec("DELETE FROM clues WHERE line_item IN (SELECT line_item FROM credits WHERE donor_id IN ("+query+"))", args...)
	return len(ids), err
}
