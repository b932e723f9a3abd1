package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"fedirally/actblue"
	"fedirally/cmd/fedirally/bot"
	"fedirally/cmd/fedirally/metrics"
	"fedirally/cmd/fedirally/scout"
	"fedirally/cmd/fedirally/web"
	"fedirally/fedi/directory"
	"fedirally/leaderboard/ledger"
	"fedirally/templates/preview"
)

// server is the whole program as it serves: ledger, intake, ranking, pages.
type server struct {
	store     *ledger.Store
	lock      *flock.Flock
	standings *standings
	http      *http.Server
	listener  net.Listener
	// endStreams ends what shutting down http does not.
	endStreams func()
	// admin serves the commands beside; nil where it is off.
	admin         *http.Server
	adminListener net.Listener
	logger        *slog.Logger
	metrics       *metrics.Metrics
	keep          ledger.Retention
	// drain has the server say that it is not ready any more, and drainDelay is for
	// how long it says so before it takes in nothing new.
	drain      func()
	drainDelay time.Duration
	// bot speaks on the Fediverse; nil where no account is set.
	bot *bot.Bot
	// scout looks at instances; nil where that is off.
	scout *scout.Scout
}

// serverConfig says how to build one. Demo marks every page.
type serverConfig struct {
	settings
	logger *slog.Logger
	demo   bool
	// toots is where the demo's bot speaks.
	toots string
	// clock tells the time; nil is the machine's.
	clock func() time.Time
	// hurry changes how the bot goes about it, for the demo and for tests.
	hurry func(*bot.Config)
}

// newServer opens everything and listens, or says which step failed and leaves
// nothing open. Public figures are up to date before the first notice comes in.
func newServer(ctx context.Context, c serverConfig) (*server, error) {
	if c.clock == nil {
		c.clock = time.Now
	}
	s := &server{metrics: metrics.New(release(), time.Now), keep: c.keep, drainDelay: c.drainDelay}
	s.logger = slog.New(web.RequestIDs(s.metrics.Lines(c.logger.Handler())))
	c.logger = s.logger
	if err := s.open(ctx, c); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) open(ctx context.Context, c serverConfig) (err error) {
	if file, found := ledger.SQLiteFile(c.databaseURL); found {
		if s.lock, err = lockFile(file); err != nil {
			return err
		}
	}
	s.store, err = ledger.Open(ctx, ledger.Options{URL: c.databaseURL, Secret: c.secret, Now: c.clock, Logger: c.logger, Observe: s.metrics.Committed})
	if err != nil {
		return fmt.Errorf("opening the ledger: %w", err)
	}
	if err := s.store.Publish(ctx); err != nil {
		return err
	}
	if s.standings, err = openStandings(ctx, s.store, c.redisURL, c.logger); err != nil {
		return err
	}
	s.standings.follower.Clock = c.clock
	if err := s.standings.follower.Follow(ctx); err != nil {
		// Intake must not wait for a ranking; the pages say that they have to.
		c.logger.Warn("the ranking cannot be brought up to date yet", slog.Any("error", err))
	}
	painter, err := preview.New()
	if err != nil {
		return err
	}
	pages, err := s.pages(c, painter)
	if err != nil {
		return err
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	if c.hasBot() {
		if s.bot, err = s.newBot(c, painter); err != nil {
			return err
		}
	}
	if c.directory {
		if s.scout, err = c.newScout(s.store, c.clock, c.logger, directory.Lab{}); err != nil {
			return err
		}
	}
	s.watch(pages, c.databaseURL)
	if err := s.listenAdmin(ctx, c, pages); err != nil {
		return err
	}
	s.http = web.HTTPServer(c.addr, pages, c.logger)
	s.drain, s.endStreams = pages.Drain, pages.Close
	return nil
}

// listenAdmin opens the admin address. The default one may be another server's;
// one that was set has to be had.
func (s *server) listenAdmin(ctx context.Context, c serverConfig, pages *web.Server) (err error) {
	if c.adminAddr == "" {
		return nil
	}
	s.adminListener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.adminAddr)
	switch {
	case err == nil:
		s.admin = web.HTTPServer(c.adminAddr, s.adminHandler(pages), c.logger)
		s.admin.WriteTimeout = controlTime + 5*time.Second
		return nil
	case c.adminChosen:
		return fmt.Errorf("listening on %s: %w", envAdminAddr, err)
	}
	c.logger.Warn("the admin address is not to be had, so commands cannot ask this server; set "+envAdminAddr, slog.Any("error", err))
	return nil
}

// lockFile keeps a second server off the same SQLite file. Commands may use it
// beside the server: the database orders their writes.
func lockFile(file string) (*flock.Flock, error) {
	// By whatever name it is called, it is one file.
	if resolved, err := filepath.EvalSymlinks(file); err == nil {
		file = resolved
	}
	if links := linksOf(file); links > 1 {
		return nil, fmt.Errorf("%s has %d names (hard links), and SQLite would keep a journal for each: remove the others", file, links)
	}
	lock := flock.New(file + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", file, err)
	}
	if !locked {
		return nil, fmt.Errorf("%s: %w", file, ledger.ErrInUse)
	}
	return lock, nil
}

// newBot makes the bot. Its server is asked nothing yet: it may be away.
func (s *server) newBot(c serverConfig, painter *preview.Painter) (*bot.Bot, error) {
	client, err := c.botClient(c.clock)
	if err != nil {
		return nil, err
	}
	board := c.publicURL
	if board == nil {
		board = s.address()
	}
	config := botConfig(s.store, s.standings, board, painter)
	config.Client, config.Clock, config.Logger, config.LetFollowAfter = client, c.clock, c.logger, c.letFollowAfter
	if c.hurry != nil {
		c.hurry(&config)
	}
	return bot.New(config)
}

func (s *server) pages(c serverConfig, painter *preview.Painter) (*web.Server, error) {
	webhooks, err := actblue.NewReceiver(actblue.Config{
		User: c.webhookUser, Password: c.webhookPassword, Recorder: s.store, Logger: c.logger,
		Observed: s.metrics.Delivered,
	})
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Ledger: s.store, Directory: s.store, Rankings: s.standings, Changed: s.standings.follower.Subscribe, Painter: painter, Webhooks: webhooks, PublicURL: c.publicURL, Link: actblue.FormLink,
		Current: s.standings.current, Refusing: s.store.Refusing,
		Clock: c.clock, Logger: c.logger, Observer: s.metrics, Demo: c.demo, Toots: c.toots,
		Limits: c.limits, LedgerID: s.store.ID(), SourceURL: c.sourceURL, KeepAfterDrive: c.keep.AfterDrive, KeepOutside: c.keep.Outside,
	})
}

// address is where the server can be reached from this machine.
func (s *server) address() *url.URL {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		host, port = "127.0.0.1", "0"
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
}

func (s *server) close() error {
	var faults []error
	for _, listener := range []net.Listener{s.listener, s.adminListener} {
		if listener != nil {
			_ = listener.Close() // closed already if it was served
		}
	}
	if s.standings != nil {
		faults = append(faults, s.standings.rankings.Close())
		s.standings = nil
	}
	if s.store != nil {
		faults = append(faults, s.store.Close())
		s.store = nil
	}
	if s.lock != nil {
		faults = append(faults, s.lock.Unlock())
		s.lock = nil
	}
	return errors.Join(faults...)
}
