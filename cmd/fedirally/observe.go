package main

import (
	"net"
	"net/http"
	"strings"

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
	if s.bot != nil {
		sources.Bot = s.bot.Status
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
	if address, ok := s.adminListener.Addr().(*net.TCPAddr); ok && address.IP.IsLoopback() {
		return byAddressOnly(mux)
	}
	return mux
}

// byAddressOnly answers those who ask by an address or as localhost. A browser on
// this machine may be led here by a page of another site, under that site's name.
func byAddressOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if host != "localhost" && net.ParseIP(host) == nil {
			http.Error(w, "ask by the address, or as localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
