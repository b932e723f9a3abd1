package ledger

import (
	"database/sql"

	"fedirally/leaderboard"
)

// addTally adds a tally to the balances, counts donors, and decides anew which
// of the changed balances are listed.
func (t *tx) addTally(tally leaderboard.Tally) error {
	donors, err := t.addDonors(tally.Donors)
	if err != nil {
		return err
	}
	rows := make([][]any, 0, len(tally.Balances))
	for key, delta := range tally.Balances {
		rows = append(rows, []any{
			key.Drive, int64(key.Period.Span), key.Period.Start, string(key.Host),
			int64(delta.Raised), delta.Gifts, donors[key], delta.Reached, 0, t.head.version,
		})
	}
	var changed []balance
	err = t.insertReturning("balances ("+balanceColumns+")", 10,
		`ON CONFLICT (drive_id, span, start_us, host) DO UPDATE SET
			raised_cents = balances.raised_cents + excluded.raised_cents,
			gifts = balances.gifts + excluded.gifts,
			donors = balances.donors + excluded.donors,
			reached_us = CASE WHEN excluded.reached_us > balances.reached_us THEN excluded.reached_us ELSE balances.reached_us END,
			version = excluded.version
		RETURNING `+balanceColumns, rows, collect(&changed))
	if err != nil {
		return err
	}
	if err := t.findReached(tally); err != nil {
		return err
	}
	return t.judge("balances", changed)
}

// balance is a row of balances or published.
type balance struct {
	key leaderboard.BalanceKey
	leaderboard.Standing
}

const balanceColumns = "drive_id, span, start_us, host, raised_cents, gifts, donors, reached_us, listed, version"

func scanBalance(row interface{ Scan(...any) error }) (balance, error) {
	var b balance
	var listed int64
	err := row.Scan(&b.key.Drive, &b.key.Period.Span, &b.key.Period.Start, &b.key.Host,
		&b.Raised, &b.Gifts, &b.Donors, &b.Reached, &listed, &b.Version)
	b.Host = b.key.Host
	b.Listed = listed == 1
	return b, err
}

func collect(into *[]balance) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		b, err := scanBalance(rows)
		*into = append(*into, b)
		return err
	}
}

// addDonors adds to what each donor gave to each balance, and gives by how much
// the number of donors above zero changed.
func (t *tx) addDonors(nets map[leaderboard.DonorKey]leaderboard.Cents) (map[leaderboard.BalanceKey]int64, error) {
	rows := make([][]any, 0, len(nets))
	for key, net := range nets {
		if net != 0 {
			rows = append(rows, []any{
				key.Balance.Drive, int64(key.Balance.Period.Span), key.Balance.Period.Start, string(key.Balance.Host),
				int64(key.Donor), int64(net),
			})
		}
	}
	counts := map[leaderboard.BalanceKey]int64{}
	err := t.insertReturning("donor_net ("+donorNetColumns+")", 6,
		`ON CONFLICT (drive_id, span, start_us, host, donor_id)
			DO UPDATE SET net_cents = donor_net.net_cents + excluded.net_cents
		RETURNING `+donorNetColumns, rows,
		func(rows *sql.Rows) error {
			key, after, err := scanDonorNet(rows)
			if err != nil {
				return err
			}
			before := after - nets[key]
			switch {
			case before <= 0 && after > 0:
				counts[key.Balance]++
			case before > 0 && after <= 0:
				counts[key.Balance]--
			}
			return nil
		})
	return counts, err
}

const donorNetColumns = "drive_id, span, start_us, host, donor_id, net_cents"

func scanDonorNet(row interface{ Scan(...any) error }) (leaderboard.DonorKey, leaderboard.Cents, error) {
	var key leaderboard.DonorKey
	var net leaderboard.Cents
	err := row.Scan(&key.Balance.Drive, &key.Balance.Period.Span, &key.Balance.Period.Start, &key.Balance.Host, &key.Donor, &net)
	return key, net, err
}

// judge applies the rule of [leaderboard.Listed] to rows of a table, and writes
// where the answer is another than before.
func (t *tx) judge(table string, rows []balance) error {
	for _, b := range rows {
		listed := leaderboard.Listed(b.Standing, t.registry.policy(b.key.Drive, b.key.Host))
		if listed == b.Listed {
			continue
		}
		flag := 0
		if listed {
			flag = 1
		}
		err := t.exec("UPDATE "+table+` SET listed = $1, version = $2
			WHERE drive_id = $3 AND span = $4 AND start_us = $5 AND host = $6`,
			flag, t.head.version, b.key.Drive, int64(b.key.Period.Span), b.key.Period.Start, string(b.key.Host))
		if err != nil {
			return err
		}
	}
	return nil
}

// relist judges all rows of a drive, or of every drive (0), for a host, or for
// every host (empty), after the rule or an instance changed.
func (t *tx) relist(drive int64, host leaderboard.Host) error {
	for _, table := range []string{"balances", "published"} {
		var rows []balance
		err := t.query(collect(&rows), "SELECT "+balanceColumns+" FROM "+table+
			" WHERE ($1 = 0 OR drive_id = $2) AND ($3 = '' OR host = $4)", drive, drive, string(host), string(host))
		if err != nil {
			return err
		}
		if err := t.judge(table, rows); err != nil {
			return err
		}
	}
	return nil
}
