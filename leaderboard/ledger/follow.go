package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

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
// All of them, and Whole, if the mark is not one of this ledger's past. Of the drive
// only its ID counts: the rest is read anew, together with the figures.
func (s *Store) Figures(
	ctx context.Context, drive leaderboard.Drive, since leaderboard.Mark, window leaderboard.Window,
) (leaderboard.Figures, error) {
	f := leaderboard.Figures{Drive: drive.ID}
	err := s.inSnapshot(ctx, func(from reader) (err error) {
		if drive, err = readDrive(ctx, from, drive.ID); err != nil {
			return err
		}
		if f.Mark, err = markOf(ctx, from, drive); err != nil {
			return err
		}
		past, err := isPast(ctx, from, since, f.Mark)
		if err != nil {
			return err
		}
		f.Whole, f.Edition = !past, drive.Version
		after := since.Version
		if f.Whole {
			after = 0
		}
		f.Balances, err = shownBalances(ctx, from, drive, after, window)
		return err
	})
	return f, err
}

// witness is how the ledger knows its past again: by the last entry and by the last
// change that wrote none. A backup that was restored goes another way from there on,
// and the same gifts may come again, but not at the same microsecond.
type witness struct {
	table    string // where the public figures stood
	seq      int64  // the last entry
	recorded int64
	change   int64 // version of the last row of changes
	mark     string
}

func (w witness) String() string {
	return fmt.Sprintf("%s %d %d %d %s", w.table, w.seq, w.recorded, w.change, w.mark)
}

func parseWitness(text string) (w witness, ok bool) {
	n, err := fmt.Sscanf(text, "%s %d %d %d %s", &w.table, &w.seq, &w.recorded, &w.change, &w.mark)
	return w, err == nil && n == 5 && w.String() == text
}

// markOf is the mark of the present.
func markOf(ctx context.Context, from reader, drive leaderboard.Drive) (leaderboard.Mark, error) {
	w := witness{table: balanceTable(drive)}
	var version int64
	err := from.QueryRowContext(ctx, `SELECT h.version, h.seq, COALESCE(e.recorded_us, 0), c.version, c.mark
		FROM head h LEFT JOIN entries e ON e.seq = h.seq, (`+lastChange+`) c
		WHERE h.id = 1`, int64(math.MaxInt64)).Scan(&version, &w.seq, &w.recorded, &w.change, &w.mark)
	if err != nil {
		return leaderboard.Mark{}, fmt.Errorf("reading the head: %w", err)
	}
	return leaderboard.Mark{Version: version, Witness: w.String()}, nil
}

// lastChange finds the last change up to a version.
const lastChange = "SELECT version, mark FROM changes WHERE version <= $1 ORDER BY version DESC LIMIT 1"

// isPast reports whether a mark was given out by this ledger, and not by one that
// has gone another way since a backup was made. Where too much has changed to tell,
// it was not.
func isPast(ctx context.Context, from reader, since, present leaderboard.Mark) (bool, error) {
	was, ok := parseWitness(since.Witness)
	is, _ := parseWitness(present.Witness)
	if !ok || was.table != is.table || since.Version <= 0 || since.Version > present.Version {
		return false, nil
	}
	stands := witness{table: was.table, seq: was.seq}
	err := from.QueryRowContext(ctx, lastChange, since.Version).Scan(&stands.change, &stands.mark)
	if err == nil && was.seq > 0 {
		err = from.QueryRowContext(ctx, "SELECT recorded_us FROM entries WHERE seq = $1", was.seq).Scan(&stands.recorded)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for a mark in the past: %w", err)
	}
	return stands == was, nil
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
