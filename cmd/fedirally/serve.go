package main

import "fedirally/leaderboard/ledger"

type serveCommand struct{}

func (serveCommand) Run(p *program) error {
	chosen, err := p.readSettings(forServing)
	if err != nil {
		return err
	}
	logger := p.logger(chosen.logLevel)
	if limit, known := descriptorLimit(); known {
		chosen.limits.AllStreams = streamsWithin(limit)
		if limit < wantedDescriptors {
			logger.Warn(fewDescriptors, "limit", limit, "wanted", wantedDescriptors, "streams", chosen.limits.AllStreams)
		}
	}
	s, err := newServer(p.ctx, serverConfig{settings: chosen, logger: logger})
	if err != nil {
		return err
	}
	kind := "postgres"
	if _, found := ledger.SQLiteFile(chosen.databaseURL); found {
		kind = "sqlite"
	}
	p.sayMade(chosen)
	logger.Info("serving", "version", version(), "address", s.address().String(), "database", kind, "ranking", s.standings.kind)
	if err := s.run(p.ctx); err != nil {
		return err
	}
	logger.Info("stopped")
	return nil
}
