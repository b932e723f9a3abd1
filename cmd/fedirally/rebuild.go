package main

import (
	"errors"
	"fmt"
	"log/slog"

	"fedirally/leaderboard/ledger"
)

type rebuildCommand struct{}

// Run makes the standings from nothing but the ledger's entries: first the
// balances, then the ranking.
func (rebuildCommand) Run(p *program) error {
	return p.withLedgerAnd(func(store *ledger.Store, chosen settings) error {
		report, err := store.Rebuild(p.ctx)
		if err != nil {
			return fmt.Errorf("rebuilding the balances: %w", err)
		}
		p.say("%d entries make %d balances; %d rows were not as they should be and are mended.",
			report.Entries, report.Balances, report.Repaired)
		return p.rebuildRanking(store, chosen)
	})
}

func (p *program) rebuildRanking(store *ledger.Store, chosen settings) error {
	if chosen.redisURL != "" {
		s, err := openStandings(p.ctx, store, chosen.redisURL, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		err = errors.Join(s.follower.Rebuild(p.ctx), s.rankings.Close())
		if err != nil {
			return fmt.Errorf("rebuilding the ranking: %w", err)
		}
		p.say("The ranking in Redis is made anew.")
		return nil
	}
	beside, err := findServer(p.ctx, chosen.adminAddr, store.ID())
	if errors.Is(err, errNoServer) {
		p.say("No ranking to rebuild (%v). A server ranks anew when it starts.", err)
		return nil
	}
	if err == nil {
		err = beside.rebuild(p.ctx)
	}
	if err != nil {
		return fmt.Errorf("rebuilding the server's ranking: %w", err)
	}
	p.say("The running server has made its ranking anew.")
	return nil
}
