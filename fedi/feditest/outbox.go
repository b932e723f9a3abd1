package feditest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

// ErrCrashed is what everything answers after a crash, until the restart.
var ErrCrashed = errors.New("the program has crashed")

// Outbox is a toot outbox in memory. It stands for what is on disk: a crash ends the
// program that works on it, at a point that was asked for, and leaves what was written.
type Outbox struct {
	mu      sync.Mutex
	rows    []*OutboxRow
	points  int
	crashAt int
	crashed bool
	where   string
}

var _ fedi.Outbox = (*Outbox)(nil)

// OutboxRow is a row with what became of it.
type OutboxRow struct {
	fedi.Row

	Due           time.Time
	Posted        fedi.Posted
	Done, Dropped bool
	// Why is why it was put off or dropped.
	Why string
}

// Add puts news into the outbox.
func (o *Outbox) Add(news leaderboard.News, at time.Time) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := int64(len(o.rows) + 1)
	o.rows = append(o.rows, &OutboxRow{Row: fedi.Row{ID: id, News: news, Created: at}})
	return id
}

// Rows gives all rows, in the order in which they came.
func (o *Outbox) Rows() []OutboxRow {
	o.mu.Lock()
	defer o.mu.Unlock()
	rows := make([]OutboxRow, len(o.rows))
	for i, row := range o.rows {
		rows[i] = *row
	}
	return rows
}

// CrashAt lets the program crash at the n-th point from now on: before or after a write
// to the outbox, or before or after a request on [Outbox.Transport]. 0: not at all.
func (o *Outbox) CrashAt(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.points, o.crashAt = 0, n
}

// Restart lets the program start anew after a crash, and says where that was. Without a
// crash it does nothing.
func (o *Outbox) Restart() (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.crashed {
		return "", false
	}
	o.crashed, o.crashAt = false, 0
	return o.where, true
}

// pass passes a point at which it may crash.
func (o *Outbox) pass(where string) error {
	o.points++
	if o.crashAt > 0 && o.points == o.crashAt {
		o.crashed, o.where = true, where
	}
	if o.crashed {
		return ErrCrashed
	}
	return nil
}

// Next gives the most important row, and of those the oldest.
func (o *Outbox) Next(_ context.Context, now time.Time) (fedi.Row, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.crashed {
		return fedi.Row{}, false, ErrCrashed
	}
	var waiting []*OutboxRow
	for _, row := range o.rows {
		if !row.Done && !row.Dropped && !row.Due.After(now) {
			waiting = append(waiting, row)
		}
	}
	if len(waiting) == 0 {
		return fedi.Row{}, false, nil
	}
	return slices.MinFunc(waiting, func(a, b *OutboxRow) int {
		return cmp.Or(cmp.Compare(b.News.Importance(), a.News.Importance()), cmp.Compare(a.ID, b.ID))
	}).Row, true, nil
}

// Try keeps the toot of the first attempt and counts.
func (o *Outbox) Try(ctx context.Context, id int64, at time.Time, toot fedi.Toot) error {
	return o.change(ctx, id, "Try", func(row *OutboxRow) {
		if row.Toot == nil {
			row.Toot = &toot
		}
		row.Attempts++
		row.Tried = at
	})
}

// Done ends the row.
func (o *Outbox) Done(ctx context.Context, id int64, posted fedi.Posted) error {
	return o.change(ctx, id, "Done", func(row *OutboxRow) { row.Done, row.Posted = true, posted })
}

// Later puts the row off.
func (o *Outbox) Later(ctx context.Context, id int64, until time.Time, why string) error {
	return o.change(ctx, id, "Later", func(row *OutboxRow) { row.Due, row.Why = until, why })
}

// Drop ends the row.
func (o *Outbox) Drop(ctx context.Context, id int64, why string) error {
	return o.change(ctx, id, "Drop", func(row *OutboxRow) { row.Dropped, row.Why = true, why })
}

func (o *Outbox) change(ctx context.Context, id int64, what string, change func(*OutboxRow)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if err := o.pass("before " + what); err != nil {
		return err
	}
	if id < 1 || id > int64(len(o.rows)) {
		return fmt.Errorf("%s: there is no toot %d", what, id)
	}
	row := o.rows[id-1]
	if row.Done || row.Dropped {
		return fmt.Errorf("%s: toot %d has ended", what, id)
	}
	change(row)
	return o.pass("after " + what)
}

// Transport carries requests for the program that works on the outbox, and has a point
// to crash before and after each.
func (o *Outbox) Transport(next http.RoundTripper) http.RoundTripper {
	return &crashing{outbox: o, next: next}
}

type crashing struct {
	outbox *Outbox
	next   http.RoundTripper
}

func (c *crashing) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.pass("before " + r.Method); err != nil {
		return nil, err
	}
	response, err := c.next.RoundTrip(r)
	if crash := c.pass("after " + r.Method); crash != nil {
		if err == nil {
			_ = response.Body.Close()
		}
		return nil, crash
	}
	return response, err
}

func (c *crashing) pass(where string) error {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	return c.outbox.pass(where)
}
