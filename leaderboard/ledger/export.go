package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"fedirally/leaderboard"
)

// Standings gives the all-time standings of a drive, of every instance, listed
// or not, in the order by amount; apart from them the whole drive's, and the
// unattributed gifts'. For operators: this is not public.
func (s *Store) Standings(ctx context.Context, slug string) (hosts []leaderboard.Standing, total, unattributed leaderboard.Standing, err error) {
	d, err := s.Drive(ctx, slug)
	if err != nil {
		return nil, total, unattributed, err
	}
	err = readAll(ctx, s.reader, func(rows *sql.Rows) error {
		b, err := scanBalance(rows)
		switch {
		case err != nil:
			return err
		case b.Host == leaderboard.EveryHost:
			total = b.Standing
		case b.Host == leaderboard.Unattributed:
			unattributed = b.Standing
		case b.Gifts != 0 || b.Raised != 0:
			hosts = append(hosts, b.Standing)
		}
		return nil
	}, "SELECT "+balanceColumns+" FROM balances WHERE drive_id = $1 AND span = 0", d.ID)
	if err != nil {
		return nil, total, unattributed, fmt.Errorf("reading the standings: %w", err)
	}
	slices.SortFunc(hosts, leaderboard.ByAmount.Compare)
	return hosts, total, unattributed, nil
}

// Balances calls yield with every balance of a drive, in no order: all time, days
// and hours, of every host. An error of yield ends it and is returned.
func (s *Store) Balances(ctx context.Context, drive int64, yield func(leaderboard.BalanceKey, leaderboard.Standing) error) error {
	return readAll(ctx, s.reader, func(rows *sql.Rows) error {
		b, err := scanBalance(rows)
		if err != nil {
			return fmt.Errorf("reading a balance: %w", err)
		}
		return yield(b.key, b.Standing)
	}, "SELECT "+balanceColumns+" FROM balances WHERE drive_id = $1", drive)
}

// Drive gives a drive by its slug, or [ErrNotFound].
func (s *Store) Drive(ctx context.Context, slug string) (leaderboard.Drive, error) {
	row := s.reader.QueryRowContext(ctx, "SELECT "+driveColumns+" FROM drives WHERE slug = $1", slug)
	d, err := scanDrive(row)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("drive %q: %w", slug, ErrNotFound)
	}
	if err != nil {
		return d, fmt.Errorf("reading drive %q: %w", slug, err)
	}
	return d, nil
}

// Entries calls yield with each entry of a drive, in order of commit, moves into
// it and out of it included. There is no personal data in them. An error of
// yield ends it and is returned.
func (s *Store) Entries(ctx context.Context, slug string, yield func(leaderboard.Entry) error) error {
	d, err := s.Drive(ctx, slug)
	if err != nil {
		return err
	}
	// A refund that came before its gift was written outside every drive.
	return readEntries(ctx, s.reader, yield, `WHERE drive_id = $1 OR from_drive = $2 OR (kind = 'refunded' AND drive_id = 0 AND cents = 0
		AND line_item IN (SELECT line_item FROM credits WHERE drive_id = $3))`, d.ID, d.ID, d.ID)
}

func readEntries(ctx context.Context, from reader, yield func(leaderboard.Entry) error, where string, args ...any) error {
	return readAll(ctx, from, func(rows *sql.Rows) error {
		var e leaderboard.Entry
		err := rows.Scan(&e.Seq, &e.Key, &e.Kind, &e.LineItem, &e.Cents, &e.Amount, &e.Order, &e.Payment, &e.Form, &e.Entity,
			&e.Drive, &e.Host, &e.FromDrive, &e.FromHost, &e.Paid, &e.Event, &e.Donor,
			&e.Evidence, &e.Strength, &e.Sequence, &e.By, &e.Why, &e.Review, &e.Recorded)
		if err != nil {
			return fmt.Errorf("reading an entry: %w", err)
		}
		return yield(e)
	}, "SELECT "+entryColumns+" FROM entries "+where+" ORDER BY seq", args...)
}
