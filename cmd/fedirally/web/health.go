package web

import (
	"context"
	"log/slog"
	"net/http"

	"fedirally/leaderboard"
)

// readiness is what /readyz says: nothing but which part does not do its work.
type readiness struct {
	Status   string   `json:"status"`
	Degraded []string `json:"degraded,omitempty"`
}

// health is what /healthz says: that the process lives, and whose it is.
type health struct {
	Status string `json:"status"`
	Ledger string `json:"ledger,omitempty"`
}

func (r *readiness) degrade(part string) {
	r.Status, r.Degraded = "degraded", append(r.Degraded, part)
}

// healthz answers as long as the process does.
func (s *Server) healthz(*http.Request) (document, error) {
	doc, err := jsonDocument(http.StatusOK, health{"ok", s.ledgerID})
	return uncached(doc), err
}

// readyz answers 503 if the ledger cannot be reached or the server is about to
// end, and 200 with what is degraded if visitors are served something old or notices
// are asked to come again.
func (s *Server) readyz(r *http.Request) (document, error) {
	status, body := http.StatusOK, readiness{Status: "ok"}
	switch _, err := s.ready.get(r.Context()); {
	case s.draining.Load():
		status, body = http.StatusServiceUnavailable, readiness{Status: "stopping"}
	case err != nil:
		status, body = http.StatusServiceUnavailable, readiness{"unavailable", []string{"ledger"}}
	default:
		if err := s.tryBoards(r.Context()); err != nil || s.boards.degraded() {
			body.degrade("boards")
		}
		if s.refusing != nil && s.refusing() {
			body.degrade("intake")
		}
	}
	doc, err := jsonDocument(status, body)
	return uncached(doc), err
}

// tryBoards asks for the drives and for a board, as a visitor would: it may be
// that nobody has since they could be read, or since they no longer can.
func (s *Server) tryBoards(ctx context.Context) error {
	list, err := s.boards.drives(ctx)
	if err != nil || len(list.drives) == 0 {
		return err
	}
	_, err = s.boards.board(ctx, list.drives[0], leaderboard.ByAmount, leaderboard.AllTime)
	return err
}

func (s *Server) askReady(ctx context.Context) (struct{}, error) {
	err := s.ledger.Ready(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "ledger is not ready", slog.Any("error", err))
	}
	return struct{}{}, err
}

func uncached(doc document) document {
	doc.cache, doc.etag = noStore, ""
	return doc
}
