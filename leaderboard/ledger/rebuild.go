package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"fedirally/leaderboard"
)

// ErrUnsound says that the entries themselves contradict each other, so that
// nothing can be made from them; the audit names what is wrong.
var ErrUnsound = errors.New("the entries themselves are not sound, see audit")

// Rebuilt is the outcome of [Store.Rebuild]. Repaired counts rows that were not as
// they should be.
type Rebuilt struct {
	Entries, Balances, Repaired int64
}

// Rebuild makes credits, what each donor gave, and balances anew from nothing but
// the entries, under the lock, and writes what stands there otherwise. Published
// figures of clock steps are of the past and stay; whether they are listed is
// judged anew. It returns [ErrUnsound] if the entries cannot be trusted.
func (s *Store) Rebuild(ctx context.Context) (Rebuilt, error) {
	var done Rebuilt
	err := s.write(ctx, func(t *tx) error {
		a := &audit{ctx: t.ctx, snapshot: t.sql, head: t.head, registry: t.registry, now: s.now(), credits: map[int64]*leaderboard.Credit{}}
		a.recount = leaderboard.NewRecount(t.registry.drives)
		if err := a.foldEntries(); err != nil {
			return fmt.Errorf("reading the entries: %w", err)
		}
		if a.report.Count > 0 {
			return fmt.Errorf("%w: %s", ErrUnsound, a.report.Differences[0])
		}
		r := rebuild{tx: t, audit: a}
		for _, step := range []func() error{r.credits, r.donorNets, r.balances} {
			if err := step(); err != nil {
				return err
			}
		}
		done = Rebuilt{Entries: a.report.Entries, Balances: int64(len(r.wanted)), Repaired: r.repaired}
		return nil
	})
	return done, err
}

// rebuild is one run of it.
type rebuild struct {
	tx       *tx
	audit    *audit
	wanted   map[leaderboard.BalanceKey]leaderboard.Standing
	repaired int64
}

// touch gives repaired rows a version of their own, so that followers see them.
func (r *rebuild) touch(rows int) {
	if rows > 0 && r.tx.head.version == r.tx.was.version {
		r.tx.head.version++
	}
	r.repaired += int64(rows)
}

func (r *rebuild) credits() error {
	wanted := make(map[int64]leaderboard.Credit, len(r.audit.credits))
	for item, credit := range r.audit.credits {
		wanted[item] = *credit
		r.audit.recount.Add(*credit)
	}
	var wrong []leaderboard.Credit
	var extra []int64
	err := r.tx.query(func(rows *sql.Rows) error {
		stands, err := scanCredit(rows)
		if err != nil {
			return err
		}
		want, found := wanted[stands.LineItem]
		delete(wanted, stands.LineItem)
		switch {
		case !found:
			extra = append(extra, stands.LineItem)
		case !sameCredit(want, stands):
			wrong = append(wrong, want)
		}
		return nil
	}, "SELECT "+creditColumns+" FROM credits")
	if err != nil {
		return fmt.Errorf("reading credits: %w", err)
	}
	for _, missing := range wanted {
		wrong = append(wrong, missing)
	}
	r.touch(len(wrong) + len(extra))
	if err := (&work{tx: r.tx}).writeCredits(wrong); err != nil {
		return fmt.Errorf("writing credits: %w", err)
	}
	for _, item := range extra {
		if err := r.tx.exec("DELETE FROM credits WHERE line_item = $1", item); err != nil {
			return fmt.Errorf("removing a credit without an entry: %w", err)
		}
	}
	return nil
}

func (r *rebuild) donorNets() error {
	wanted := map[leaderboard.DonorKey]leaderboard.Cents{}
	for key, net := range r.audit.recount.DonorNets {
		if net != 0 {
			wanted[key] = net
		}
	}
	var wrong [][]any
	put := func(key leaderboard.DonorKey, net leaderboard.Cents) {
		wrong = append(wrong, []any{
			key.Balance.Drive, int64(key.Balance.Period.Span), key.Balance.Period.Start, string(key.Balance.Host), int64(key.Donor), int64(net),
		})
	}
	err := r.tx.query(func(rows *sql.Rows) error {
		key, stands, err := scanDonorNet(rows)
		if err != nil {
			return err
		}
		if want := wanted[key]; want != stands {
			put(key, want)
		}
		delete(wanted, key)
		return nil
	}, "SELECT "+donorNetColumns+" FROM donor_net")
	if err != nil {
		return fmt.Errorf("reading what donors gave: %w", err)
	}
	for key, net := range wanted {
		put(key, net)
	}
	r.touch(len(wrong))
	err = r.tx.insert("donor_net ("+donorNetColumns+")", 6,
		"ON CONFLICT (drive_id, span, start_us, host, donor_id) DO UPDATE SET net_cents = excluded.net_cents", wrong)
	if err != nil {
		return fmt.Errorf("writing what donors gave: %w", err)
	}
	return nil
}

func (r *rebuild) balances() error {
	r.wanted = r.audit.recount.Standings()
	missing := make(map[leaderboard.BalanceKey]bool, len(r.wanted))
	for key := range r.wanted {
		missing[key] = true
	}
	var wrong []balance
	err := r.tx.query(func(rows *sql.Rows) error {
		stands, err := scanBalance(rows)
		if err != nil {
			return err
		}
		want := r.right(stands.key)
		delete(missing, stands.key)
		if want.Raised != stands.Raised || want.Gifts != stands.Gifts || want.Donors != stands.Donors ||
			want.Reached != stands.Reached || want.Listed != stands.Listed || stands.Version > r.tx.head.version {
			wrong = append(wrong, balance{stands.key, want})
		}
		return nil
	}, "SELECT "+balanceColumns+" FROM balances")
	if err != nil {
		return fmt.Errorf("reading balances: %w", err)
	}
	for key := range missing {
		wrong = append(wrong, balance{key, r.right(key)})
	}
	r.touch(len(wrong))
	rows := make([][]any, len(wrong))
	for i, b := range wrong {
		listed := 0
		if b.Listed {
			listed = 1
		}
		rows[i] = []any{
			b.key.Drive, int64(b.key.Period.Span), b.key.Period.Start, string(b.key.Host),
			int64(b.Raised), b.Gifts, b.Donors, b.Reached, listed, r.tx.head.version,
		}
	}
	err = r.tx.insert("balances ("+balanceColumns+")", 10,
		`ON CONFLICT (drive_id, span, start_us, host) DO UPDATE SET raised_cents = excluded.raised_cents,
			gifts = excluded.gifts, donors = excluded.donors, reached_us = excluded.reached_us,
			listed = excluded.listed, version = excluded.version`, rows)
	if err != nil {
		return fmt.Errorf("writing balances: %w", err)
	}
	return r.published()
}

// right is what a balance should be. One without a gift is zero.
func (r *rebuild) right(key leaderboard.BalanceKey) leaderboard.Standing {
	want := r.wanted[key]
	want.Host = key.Host
	want.Listed = leaderboard.Listed(want, r.tx.registry.policy(key.Drive, key.Host))
	return want
}

// published judges anew which published figures are listed.
func (r *rebuild) published() error {
	var rows, wrong []balance
	if err := r.tx.query(collect(&rows), "SELECT "+balanceColumns+" FROM published"); err != nil {
		return fmt.Errorf("reading published figures: %w", err)
	}
	for _, b := range rows {
		if leaderboard.Listed(b.Standing, r.tx.registry.policy(b.key.Drive, b.key.Host)) != b.Listed {
			wrong = append(wrong, b)
		}
	}
	r.touch(len(wrong))
	return r.tx.judge("published", wrong)
}
