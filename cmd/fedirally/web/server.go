// Package web serves the public pages and the API, and carries ActBlue's
// webhooks to their handler.
//
// Echo routes and runs the middleware; what answers is a function from a request
// to a whole document or an error, so that nothing half-made is ever sent and
// each error is turned into an answer in one place ([faultOf]).
//
// Visitors read snapshots. A board is read from the ranking at most twice a
// second however many look at it, and is rendered when it has changed; while the
// ranking does not answer, the last good board is served and says so. Those who
// watch a board are told what changes (see [streams]).
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"fedirally/leaderboard"
	"fedirally/static"
	"fedirally/templates"
)

// Ledger is what the pages ask of the ledger: what is set up, never who stands where.
type Ledger interface {
	Drives(ctx context.Context) ([]leaderboard.Drive, error)
	Instance(ctx context.Context, host leaderboard.Host) (leaderboard.Instance, bool, error)
	Instances(ctx context.Context) ([]leaderboard.Instance, error)
	Ready(ctx context.Context) error
}

// Rankings gives the boards: every order, rank and figure that is shown.
type Rankings interface {
	Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error)
}

// Config is what a server is made of. Ledger, Rankings and Link are needed.
type Config struct {
	Ledger   Ledger
	Rankings Rankings
	// Changed gives a channel that is woken when boards may have changed, and what
	// ends that. Without it streams look once a second.
	Changed func() (wake <-chan struct{}, cancel func())
	// Current reports whether the ranking is kept up to date with the ledger. Where it
	// is not, boards say that they may be behind; nil: always.
	Current func() bool
	// Refusing reports whether the ledger takes in no notices; nil: never.
	Refusing func() bool
	// Directory is what is known of instances besides money; nil: nothing is.
	Directory Directory
	// Painter draws the pictures of link previews; without it pages have none.
	Painter Painter
	// Webhooks takes everything below /webhooks/actblue/, with its path and body
	// untouched. Without it those paths answer 404.
	Webhooks http.Handler
	// PublicURL is where visitors reach the server. Without it pages have no
	// canonical address.
	PublicURL *url.URL
	// Link gives the address of an ActBlue form that credits the host.
	Link func(form string, host leaderboard.Host) (string, error)
	// Clock tells the time; nil is the machine's.
	Clock func() time.Time
	// Logger takes one line a request; nil logs nothing. With a handler wrapped by
	// [RequestIDs] each line tells its request.
	Logger *slog.Logger
	// Observer hears what is done; nil if nobody wants to know.
	Observer Observer
	// Demo says on every page that no figure is real.
	Demo bool
	// Toots is where a demo's bot speaks; empty for none.
	Toots string
	// SourceURL is where the running program's source can be read; nil shows no
	// such link.
	SourceURL *url.URL
	// KeepAfterDrive and KeepOutside are how long personal data is kept, as the
	// rules page promises it.
	KeepAfterDrive, KeepOutside time.Duration
	// Limits bound what one address may ask for.
	Limits Limits
	// LedgerID is the ledger's public name, by which an operator tells whether an
	// address leads to this server.
	LedgerID string
}

func (c Config) validate() error {
	var faults []error
	if c.Ledger == nil {
		faults = append(faults, errors.New("a ledger is needed"))
	}
	if c.Rankings == nil {
		faults = append(faults, errors.New("a ranking is needed"))
	}
	if c.Link == nil {
		faults = append(faults, errors.New("a way to make contribution links is needed"))
	}
	if u := c.PublicURL; u != nil {
		if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			faults = append(faults, fmt.Errorf("public URL %q: use https://host without a path", u.Redacted()))
		}
	}
	return errors.Join(faults...)
}

// Server answers all public requests.
type Server struct {
	echo   *echo.Echo
	ledger Ledger
	boards *boards
	// streams tells watchers what changes.
	streams *streams
	limits  limits
	// registry is all instances, for suggestions.
	registry *memo[[]leaderboard.Instance]
	// directory is what is known of them besides money.
	directory *directory
	ready     *memo[struct{}]
	refusing  func() bool
	link      func(form string, host leaderboard.Host) (string, error)
	clock     func() time.Time
	log       *slog.Logger
	observer  Observer
	site      templates.Site
	home      rendering
	painter   Painter
	drawing   sync.Mutex
	// wellKnown is the list that the program ships, sorted.
	wellKnown []leaderboard.Host
	ledgerID  string
	// draining says that the server is about to end.
	draining atomic.Bool
}

// New returns a ready server, or all that is wrong with the configuration.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("configuring the web server: %w", err)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	files, err := static.New()
	if err != nil {
		return nil, err
	}
	if c.Changed == nil {
		c.Changed = func() (<-chan struct{}, func()) { return nil, func() {} }
	}
	_, wellKnown := leaderboard.WellKnown()
	slices.Sort(wellKnown)
	s := &Server{
		ledger: c.Ledger, boards: newBoards(c.Ledger, c.Rankings, c.Clock, c.Logger),
		registry: newMemo(c.Clock, c.Ledger.Instances), directory: newDirectory(c),
		link: c.Link, clock: c.Clock, log: c.Logger, observer: c.Observer, painter: c.Painter, wellKnown: wellKnown, ledgerID: c.LedgerID,
		site: templates.Site{
			Stylesheet: files.Path("app.css"), Script: files.Path("live.js"), Icon: files.Path("icon.svg"), Demo: c.Demo, Toots: c.Toots,
			KeepDays: days(c.KeepAfterDrive), KeepOutsideDays: days(c.KeepOutside),
		},
	}
	s.ready = newMemo(c.Clock, s.askReady)
	s.boards.current, s.refusing = c.Current, c.Refusing
	s.streams = newStreams(s.boards, c.Changed, c.Clock, c.Logger)
	if most := c.Limits.AllStreams; most > 0 {
		s.streams.most = min(most, maxWatchers)
	}
	s.limits = newLimits(c)
	if c.SourceURL != nil {
		s.site.SourceURL = c.SourceURL.String()
	}
	if c.PublicURL != nil {
		s.site.PublicURL = c.PublicURL.Scheme + "://" + c.PublicURL.Host
	}
	s.echo = s.router(files, c.Webhooks)
	return s, nil
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		w.Header().Set("Connection", "close")
	}
	s.echo.ServeHTTP(w, r)
}

func (s *Server) router(files, webhooks http.Handler) *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = s.fail
	// Forwarding headers can be written by anyone. Limits have their own way to
	// tell visitors apart (see [clients]); nothing else uses an address.
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(requestID, s.logRequest, s.recoverPanic)
	if webhooks != nil {
		e.Any(webhookPrefix+"*", echo.WrapHandler(webhooks))
	}
	e.Use(ownPages(securityHeaders), ownPages(limitBody))

	get := func(path string, answer func(*http.Request) (document, error), around ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, handle(answer), around...)
	}
	forms, questions := s.limits.limit(s.limits.forms), s.limits.limit(s.limits.api)
	post := func(path string, answer func(*http.Request) (document, error)) { e.POST(path, handle(answer), forms) }
	get("/", s.homePage)
	get("/rules", s.rulesPage)
	// A final slash is no other page; the handlers lead to the canonical address.
	for _, slash := range []string{"", "/"} {
		get("/drives/:drive"+slash, s.drivePage)
		get("/drives/:drive/instances/:host"+slash, s.instancePage)
		get("/drives/:drive/give"+slash, s.choosePage)
		post("/drives/:drive/give"+slash, s.choose)
		get("/drives/:drive/give/:host"+slash, s.give)
	}
	post("/drives/:drive/find", s.find)
	get("/icons/:name", s.icon)
	get("/drives/:drive/preview/:state", s.drivePreview)
	get("/drives/:drive/instances/:host/preview/:state", s.instancePreview)
	e.Match([]string{http.MethodGet, http.MethodHead}, streamRoute, s.events, openToAll)
	api := func(path string, answer func(*http.Request) (document, error)) {
		get(apiPrefix+"v1"+path, answer, openToAll, questions)
		e.OPTIONS(apiPrefix+"v1"+path, preflight, openToAll)
	}
	api("/drives", s.drivesJSON)
	api("/drives/:drive/standings", s.standingsJSON)
	api("/drives/:drive/instances/:host", s.instanceJSON)
	get("/healthz", s.healthz)
	get("/readyz", s.readyz)
	e.Match([]string{http.MethodGet, http.MethodHead}, static.Prefix+"*", echo.WrapHandler(files))
	return e
}

// handle puts an answering function into a route. Path parameters are set on
// the request, so that it needs to know nothing of Echo.
func handle(answer func(*http.Request) (document, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		for _, name := range c.ParamNames() {
			r.SetPathValue(name, pathValue(r, c.Param(name)))
		}
		doc, err := answer(r)
		if err != nil {
			return err
		}
		doc.ServeHTTP(c.Response(), r)
		return nil
	}
}

// pathValue undoes the escaping of a parameter, which Echo leaves in place if
// the path came in an unusual spelling.
func pathValue(r *http.Request, raw string) string {
	if r.URL.RawPath == "" {
		return raw
	}
	value, err := url.PathUnescape(raw)
	if err != nil {
		return raw
	}
	return value
}
