package ledger

import (
	"database/sql"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// fewKeys is up to how many balances of a drive are searched one by one; more of
// them are found in one pass over the drive's gifts.
const fewKeys = 12

// findReached computes the time of the last event, from the gifts that remain, of
// each balance that a gift was moved away from.
func (t *tx) findReached(tally leaderboard.Tally) error {
	left := map[int64][]leaderboard.BalanceKey{}
	for key, delta := range tally.Balances {
		if delta.Left {
			left[key.Drive] = append(left[key.Drive], key)
		}
	}
	for id, keys := range left {
		drive, found := t.registry.drive(id)
		if !found {
			return fmt.Errorf("drive %d: %w", id, ErrNotFound)
		}
		reached := make(map[leaderboard.BalanceKey]int64, len(keys))
		for _, key := range keys {
			reached[key] = 0
		}
		if err := t.searchReached(drive, keys, reached); err != nil {
			return err
		}
		for key, latest := range reached {
			err := t.exec("UPDATE balances SET reached_us = $1 WHERE drive_id = $2 AND span = $3 AND start_us = $4 AND host = $5",
				latest, key.Drive, int64(key.Period.Span), key.Period.Start, string(key.Host))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) searchReached(d leaderboard.Drive, keys []leaderboard.BalanceKey, reached map[leaderboard.BalanceKey]int64) error {
	if len(keys) > fewKeys {
		return t.scanReached(d, reached, "drive_id = $1", d.ID)
	}
	for _, key := range keys {
		where, args := "drive_id = $1", []any{d.ID}
		if key.Host != leaderboard.EveryHost {
			where += " AND host = $2"
			args = append(args, string(key.Host))
		}
		if key.Period.Span != leaderboard.AllTime {
			// No period is longer than two days.
			n := len(args)
			where += fmt.Sprintf(" AND paid_us >= $%d AND paid_us < $%d", n+1, n+2)
			args = append(args, key.Period.Start, key.Period.Start+(48*time.Hour).Microseconds())
		}
		if err := t.scanReached(d, reached, where, args...); err != nil {
			return err
		}
	}
	return nil
}

// scanReached raises the times in reached to those of the gifts that a condition
// names.
func (t *tx) scanReached(d leaderboard.Drive, reached map[leaderboard.BalanceKey]int64, where string, args ...any) error {
	return t.query(func(rows *sql.Rows) error {
		var host leaderboard.Host
		var paid, event int64
		if err := rows.Scan(&host, &paid, &event); err != nil {
			return err
		}
		for _, period := range leaderboard.PeriodsOf(time.UnixMicro(paid), d.Zone) {
			for _, of := range []leaderboard.Host{host, leaderboard.EveryHost} {
				key := leaderboard.BalanceKey{Drive: d.ID, Period: period, Host: of}
				if latest, wanted := reached[key]; wanted {
					reached[key] = max(latest, event)
				}
			}
		}
		return nil
	}, "SELECT host, paid_us, reached_us FROM credits WHERE paid_us <> 0 AND "+where, args...)
}
