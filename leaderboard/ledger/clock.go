package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// clockTrust is how long the clock must have gone as it should before anything
	// is removed by it.
	clockTrust = 24 * time.Hour
	// clockGap is how long nobody may have looked at the clock for it to be the same
	// clock still, and clockSlack how far those of two servers may be apart.
	clockGap   = 48 * time.Hour
	clockSlack = 10 * time.Minute
)

// clockKept is what the database knows of the clock: when it was last looked at,
// and since when it has gone as it should.
type clockKept struct{ seen, since time.Time }

// ClockHeld looks at the clock, and reports whether it has gone as it should for
// long enough to remove data by it, which cannot be undone: a machine that starts
// with a wrong date, or a person who sets it, would otherwise have everything purged
// that is to be kept for months yet. Call it at least every few hours; after a longer
// time when no server ran, or after the clock has jumped, it takes a day.
func (s *Store) ClockHeld(ctx context.Context) (bool, error) {
	now, held := s.now().UTC(), false
	err := s.write(ctx, func(t *tx) error {
		kept, err := t.clock()
		if err != nil {
			return err
		}
		if now.Before(kept.seen.Add(-clockSlack)) || now.After(kept.seen.Add(clockGap)) {
			if !kept.seen.IsZero() {
				s.logger.Warn("the clock has jumped, or no server has run for long: nothing is removed for a day",
					slog.Time("last_seen", kept.seen), slog.Time("now", now))
			}
			kept.since = now
		}
		held = now.Sub(kept.since) >= clockTrust
		return t.putClock(clockKept{now, kept.since})
	})
	if err != nil {
		return false, fmt.Errorf("looking at the clock: %w", err)
	}
	return held, nil
}

// clock gives what is known of the clock, and zero times if nothing is.
func (t *tx) clock() (kept clockKept, err error) {
	text, err := t.keyring(keyClock)
	if errors.Is(err, sql.ErrNoRows) {
		return clockKept{}, nil
	}
	if err != nil {
		return kept, err
	}
	var seen, since int64
	if _, err := fmt.Sscanf(text, "%d %d", &seen, &since); err != nil {
		return clockKept{}, fmt.Errorf("reading what is known of the clock: %w", err)
	}
	return clockKept{fromMicros(seen), fromMicros(since)}, nil
}

func (t *tx) putClock(kept clockKept) error {
	return t.insert("keyring (name, value)", 2, "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		[][]any{{keyClock, fmt.Sprintf("%d %d", toMicros(kept.seen), toMicros(kept.since))}})
}
