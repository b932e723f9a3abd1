package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

var errBroken = errors.New("disk on fire at 10.1.2.3")

// ledger is a ledger in memory. Its boards are made as the real one makes them.
type ledger struct {
	mu        sync.Mutex
	drives    []leaderboard.Drive
	standings map[leaderboard.Span][]leaderboard.Standing
	total     leaderboard.Standing
	instances map[leaderboard.Host]leaderboard.Instance
	err       error
	asked     int
	// hold, if set, keeps every reading of a board waiting until it is closed.
	hold chan struct{}
	// explode makes looking up an instance panic.
	explode bool
}

var _ Ledger = (*ledger)(nil)

func (l *ledger) Drives(context.Context) ([]leaderboard.Drive, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drives, l.err
}

func (l *ledger) Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span, now time.Time) (leaderboard.Board, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	if hold := l.hold; hold != nil {
		l.mu.Unlock()
		select {
		case <-hold:
		case <-ctx.Done():
		}
		l.mu.Lock()
	}
	if l.err != nil {
		return leaderboard.Board{}, l.err
	}
	return leaderboard.NewBoard(drive, view, leaderboard.PeriodOf(span, now, drive.Zone), l.total, l.standings[span], now), nil
}

func (l *ledger) Instance(_ context.Context, host leaderboard.Host) (leaderboard.Instance, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.explode {
		panic("boom")
	}
	instance, found := l.instances[host]
	return instance, found, l.err
}

func (l *ledger) Ready(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// change runs f while nobody reads.
func (l *ledger) change(f func(*ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

// site is a server under test, with its ledger, its clock and what it logged.
type site struct {
	*Server
	ledger *ledger
	logs   *lines
	mu     sync.Mutex
	now    time.Time
}

type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

var start = time.Date(2026, 10, 24, 20, 14, 0, 0, time.UTC)

func row(host string, raised leaderboard.Cents, donors int64, listed bool) leaderboard.Standing {
	return leaderboard.Standing{Host: leaderboard.Host(host), Raised: raised, Donors: donors, Gifts: donors, Listed: listed, Version: 40}
}

// open starts a site with one live drive, four listed instances and one that is not.
func open(t *testing.T, adjust ...func(*Config)) *site {
	t.Helper()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	drive := leaderboard.Drive{
		ID: 1, Slug: "vote", Title: "Fediverse for the Vote", Forms: []string{"vote-form"}, Goal: 10_000_00,
		Beneficiary: "Example Voter Fund PAC", Disclaimer: "Paid for by Example Voter Fund PAC.",
		Zone: zone, MinDonors: 5, Start: start.Add(-48 * time.Hour), End: start.Add(250 * time.Hour),
	}
	s := &site{now: start, logs: &lines{}, ledger: &ledger{
		drives: []leaderboard.Drive{drive},
		standings: map[leaderboard.Span][]leaderboard.Standing{
			leaderboard.AllTime: {
				row("mastodon.social", 2_500_00, 80, true), row("fosstodon.org", 1_200_50, 41, true),
				row("mas.to", 1_200_50, 12, true), row("hachyderm.io", 900_00, 44, true), row("secret.example", 31_41, 4, false),
			},
			leaderboard.Day: {row("fosstodon.org", 70_00, 6, true), row("mastodon.social", 99_99, 2, false)},
		},
		total: leaderboard.Standing{Raised: 5_900_00, Donors: 190, Version: 42},
		instances: map[leaderboard.Host]leaderboard.Instance{
			"blocked.example": {State: leaderboard.Blocked}, "left.example": {State: leaderboard.OptedOut},
			"hidden.example": {State: leaderboard.Hidden}, "old.example": {State: leaderboard.Known, AliasOf: "mas.to"},
			"pending.example": {State: leaderboard.Pending}, "mastodon.social": {State: leaderboard.Known},
		},
	}}
	public, err := url.Parse("https://rally.example.org/")
	require.NoError(t, err)
	config := Config{
		Ledger: s.ledger, PublicURL: public, Clock: s.clock,
		Logger: slog.New(slog.NewJSONHandler(s.logs, nil)),
		Link: func(form string, host leaderboard.Host) (string, error) {
			return "https://secure.actblue.com/donate/" + form + "?refcode=code-" + string(host), nil
		},
	}
	for _, f := range adjust {
		f(&config)
	}
	s.Server, err = New(config)
	require.NoError(t, err)
	return s
}

func (s *site) do(method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *site) get(target string, header ...string) *httptest.ResponseRecorder {
	return s.do(http.MethodGet, target, header...)
}

func (s *site) see(t *testing.T, target string) *goquery.Document {
	t.Helper()
	w := s.get(target)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	doc, err := goquery.NewDocumentFromReader(io.Reader(w.Body))
	require.NoError(t, err)
	return doc
}

func said(doc *goquery.Document, testID string) string {
	return strings.Join(strings.Fields(doc.Find(`[data-testid="`+testID+`"]`).Text()), " ")
}
