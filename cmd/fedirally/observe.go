package main

import (
	"net/http"

	"fedirally/cmd/fedirally/metrics"
	"fedirally/cmd/fedirally/web"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// metricsPath is where the admin address gives the metrics.
const metricsPath = "/metrics"

// watch lets whoever reads the metrics see how the server stands.
func (s *server) watch(pages *web.Server, databaseURL string) {
	sources := metrics.Sources{Ledger: s.store, Progress: s.standings.follower.Progress, Pages: pages.Activity}
	if redis, found := s.standings.rankings.(*ranking.Redis); found {
		sources.Redis = redis.Ping
	}
	if file, found := ledger.SQLiteFile(databaseURL); found {
		sources.File = file
	}
	s.metrics.Watch(sources)
}

// adminHandler serves the admin address: metrics, and the commands beside.
func (s *server) adminHandler(pages *web.Server) http.Handler {
	control := &control{store: s.store, standings: s.standings, logger: s.logger, unnamedProxy: pages.UnnamedProxy}
	mux := http.NewServeMux()
	mux.Handle("GET "+metricsPath, s.metrics.Handler(s.logger))
	mux.Handle("/", control.handler())
	return mux
}
