package main

import (
	"fmt"

	"fedirally/leaderboard/ledger"
)

type serveCommand struct{}

func (serveCommand) Run(p *program) error {
	chosen, err := p.readSettings(forServing)
	if err != nil {
		return err
	}
	logger := p.logger()
	if p.env("REDIS_URL") != "" {
		logger.Warn("REDIS_URL is set and not used: this version ranks within its own process")
	}
	s, err := newServer(p.ctx, serverConfig{settings: chosen, logger: logger})
	if err != nil {
		return err
	}
	kind := "postgres"
	if _, found := ledger.SQLiteFile(chosen.databaseURL); found {
		kind = "sqlite"
	}
	if chosen.made != "" {
		fmt.Fprintf(p.err, "Secrets were missing and have been made in %s. Keep a copy of it.\n"+
			"Register the webhooks at ActBlue with the user name and password that stand there.\n", chosen.made)
	}
	logger.Info("serving", "version", version(), "address", s.address().String(), "database", kind)
	if err := s.run(p.ctx); err != nil {
		return err
	}
	logger.Info("stopped")
	return nil
}
