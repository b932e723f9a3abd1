package main

import (
	"errors"
	"fmt"
	"log/slog"

	"fedirally/leaderboard/ledger"
)

type auditCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// auditDocument is a report as JSON.
type auditDocument struct {
	OK bool `json:"ok"`
	ledger.Report
}

func (c *auditCommand) Run(p *program) error {
	return p.withLedgerAnd(func(store *ledger.Store, chosen settings) error {
		report, err := p.audit(store, chosen)
		if err != nil {
			return err
		}
		if c.JSON {
			if err := p.printJSON(auditDocument{report.Count == 0, report}); err != nil {
				return err
			}
		} else {
			sayReport(p, report)
		}
		if report.Count > 0 {
			return errSaid
		}
		return nil
	})
}

// audit holds the ledger against itself, and the ranking against the ledger: the
// one in Redis, or the one in the memory of the server that runs beside.
func (p *program) audit(store *ledger.Store, chosen settings) (report ledger.Report, err error) {
	if chosen.redisURL != "" {
		s, err := openStandings(p.ctx, store, chosen.redisURL, slog.New(slog.DiscardHandler))
		if err != nil {
			return report, err
		}
		report, err = store.Audit(p.ctx, s.held)
		return report, errors.Join(err, s.rankings.Close())
	}
	beside, err := findServer(p.ctx, chosen.adminAddr, store.ID())
	if errors.Is(err, errNoServer) {
		report, faulty := store.Audit(p.ctx)
		report.Notes = append(report.Notes, fmt.Sprintf("no ranking was compared: %v", err))
		return report, faulty
	}
	if err != nil {
		return report, err
	}
	return store.Audit(p.ctx, beside.held)
}

func sayReport(p *program, r ledger.Report) {
	for _, difference := range r.Differences {
		p.say("%s", difference)
	}
	if hidden := r.Count - int64(len(r.Differences)); hidden > 0 {
		p.say("… and %d more", hidden)
	}
	for _, note := range r.Notes {
		p.say("Note: %s", note)
	}
	p.say("%d entries, %d line items, %d balances, %d ranked: %d differences.", r.Entries, r.LineItems, r.Balances, r.Ranked, r.Count)
	if r.Review > 0 {
		p.say("%d entries ask for a look; see \"review\" in: fedirally export entries --json", r.Review)
	}
	if r.Quarantined > 0 {
		p.say("%d notices are in quarantine; see: fedirally replay --list", r.Quarantined)
	}
}
