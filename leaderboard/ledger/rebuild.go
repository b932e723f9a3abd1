package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

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
		done = Rebuilt{Entries: a.report.Entries, Balances: r.count, Repaired: r.repaired}
		return nil
	})
	return done, err
}

// rebuild is one run of it.
type rebuild struct {
	tx    *tx
	audit *audit
	// wanted are the balances that have not been found yet, of count in all.
	wanted   map[leaderboard.BalanceKey]leaderboard.Standing
	count    int64
	repaired int64
}

// rebuildChunk is how many rows are made ready for writing at a time.
const rebuildChunk = 1024

// touch gives repaired rows a version of their own, so that followers see them.
func (r *rebuild) touch(rows int) {
	if rows > 0 && r.tx.head.version == r.tx.was.version {
		r.tx.head.version++
	}
	r.repaired += int64(rows)
}

func (r *rebuild) credits() error {
	wanted := r.audit.credits
	r.audit.credits = nil // a million of them weigh
	for _, credit := range wanted {
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
		case !sameCredit(*want, stands):
			wrong = append(wrong, *want)
		}
		return nil
	}, "SELECT "+creditColumns+" FROM credits")
	if err != nil {
		return fmt.Errorf("reading credits: %w", err)
	}
	r.touch(len(wrong) + len(wanted) + len(extra))
	missing := slices.Sorted(maps.Keys(wanted)) // rows that come in order are written faster
	for part := range slices.Chunk(missing, rebuildChunk) {
		for _, item := range part {
			wrong = append(wrong, *wanted[item])
		}
		if err := (&work{tx: r.tx}).writeCredits(wrong); err != nil {
			return fmt.Errorf("writing credits: %w", err)
		}
		wrong = wrong[:0]
	}
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
	recount := r.audit.recount
	wrong := map[leaderboard.DonorKey]leaderboard.Cents{}
	err := r.tx.query(func(rows *sql.Rows) error {
		key, stands, err := scanDonorNet(rows)
		if err != nil {
			return err
		}
		if want := recount.TakeDonorNet(key); want != stands {
			wrong[key] = want
		}
		return nil
	}, "SELECT "+donorNetColumns+" FROM donor_net")
	if err != nil {
		return fmt.Errorf("reading what donors gave: %w", err)
	}
	rows := make([][]any, 0, rebuildChunk)
	write := func() error {
		r.touch(len(rows))
		err := r.tx.insert("donor_net ("+donorNetColumns+")", 6,
			"ON CONFLICT (drive_id, span, start_us, host, donor_id) DO UPDATE SET net_cents = excluded.net_cents", rows)
		rows = rows[:0]
		return err
	}
	for _, nets := range []iter.Seq2[leaderboard.DonorKey, leaderboard.Cents]{maps.All(wrong), recount.DonorNets} {
		for key, net := range nets {
			rows = append(rows, []any{
				key.Balance.Drive, int64(key.Balance.Period.Span), key.Balance.Period.Start, string(key.Balance.Host), int64(key.Donor), int64(net),
			})
			if len(rows) == rebuildChunk {
				if err := write(); err != nil {
					return fmt.Errorf("writing what donors gave: %w", err)
				}
			}
		}
	}
	if err := write(); err != nil {
		return fmt.Errorf("writing what donors gave: %w", err)
	}
	return nil
}

func (r *rebuild) balances() error {
	r.wanted = r.audit.recount.Standings()
	r.audit.recount = nil
	r.count = int64(len(r.wanted))
	var wrong []balance
	err := r.tx.query(func(rows *sql.Rows) error {
		stands, err := scanBalance(rows)
		if err != nil {
			return err
		}
		want := r.right(stands.key)
		delete(r.wanted, stands.key)
		if want.Raised != stands.Raised || want.Gifts != stands.Gifts || want.Donors != stands.Donors ||
			want.Reached != stands.Reached || want.Listed != stands.Listed || stands.Version > r.tx.head.version {
			wrong = append(wrong, balance{stands.key, want})
		}
		return nil
	}, "SELECT "+balanceColumns+" FROM balances")
	if err != nil {
		return fmt.Errorf("reading balances: %w", err)
	}
	for key := range r.wanted {
		wrong = append(wrong, balance{key, r.right(key)})
	}
	slices.SortFunc(wrong, func(a, b balance) int { return a.key.Compare(b.key) })
	r.touch(len(wrong))
	for part := range slices.Chunk(wrong, rebuildChunk) {
		if err := r.writeBalances(part); err != nil {
			return fmt.Errorf("writing balances: %w", err)
		}
	}
	return r.published()
}

func (r *rebuild) writeBalances(balances []balance) error {
	rows := make([][]any, len(balances))
	for i, b := range balances {
		listed := 0
		if b.Listed {
			listed = 1
		}
		rows[i] = []any{
			b.key.Drive, int64(b.key.Period.Span), b.key.Period.Start, string(b.key.Host),
			int64(b.Raised), b.Gifts, b.Donors, b.Reached, listed, r.tx.head.version,
		}
	}
	return r.tx.insert("balances ("+balanceColumns+")", 10,
		`ON CONFLICT (drive_id, span, start_us, host) DO UPDATE SET raised_cents = excluded.raised_cents,
			gifts = excluded.gifts, donors = excluded.donors, reached_us = excluded.reached_us,
			listed = excluded.listed, version = excluded.version`, rows)
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
