package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fedirally/leaderboard"
)

// ID is the ledger's own name, drawn at random when it was made. It is public,
// and the same after a backup was restored.
func (s *Store) ID() string { return s.id }

// Head is the version of the last change to anything that may be shown.
func (s *Store) Head(ctx context.Context) (int64, error) {
	var h head
	if err := s.reader.QueryRowContext(ctx, headQuery).Scan(h.fields()...); err != nil {
		return 0, fmt.Errorf("reading the head: %w", err)
	}
	return h.version, nil
}

// Figures gives the balances of a drive that have changed since a mark, within
// the window: of a drive that publishes at clock steps, those of the last step.
// All of them, and Whole, if the mark is not one of this ledger's past.
func (s *Store) Figures(
	ctx context.Context, drive leaderboard.Drive, since leaderboard.Mark, window leaderboard.Window,
) (leaderboard.Figures, error) {
	f := leaderboard.Figures{Drive: drive.ID}
	// The head is read first: rows may be ahead of the mark, but never behind it.
	mark, err := markOf(ctx, s.reader, drive)
	if err != nil {
		return f, err
	}
	f.Mark = mark
	past, err := isPast(ctx, s.reader, drive, since, mark)
	if err != nil {
		return f, err
	}
	f.Whole = !past
	after := since.Version
	if f.Whole {
		after = 0
	}
	f.Balances, err = shownBalances(ctx, s.reader, drive, after, window)
	return f, err
}

// markOf is the mark of the present. Its witness tells which table is shown, and
// the last entry: of another past, no entry of that number has that key.
func markOf(ctx context.Context, from reader, drive leaderboard.Drive) (leaderboard.Mark, error) {
	var h head
	var key sql.NullString
	err := from.QueryRowContext(ctx, `SELECT h.seq, h.version, h.config, h.donor, h.notice, h.keys, e.key
		FROM head h LEFT JOIN entries e ON e.seq = h.seq WHERE h.id = 1`).Scan(append(h.fields(), &key)...)
	if err != nil {
		return leaderboard.Mark{}, fmt.Errorf("reading the head: %w", err)
	}
	witness := fmt.Sprintf("%s %d %s", balanceTable(drive), h.seq, key.String)
	return leaderboard.Mark{Version: h.version, Witness: witness}, nil
}

// isPast reports whether a mark was given out by this ledger, and not by one that
// has gone another way since a backup was made.
func isPast(ctx context.Context, from reader, drive leaderboard.Drive, since, present leaderboard.Mark) (bool, error) {
	table, rest, _ := strings.Cut(since.Witness, " ")
	number, key, _ := strings.Cut(rest, " ")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || table != balanceTable(drive) || since.Version <= 0 || since.Version > present.Version {
		return false, nil //nolint:nilerr // not one of our marks
	}
	if seq == 0 {
		return true, nil
	}
	var stands string
	err = from.QueryRowContext(ctx, "SELECT key FROM entries WHERE seq = $1", seq).Scan(&stands)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading entry %d: %w", seq, err)
	}
	return stands == key, nil
}

// shownBalances reads what is shown of a drive, and what is not, in the window.
// What was published at a clock step has at least that step's version: it was made
// public then, however long before that it changed.
func shownBalances(ctx context.Context, from reader, drive leaderboard.Drive, after int64, window leaderboard.Window) ([]leaderboard.Balance, error) {
	published := int64(0)
	if drive.PublishEvery > 0 {
		err := from.QueryRowContext(ctx, "SELECT published_at FROM drives WHERE id = $1", drive.ID).Scan(&published)
		if err != nil {
			return nil, fmt.Errorf("reading the last clock step of drive %s: %w", drive.Slug, err)
		}
		if published > after {
			after = 0
		}
	}
	var balances []leaderboard.Balance
	part := "SELECT " + balanceColumns + " FROM " + balanceTable(drive) + " WHERE host <> '' AND drive_id = "
	err := readAll(ctx, from, func(rows *sql.Rows) error {
		b, err := scanBalance(rows)
		b.Version = max(b.Version, published)
		balances = append(balances, leaderboard.Balance{Period: b.key.Period, Standing: b.Standing})
		return err
	}, // one statement for each span, so that the primary key leads to its rows
		part+"$1 AND span = 0 AND start_us = 0 AND version > $2 UNION ALL "+
			part+"$3 AND span = 1 AND start_us >= $4 AND version > $5 UNION ALL "+
			part+"$6 AND span = 2 AND start_us >= $7 AND version > $8",
		drive.ID, after, drive.ID, window.Day, after, drive.ID, window.Hour, after)
	if err != nil {
		return nil, fmt.Errorf("reading the balances of drive %s: %w", drive.Slug, err)
	}
	return balances, nil
}

// balanceTable is where the public figures of a drive stand.
func balanceTable(d leaderboard.Drive) string {
	if d.PublishEvery > 0 {
		return "published"
	}
	return "balances"
}
