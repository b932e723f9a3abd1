package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"fedirally/leaderboard"
)

// Plan says what a change of drives or aliases moves. Nothing was changed unless
// Applied: a change that moves money is only carried out when asked to.
type Plan struct {
	Moves   int
	Cents   leaderboard.Cents
	Applied bool
}

// Author is who makes a change by hand. It stands in each entry that follows.
type Author string

// ErrInvalid marks a change that is refused for a reason that its text tells.
var ErrInvalid = errors.New("not possible")

// Drives gives all drives, oldest first.
func (s *Store) Drives(ctx context.Context) ([]leaderboard.Drive, error) {
	drives, err := readDrives(ctx, s.reader)
	if err != nil {
		return nil, fmt.Errorf("reading the drives: %w", err)
	}
	return drives, nil
}

// AddDrive opens a drive. Contributions that were kept and belong to it are
// moved into it; if there are any, the drive is opened only with apply, and else
// the plan tells what would move.
func (s *Store) AddDrive(ctx context.Context, d leaderboard.Drive, by Author, apply bool) (Plan, error) {
	return s.changeDrive(ctx, by, apply, func(t *tx) (leaderboard.Drive, error) {
		if _, err := t.registry.driveBySlug(d.Slug); err == nil {
			return d, fmt.Errorf("%w: there is a drive %q already", ErrInvalid, d.Slug)
		}
		for _, other := range t.registry.drives {
			d.ID = max(d.ID, other.ID)
		}
		d.ID++
		return d, nil
	})
}

// EditDrive changes a drive. What the change moves, in or out, is moved only
// with apply. Slug and zone are fixed once the drive has an entry.
func (s *Store) EditDrive(ctx context.Context, slug string, by Author, apply bool, edit func(*leaderboard.Drive) error) (Plan, error) {
	return s.changeDrive(ctx, by, apply, func(t *tx) (leaderboard.Drive, error) {
		before, err := t.registry.driveBySlug(slug)
		if err != nil {
			return before, err
		}
		after := before
		// What the edit changes in place must not change what stands.
		after.Forms, after.Entities = slices.Clone(before.Forms), slices.Clone(before.Entities)
		if err := edit(&after); err != nil {
			return after, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if after.Slug == before.Slug && after.Zone.String() == before.Zone.String() {
			return after, nil
		}
		if _, err := t.registry.driveBySlug(after.Slug); err == nil && after.Slug != before.Slug {
			return after, fmt.Errorf("%w: there is a drive %q already", ErrInvalid, after.Slug)
		}
		var entries int64
		err = t.queryRow("SELECT COUNT(*) FROM entries WHERE drive_id = $1 OR from_drive = $2", []any{before.ID, before.ID}, &entries)
		if err == nil && entries > 0 {
			err = fmt.Errorf("%w: slug and zone are fixed, because the drive has entries", ErrInvalid)
		}
		return after, err
	})
}

// CloseDrive ends a drive at that time. Notices that come later and were paid
// before it still count. A drive that has ended keeps its end.
func (s *Store) CloseDrive(ctx context.Context, slug string, by Author, at time.Time) (Plan, error) {
	return s.EditDrive(ctx, slug, by, true, func(d *leaderboard.Drive) error {
		switch {
		case !d.End.IsZero() && !at.Before(d.End):
			return fmt.Errorf("the drive has ended at %s", d.End.In(d.Zone).Format(time.RFC3339))
		case !d.Start.IsZero() && !d.Start.Before(at):
			return fmt.Errorf("the drive only starts at %s; edit its start and end instead", d.Start.In(d.Zone).Format(time.RFC3339))
		}
		d.End = at
		return nil
	})
}

// errPlanOnly rolls back a change that was only to be planned.
var errPlanOnly = errors.New("only planned")

func (s *Store) changeDrive(ctx context.Context, by Author, apply bool, prepare func(*tx) (leaderboard.Drive, error)) (Plan, error) {
	var plan Plan
	err := s.write(ctx, func(t *tx) error {
		after, err := prepare(t)
		if err != nil {
			return err
		}
		if err := t.checkDrive(after); err != nil {
			return err
		}
		before, existed := t.registry.drive(after.ID)
		if err := t.putDrive(after, !existed); err != nil {
			return err
		}
		if plan, err = t.resettle(before, after, by, apply); err != nil {
			return err
		}
		return t.relist(after.ID, "")
	})
	if errors.Is(err, errPlanOnly) {
		return plan, nil
	}
	plan.Applied = err == nil
	return plan, err
}

// checkDrive refuses what is incomplete, and what overlaps another drive: a
// contribution must never belong to two.
func (t *tx) checkDrive(d leaderboard.Drive) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	// The zone is kept by its name, and has to be found again by it.
	if _, err := time.LoadLocation(d.Zone.String()); err != nil || d.Zone == time.Local {
		return fmt.Errorf("%w: %q is not the name of a time zone", ErrInvalid, d.Zone)
	}
	for _, other := range t.registry.drives {
		if other.ID != d.ID && d.Overlaps(other) {
			return fmt.Errorf("%w: drive %q takes the same form, recipient and time; end one before the other starts", ErrInvalid, other.Slug)
		}
	}
	return nil
}

func (t *tx) putDrive(d leaderboard.Drive, isNew bool) error {
	d.Version = t.changedConfig()
	// In memory as on disk: a clock is finer than what is kept.
	d.Start, d.End = fromMicros(toMicros(d.Start)), fromMicros(toMicros(d.End))
	row := []any{
		d.ID, d.Slug, d.Title, jsonList(d.Forms), jsonList(d.Entities), int64(d.Goal), d.Beneficiary, d.Disclaimer, d.Contact,
		d.Eligibility, toMicros(d.Start), toMicros(d.End), d.Zone.String(), d.MinDonors, int64(d.PublishEvery / time.Second),
		toMicros(d.Published), d.Version, 0, toMicros(t.store.now()),
	}
	err := t.insert("drives ("+driveColumns+", published_at, created_us)", 19,
		`ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, forms = excluded.forms,
			entities = excluded.entities, goal_cents = excluded.goal_cents, beneficiary = excluded.beneficiary,
			disclaimer = excluded.disclaimer, contact = excluded.contact, eligibility = excluded.eligibility,
			start_us = excluded.start_us, end_us = excluded.end_us, zone = excluded.zone,
			min_donors = excluded.min_donors, publish_every_s = excluded.publish_every_s,
			published_us = excluded.published_us, version = excluded.version`, [][]any{row})
	if err != nil {
		return fmt.Errorf("writing drive %s: %w", d.Slug, err)
	}
	own := t.ownRegistry()
	if isNew {
		own.drives = append(own.drives, d)
		return nil
	}
	for i := range own.drives {
		if own.drives[i].ID == d.ID {
			own.drives[i] = d
		}
	}
	return nil
}

// resettle moves every kept contribution that the change of a drive puts into
// another drive, or into none.
func (t *tx) resettle(before, after leaderboard.Drive, by Author, apply bool) (Plan, error) {
	var items []int64
	forms := append(append([]string(nil), before.Forms...), after.Forms...)
	err := selectIn(t, "SELECT line_item FROM credits WHERE form", forms, "AND paid_us <> 0", func(rows *sql.Rows) error {
		var item int64
		err := rows.Scan(&item)
		items = append(items, item)
		return err
	})
	if err != nil {
		return Plan{}, fmt.Errorf("finding what the drive takes in: %w", err)
	}
	return t.rebook(items, apply, func(book *leaderboard.Book, item int64) (bool, error) {
		return book.Resettle(item, string(by), "the drive "+after.Slug+" was opened or changed")
	})
}

// rebook runs a change over credits that are on the books. What moves is written
// with apply; without, it is only counted, and errPlanOnly tells that the whole
// transaction has to be undone.
func (t *tx) rebook(items []int64, apply bool, change func(*leaderboard.Book, int64) (bool, error)) (Plan, error) {
	now := t.store.now()
	w := &work{tx: t, donors: newDonors(t), clues: map[int64]keptClues{}, now: now}
	w.book = leaderboard.NewBook(t.registry.drives, t.registry, w.donors, now)
	if err := w.loadItems(items, map[string]bool{}); err != nil {
		return Plan{}, fmt.Errorf("reading credits: %w", err)
	}
	if err := w.donors.loadIDs(w.donorsOf(items)); err != nil {
		return Plan{}, fmt.Errorf("reading donors: %w", err)
	}
	var plan Plan
	for _, item := range items {
		moved, err := change(w.book, item)
		if err != nil {
			return plan, err
		}
		if moved {
			plan.Moves++
		}
	}
	for _, entry := range w.book.Entries() {
		plan.Cents += entry.Cents
	}
	if plan.Moves > 0 && !apply {
		return plan, errPlanOnly
	}
	return plan, w.flush()
}
