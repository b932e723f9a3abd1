package main

import (
	"fmt"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type attributeCommand struct {
	LineItem int64  `arg:"" help:"ActBlue's number of the line item."`
	Host     string `arg:"" help:"The instance that it counts for from now on."`
	Why      string `required:"" help:"The reason; it stands in the entry. Name no donor."`
	By       string `default:"operator" help:"Who does this; it stands in the entry."`
}

func (c *attributeCommand) Run(p *program) error {
	host, err := leaderboard.FindHost(c.Host)
	if err != nil {
		return fmt.Errorf("%q is %w", c.Host, err)
	}
	return p.withLedger(func(store *ledger.Store) error {
		outcome, err := store.Attribute(p.ctx, c.LineItem, host, ledger.Author(c.By), c.Why)
		if err != nil {
			return err
		}
		if outcome == leaderboard.Repeated {
			p.say("Line item %d counted for %s already.", c.LineItem, host)
		} else {
			p.say("Line item %d counts for %s.", c.LineItem, host)
		}
		return nil
	})
}
