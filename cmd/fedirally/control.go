package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// The control surface is for commands that run beside the server, which cannot
// see what the server holds in its memory. It is served on the admin address
// and holds no personal data.

const (
	controlLedger  = "/control/ledger"
	controlRanking = "/control/ranking"
	controlRebuild = "/control/rebuild"
	// controlTime is how long one request of it may take.
	controlTime = 2 * time.Minute
)

// control answers the commands.
type control struct {
	store     *ledger.Store
	standings *standings
	logger    *slog.Logger
	// unnamedProxy is the web server's.
	unnamedProxy func() bool
}

// about is what a server says of itself.
type about struct {
	Ledger  string `json:"ledger"`
	Ranking string `json:"ranking"`
	Version string `json:"version"`
	// Descriptors is how many files it may have open; 0 if that is not known.
	Descriptors  uint64 `json:"descriptors"`
	UnnamedProxy bool   `json:"unnamed_proxy"`
}

func (c *control) about() about {
	descriptors, _ := descriptorLimit()
	return about{c.store.ID(), c.standings.kind, version(), descriptors, c.unnamedProxy()}
}

func (c *control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+controlLedger, func(w http.ResponseWriter, _ *http.Request) {
		c.answer(w, c.about(), nil)
	})
	mux.HandleFunc("GET "+controlRanking, func(w http.ResponseWriter, r *http.Request) {
		drive, faulty := strconv.ParseInt(r.FormValue("drive"), 10, 64)
		atLeast, faultyToo := strconv.ParseInt(r.FormValue("at-least"), 10, 64)
		if err := errors.Join(faulty, faultyToo); err != nil {
			http.Error(w, "drive and at-least are numbers", http.StatusBadRequest)
			return
		}
		figures, err := c.standings.held(r.Context(), leaderboard.Drive{ID: drive}, atLeast)
		c.answer(w, figures, err)
	})
	mux.HandleFunc("POST "+controlRebuild, func(w http.ResponseWriter, r *http.Request) {
		c.answer(w, map[string]bool{"ok": true}, c.standings.follower.Rebuild(r.Context()))
	})
	// A page that is open in a browser on this machine has no business here.
	return http.TimeoutHandler(http.NewCrossOriginProtection().Handler(mux), controlTime, "this took too long\n")
}

func (c *control) answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		c.logger.Error("control request failed", slog.Any("error", err))
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // whoever asked has gone
}

// errNoServer says that no server of this ledger answers at the admin address.
var errNoServer = errors.New("no server of this ledger answers")

// serverBeside is the server that runs beside a command.
type serverBeside struct {
	address string
	about   about
	client  *http.Client
}

// findServer finds the server of that ledger at the admin address. It returns
// [errNoServer] if there is none, or if it serves another ledger.
func findServer(ctx context.Context, address, ledgerID string) (*serverBeside, error) {
	if address == "" {
		return nil, fmt.Errorf("%w: %s is empty", errNoServer, envAdminAddr)
	}
	if host, port, err := net.SplitHostPort(address); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	s := &serverBeside{address: address, client: &http.Client{Timeout: controlTime}}
	switch err := s.learn(ctx); {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w at %s", errNoServer, address)
	case err != nil:
		return nil, fmt.Errorf("%w at %s: %w", errNoServer, address, err)
	case s.about.Ledger != ledgerID:
		return nil, fmt.Errorf("%w at %s: another ledger's server is there", errNoServer, address)
	}
	return s, nil
}

// learn asks the server about itself.
func (s *serverBeside) learn(ctx context.Context) error {
	return s.ask(ctx, http.MethodGet, controlLedger, nil, &s.about)
}

func (s *serverBeside) ask(ctx context.Context, method, path string, query url.Values, into any) error {
	target := url.URL{Scheme: "http", Host: s.address, Path: path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<30))
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking the server: it answered %s", response.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	return nil
}

// held is what the server's ranking holds; see [standings.held].
func (s *serverBeside) held(ctx context.Context, drive leaderboard.Drive, atLeast int64) (leaderboard.Figures, error) {
	var figures leaderboard.Figures
	err := s.ask(ctx, http.MethodGet, controlRanking, url.Values{
		"drive": {strconv.FormatInt(drive.ID, 10)}, "at-least": {strconv.FormatInt(atLeast, 10)},
	}, &figures)
	return figures, err
}

func (s *serverBeside) rebuild(ctx context.Context) error {
	var done struct{ OK bool }
	return s.ask(ctx, http.MethodPost, controlRebuild, nil, &done)
}
