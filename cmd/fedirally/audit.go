package main

import "fedirally/leaderboard/ledger"

type auditCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// auditDocument is a report as JSON.
type auditDocument struct {
	OK bool `json:"ok"`
	ledger.Report
}

func (c *auditCommand) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		report, err := store.Audit(p.ctx)
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

func sayReport(p *program, r ledger.Report) {
	for _, difference := range r.Differences {
		p.say("%s", difference)
	}
	if hidden := r.Count - int64(len(r.Differences)); hidden > 0 {
		p.say("… and %d more", hidden)
	}
	p.say("%d entries, %d line items, %d balances: %d differences.", r.Entries, r.LineItems, r.Balances, r.Count)
	if r.Review > 0 {
		p.say("%d entries ask for a look; see \"review\" in: fedirally export entries --json", r.Review)
	}
	if r.Quarantined > 0 {
		p.say("%d notices are in quarantine; see: fedirally replay --list", r.Quarantined)
	}
}
