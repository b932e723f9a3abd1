package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// mostDifferences bounds how many differences an audit spells out; all are counted.
const mostDifferences = 200

// Report is the outcome of an audit. The books are right if Count is 0.
type Report struct {
	Entries   int64 `json:"entries"`
	LineItems int64 `json:"line_items"`
	Balances  int64 `json:"balances"`
	// Review counts entries that ask for a person's look; they are no fault.
	Review int64 `json:"for_review"`
	// Ranked counts rows of the ranking that were compared.
	Ranked int64 `json:"ranked"`
	// Quarantined counts notices that wait for a person's look.
	Quarantined int64    `json:"quarantined"`
	Count       int64    `json:"difference_count"`
	Differences []string `json:"differences"`
	// Notes are what could not be compared, in words.
	Notes []string `json:"notes,omitempty"`
}

func (r *Report) differ(format string, args ...any) {
	r.Count++
	if len(r.Differences) < mostDifferences {
		r.Differences = append(r.Differences, fmt.Sprintf(format, args...))
	}
}

// Audit computes everything anew from the entries, in one snapshot of the
// database, and names each difference from what stands there: gaps and misfits
// in the entries themselves, credits, what each donor gave, balances, and which
// of them are listed. If held is given, what the ranking holds is compared as
// well. An error means that it could not be carried out.
func (s *Store) Audit(ctx context.Context, held ...Held) (Report, error) {
	var report Report
	err := s.inSnapshot(ctx, func(from reader) (err error) {
		report, err = auditIn(ctx, from, s.now(), held...)
		return err
	})
	return report, err
}

// auditIn audits what a reader sees, which must not change meanwhile.
func auditIn(ctx context.Context, from reader, now time.Time, held ...Held) (Report, error) {
	a := &audit{ctx: ctx, snapshot: from, report: Report{Differences: []string{}}, credits: map[int64]*leaderboard.Credit{}, held: held, now: now}
	err := a.run()
	return a.report, err
}

// audit is one run over one snapshot.
type audit struct {
	ctx      context.Context //nolint:containedctx // lives as long as the run
	snapshot reader
	registry *registry
	head     head
	credits  map[int64]*leaderboard.Credit
	recount  *leaderboard.Recount
	report   Report
	held     []Held
	now      time.Time
}

func (a *audit) run() (err error) {
	if a.registry, err = loadRegistry(a.ctx, a.snapshot); err != nil {
		return fmt.Errorf("reading drives and instances: %w", err)
	}
	a.recount = leaderboard.NewRecount(a.registry.drives)
	steps := []struct {
		name string
		run  func() error
	}{
		{"head", a.readHead},
		{"entries", a.foldEntries},
		{"credits", a.checkCredits},
		{"orders", a.checkOrders},
		{"donors", a.checkDonors},
		{"what donors gave", a.checkDonorNets},
		{"balances", a.checkBalances},
		{"published figures", a.checkPublished},
		{"quarantine", a.countQuarantine},
		{"the ranking", a.checkRankings},
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			return fmt.Errorf("auditing %s: %w", step.name, err)
		}
	}
	return nil
}

func (a *audit) each(scan func(*sql.Rows) error, query string) error {
	return readAll(a.ctx, a.snapshot, scan, query)
}

func (a *audit) readHead() error {
	return a.snapshot.QueryRowContext(a.ctx, headQuery).Scan(a.head.fields()...)
}

// foldEntries applies every entry in order to credits that start from nothing.
func (a *audit) foldEntries() error {
	var last int64
	err := readEntries(a.ctx, a.snapshot, func(e leaderboard.Entry) error {
		if e.Seq != last+1 {
			a.report.differ("entries: after number %d comes %d, no number may be missing", last, e.Seq)
		}
		last = e.Seq
		a.report.Entries++
		if e.Review != "" {
			a.report.Review++
		}
		credit, found := a.credits[e.LineItem]
		if !found {
			credit = &leaderboard.Credit{}
			a.credits[e.LineItem] = credit
		}
		if err := credit.Apply(e); err != nil {
			a.report.differ("entry %d: %v", e.Seq, err)
		}
		return nil
	}, "")
	if err == nil && last != a.head.seq {
		a.report.differ("head: the last entry is number %d, the head says %d", last, a.head.seq)
	}
	if a.head.version < a.head.seq {
		a.report.differ("head: version %d is behind entry %d", a.head.version, a.head.seq)
	}
	return err
}

func (a *audit) countQuarantine() error {
	return a.snapshot.QueryRowContext(a.ctx, "SELECT COUNT(*) FROM quarantine").Scan(&a.report.Quarantined)
}
