package ledger

import (
	"context"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// step is the last clock step, on the clocks of the drive's zone, at or before
// that time.
func step(d leaderboard.Drive, now time.Time) time.Time {
	local := now.In(d.Zone)
	_, offset := local.Zone()
	shift := time.Duration(offset) * time.Second
	return local.Add(shift).UTC().Truncate(d.PublishEvery).Add(-shift)
}

// Publish brings the public figures of drives that publish at clock steps up to
// the present, where a step has passed since the last time. Call it every second
// or so; a server calls it before it takes in the first notice. It does nothing
// where another server was quicker.
func (s *Store) Publish(ctx context.Context) error {
	drives, err := s.Drives(ctx)
	if err != nil {
		return err
	}
	for _, d := range drives {
		if d.PublishEvery == 0 || !d.Published.Before(step(d, s.now())) {
			continue
		}
		if err := s.write(ctx, func(t *tx) error { return t.publish(d.ID) }); err != nil {
			return fmt.Errorf("publishing the figures of drive %s: %w", d.Slug, err)
		}
	}
	return nil
}

func (t *tx) publish(id int64) error {
	drive, found := t.registry.drive(id)
	if !found || drive.PublishEvery == 0 {
		return nil
	}
	at := step(drive, t.store.now())
	if !drive.Published.Before(at) {
		return nil
	}
	var last int64
	if err := t.queryRow("SELECT published_at FROM drives WHERE id = $1", []any{id}, &last); err != nil {
		return err
	}
	drive.Published = at
	if err := t.putDrive(drive, false); err != nil {
		return err
	}
	err := t.exec("INSERT INTO published ("+balanceColumns+") SELECT "+balanceColumns+
		` FROM balances WHERE drive_id = $1 AND version > $2
		ON CONFLICT (drive_id, span, start_us, host) DO UPDATE SET
			raised_cents = excluded.raised_cents, gifts = excluded.gifts, donors = excluded.donors,
			reached_us = excluded.reached_us, listed = excluded.listed, version = excluded.version`, id, last)
	if err != nil {
		return err
	}
	return t.exec("UPDATE drives SET published_at = $1 WHERE id = $2", t.head.version, id)
}
