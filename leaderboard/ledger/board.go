package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// balanceTable is where the public figures of a drive stand.
func balanceTable(d leaderboard.Drive) string {
	if d.PublishEvery > 0 {
		return "published"
	}
	return "balances"
}

// Board reads what may be shown of a drive in the period that holds now. Of a
// drive that publishes at clock steps it is the figures of the last step.
func (s *Store) Board(ctx context.Context, d leaderboard.Drive, view leaderboard.View, span leaderboard.Span, now time.Time) (leaderboard.Board, error) {
	period := leaderboard.PeriodOf(span, now, d.Zone)
	total := leaderboard.Standing{Host: leaderboard.EveryHost}
	var standings []leaderboard.Standing
	var config int64
	err := s.reader.QueryRowContext(ctx, "SELECT config FROM head WHERE id = 1").Scan(&config)
	if err != nil {
		return leaderboard.Board{}, fmt.Errorf("reading the head: %w", err)
	}
	err = readAll(ctx, s.reader, func(rows *sql.Rows) error {
		b, err := scanBalance(rows)
		if err != nil {
			return err
		}
		if b.Host == leaderboard.EveryHost {
			total = b.Standing
		} else {
			standings = append(standings, b.Standing)
		}
		return nil
	}, "SELECT "+balanceColumns+" FROM "+balanceTable(d)+
		" WHERE drive_id = $1 AND span = $2 AND start_us = $3 AND (listed = 1 OR host = '*')",
		d.ID, int64(span), period.Start)
	// A row that was hidden is not there to tell its version; this one rises with it.
	total.Version = max(total.Version, config)
	if err != nil {
		return leaderboard.Board{}, fmt.Errorf("reading the board of drive %s: %w", d.Slug, err)
	}
	asOf := now
	if d.PublishEvery > 0 {
		asOf = d.Published
	}
	return leaderboard.NewBoard(d, view, period, total, standings, asOf), nil
}
