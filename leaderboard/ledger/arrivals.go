package ledger

import (
	"context"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// Arrivals tells when something last came in, zero where nothing ever did.
// Repeats of what is known leave no trace.
type Arrivals struct {
	// Last is by kind of notice. What waited in quarantine and is gone, and what was
	// set aside, is not in it: the kind of the latter is not kept.
	Last map[leaderboard.NoticeKind]time.Time
	// Aside is when something was last set aside: a test, or a declined payment.
	Aside time.Time
	// Newest is the latest of all that was written.
	Newest time.Time
}

// Arrivals reads them. The entries of a kind are searched from the newest on.
func (i *Inspection) Arrivals(ctx context.Context) (Arrivals, error) {
	a := Arrivals{Last: map[leaderboard.NoticeKind]time.Time{}}
	for _, question := range []struct {
		kind  leaderboard.NoticeKind
		query string
	}{
		{leaderboard.Contributions, "SELECT recorded_us FROM entries WHERE kind = 'paid' ORDER BY seq DESC LIMIT 1"},
		{leaderboard.Refunds, "SELECT recorded_us FROM entries WHERE kind = 'refunded' ORDER BY seq DESC LIMIT 1"},
		{leaderboard.Cancellations, "SELECT MAX(recorded_us) FROM cancellations"},
		{leaderboard.Contributions, "SELECT MAX(received_us) FROM quarantine WHERE kind = 'contributions'"},
		{leaderboard.Refunds, "SELECT MAX(received_us) FROM quarantine WHERE kind = 'refunds'"},
		{leaderboard.Cancellations, "SELECT MAX(received_us) FROM quarantine WHERE kind = 'cancellations'"},
		{"", "SELECT MAX(received_us) FROM aside"},
	} {
		var micros int64
		err := i.db.QueryRowContext(ctx, "SELECT COALESCE(("+question.query+"), 0)").Scan(&micros)
		if err != nil {
			return a, fmt.Errorf("reading when something last came in: %w", err)
		}
		at := fromMicros(micros)
		if question.kind == "" {
			a.Aside = at
		} else if at.After(a.Last[question.kind]) {
			a.Last[question.kind] = at
		}
		if at.After(a.Newest) {
			a.Newest = at
		}
	}
	return a, nil
}

// Waiting is what waits for a person's look.
type Waiting struct {
	// Quarantined counts notices, and Oldest is when the first of them came.
	Quarantined int64
	Oldest      time.Time
	// Review counts entries. They stay what they are.
	Review int64
}

// Waiting reads it.
func (i *Inspection) Waiting(ctx context.Context) (Waiting, error) {
	var w Waiting
	var oldest int64
	err := i.db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM quarantine), (SELECT COALESCE(MIN(received_us), 0) FROM quarantine),
		(SELECT COUNT(*) FROM entries WHERE review <> '')`).Scan(&w.Quarantined, &oldest, &w.Review)
	w.Oldest = fromMicros(oldest)
	return w, err
}

// QuarantineKept is how long a notice waits before it is removed.
const QuarantineKept = quarantineKept

// HasAside reports whether something of that order was set aside.
func (i *Inspection) HasAside(ctx context.Context, order string) (bool, error) {
	var n int
	err := i.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM aside WHERE order_no = $1", order).Scan(&n)
	return n > 0, err
}
