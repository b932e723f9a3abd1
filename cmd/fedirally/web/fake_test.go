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

// ledger is a ledger and its ranking in memory. Its boards are made as the real
// ranking makes them.
type ledger struct {
	mu        sync.Mutex
	drives    []leaderboard.Drive
	standings map[leaderboard.Span][]leaderboard.Standing
	total     leaderboard.Standing
	instances map[leaderboard.Host]leaderboard.Instance
	err       error
	// gone makes the ranking fail, and not the ledger.
	gone  error
	asked int
	// at is when the figures last changed.
	at time.Time
	// hold, if set, keeps every reading of a board waiting until it is closed.
	hold chan struct{}
	// explode makes looking up an instance panic.
	explode bool
}

var (
	_ Ledger   = (*ledger)(nil)
	_ Rankings = (*ledger)(nil)
)

func (l *ledger) Drives(context.Context) ([]leaderboard.Drive, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drives, l.err
}

func (l *ledger) Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error) {
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
	if err := errors.Join(l.err, l.gone); err != nil {
		return leaderboard.Board{}, err
	}
	at := l.at
	if drive.PublishEvery > 0 {
		at = drive.Published
	}
	return leaderboard.NewBoard(drive, view, period, l.total, l.standings[period.Span], at), nil
}

func (l *ledger) Instances(context.Context) ([]leaderboard.Instance, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []leaderboard.Instance
	for host, instance := range l.instances {
		instance.Host = host
		all = append(all, instance)
	}
	return all, l.err
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
	ledger  *ledger
	painter painter
	logs    *lines
	mu      sync.Mutex
	now     time.Time
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
func open(t testing.TB, adjust ...func(*Config)) *site {
	t.Helper()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	drive := leaderboard.Drive{
		ID: 1, Slug: "vote", Title: "Fediverse for the Vote", Forms: []string{"vote-form"}, Goal: 10_000_00,
		Beneficiary: "Example Voter Fund PAC", Disclaimer: "Paid for by Example Voter Fund PAC.",
		Zone: zone, MinDonors: 5, Start: start.Add(-48 * time.Hour), End: start.Add(250 * time.Hour),
	}
	s := &site{now: start, logs: &lines{}, ledger: &ledger{
		at:     start,
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
		Ledger: s.ledger, Rankings: s.ledger, Painter: &s.painter, PublicURL: public, Clock: s.clock,
		Logger: slog.New(RequestIDs(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))),
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

// painter draws a picture that is no picture, and counts how often.
type painter struct {
	mu    sync.Mutex
	drawn []string
}

func (p *painter) Drive(board leaderboard.Board, _ time.Time) ([]byte, error) {
	return p.draw(board.Drive.Slug + " " + board.Raised.String())
}

func (p *painter) Instance(board leaderboard.Board, host leaderboard.Host, _ time.Time) ([]byte, error) {
	return p.draw(board.Drive.Slug + " " + string(host) + " " + board.Raised.String())
}

func (p *painter) draw(what string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drawn = append(p.drawn, what)
	return []byte("PNG of " + what), nil
}

// post sends a form.
func (s *site) post(target string, fields ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// quietLogger takes what a server logs, and writes it nowhere.
func quietLogger() *slog.Logger {
	return slog.New(RequestIDs(slog.NewJSONHandler(io.Discard, nil))) //nolint:sloglint // it has to be formatted
}
