package ledger

import (
	"context"
	"fmt"
	"sync"
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

// stepDue gives the clock step at which the figures of a drive are to be published
// now, and whether they are: a step has passed since the last time, or that lies
// further ahead than clocks differ. A clock that was wrong for a while must not keep
// figures back until it would have been right.
func stepDue(d leaderboard.Drive, now time.Time) (time.Time, bool) {
	if d.PublishEvery == 0 {
		return time.Time{}, false
	}
	at := step(d, now)
	return at, d.Published.Before(at) || d.Published.After(at.Add(d.PublishEvery))
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
		now := s.now()
		if at, due := stepDue(d, now); !due || d.Published.After(at) && !s.turns.mayTurnBack(d, now) {
			continue
		}
		if err := s.write(ctx, func(t *tx) error { return t.publish(d.ID) }); err != nil {
			return fmt.Errorf("publishing the figures of drive %s: %w", d.Slug, err)
		}
	}
	return nil
}

// turns is when each drive was last turned back to the present step from one that
// lies ahead. Two servers whose clocks contradict each other for good would undo each
// other's steps at every look, and publish each time.
type turns struct {
	mu   sync.Mutex
	last map[int64]time.Time
}

// mayTurnBack reports whether a drive may be turned back, once from one step to the
// next.
func (b *turns) mayTurnBack(d leaderboard.Drive, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if last, found := b.last[d.ID]; found && !last.After(now) && now.Sub(last) < d.PublishEvery {
		return false
	}
	b.last[d.ID] = now
	return true
}

func (t *tx) publish(id int64) error {
	drive, found := t.registry.drive(id)
	if !found {
		return nil
	}
	at, due := stepDue(drive, t.store.now())
	if !due {
		return nil // another server was quicker
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
