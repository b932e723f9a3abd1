package ledger

import (
	"context"
	"fmt"
	"time"
)

// Queue is what waits to be written at this moment.
type Queue struct {
	// Waiting is how many notices wait for a group, and Room how many may.
	Waiting, Room int
	// Oldest is how long the oldest notice has waited that is not on disk yet, be it
	// in the queue or in the group under way; 0 if there is none. A sender waits two
	// seconds; its notice may go on waiting.
	Oldest time.Duration
}

// Queue looks at the queue, and asks nothing of the database.
func (s *Store) Queue() Queue {
	q := Queue{Waiting: len(s.intake.queue), Room: cap(s.intake.queue)}
	// The queue is in order, so that the first of the group under way is the oldest.
	if first := s.intake.first.Load(); first != nil {
		q.Oldest = max(s.now().Sub(first.since), 0)
	}
	return q
}

// Vitals are a few figures by which a person sees whether all is well. None of
// them tells of money or of an instance.
type Vitals struct {
	// Version is that of the last change to anything that may be shown.
	Version int64
	// Quarantined is how many notices wait for a person's look, and Oldest when the
	// first of them came; the zero time if there is none.
	Quarantined int64
	Oldest      time.Time
}

// Vitals reads them, at the cost of two short queries. It fails where [Store.Ready]
// does.
func (s *Store) Vitals(ctx context.Context) (Vitals, error) {
	h, err := s.readHead(ctx)
	if err != nil {
		return Vitals{}, err
	}
	v := Vitals{Version: h.version}
	var oldest int64
	// Numbers are given out in the order of arrival. The rows themselves are large.
	err = s.reader.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM quarantine),
		COALESCE((SELECT received_us FROM quarantine ORDER BY id LIMIT 1), 0)`).Scan(&v.Quarantined, &oldest)
	if err != nil {
		return Vitals{}, fmt.Errorf("counting the quarantine: %w", err)
	}
	v.Oldest = fromMicros(oldest)
	return v, nil
}
