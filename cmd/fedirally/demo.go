package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"fedirally/actblue/actbluetest"
	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type demoCommand struct {
	Speed    float64       `default:"1" help:"How many times as fast as the clock the race runs."`
	Seed     uint64        `default:"1" help:"Another seed, another race; the same seed, the same race."`
	Duration time.Duration `help:"Stop after this time; without it the demo runs until Ctrl-C."`
	Port     int           `default:"8080" help:"Port on this machine; another one is taken if it is in use."`
}

// demoSlug is the drive of the demo.
const demoSlug = "demo"

// Run shows a simulated race on a real server: the real intake over HTTP, the
// real ledger on disk, the real pages. It reads no settings, talks to loopback
// only, and removes what it made.
func (c *demoCommand) Run(p *program) error {
	if !(c.Speed > 0 && c.Speed <= 10_000) {
		return errors.New("--speed is a number above 0, at most 10000")
	}
	ctx := p.ctx
	if c.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Duration)
		defer cancel()
	}
	folder, err := os.MkdirTemp("", "fedirally-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	race, err := actbluetest.NewRace(c.options(time.Now()))
	if err != nil {
		return fmt.Errorf("making up the race: %w", err)
	}
	fediverse, err := feditest.Open(ctx, feditest.Options{Token: rand.Text()})
	if err != nil {
		return err
	}
	defer fediverse.Close()
	s, chosen, err := c.start(ctx, p, folder, fediverse)
	if err != nil {
		return err
	}
	if err := openDemoDrive(ctx, s.store, race); err != nil {
		return errors.Join(err, s.close())
	}
	c.greet(p, s, fediverse)
	return c.show(ctx, s, race, chosen)
}

func (c *demoCommand) options(now time.Time) actbluetest.Options {
	o := actbluetest.DemoRace(c.Seed, demoHosts(c.Seed), now)
	// All notices are made up beforehand; six hours of them take some 80 MB.
	o.Live = min(time.Duration(float64(2*time.Hour)*c.Speed), 6*time.Hour)
	return o
}

// crowded are instances that many people are on; in the demo they lead.
var crowded = []leaderboard.Host{ //nolint:gochecknoglobals // a constant list
	"mastodon.social", "hachyderm.io", "fosstodon.org", "mas.to", "mstdn.social", "infosec.exchange",
	"techhub.social", "mastodon.online", "sfba.social", "universeodon.com", "mstdn.party", "mastodon.world",
}

// demoHosts are real instances, a dozen large ones first and the rest as the
// seed shuffles them. Their figures are made up, and every page says so.
func demoHosts(seed uint64) []leaderboard.Host {
	_, known := leaderboard.WellKnown()
	var hosts, rest []leaderboard.Host
	for _, host := range crowded {
		if slices.Contains(known, host) {
			hosts = append(hosts, host)
		}
	}
	for _, host := range known {
		if !slices.Contains(hosts, host) {
			rest = append(rest, host)
		}
	}
	rng := mathrand.New(mathrand.NewPCG(seed, 2026)) //nolint:gosec // a game, not a secret
	rng.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return append(hosts, rest...)
}

// start runs a server on a new database with secrets of its own.
func (c *demoCommand) start(ctx context.Context, p *program, folder string, fediverse *feditest.Server) (*server, settings, error) {
	chosen := settings{
		addr:        net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)),
		databaseURL: "sqlite:" + filepath.Join(folder, "demo.db"),
		secret:      []byte(rand.Text()), webhookUser: "demo", webhookPassword: rand.Text(),
		keep: ledger.DefaultRetention(), mastodonServer: fediverse.URL(), mastodonToken: fediverse.Token(), letFollowAfter: -1,
	}
	logger := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelError}))
	config := serverConfig{settings: chosen, logger: logger, demo: true, toots: fediverse.TimelineURL(), hurry: hurried}
	s, err := newServer(ctx, config)
	if errors.Is(err, syscall.EADDRINUSE) {
		chosen.addr, config.addr = "127.0.0.1:0", "127.0.0.1:0"
		s, err = newServer(ctx, config)
	}
	return s, chosen, err
}

// hurried has the bot say within minutes what it would say within days.
func hurried(config *bot.Config) {
	config.Tick = 2 * time.Second
	config.Pace.Gap = 5 * time.Second
	config.Speech = func(s leaderboard.Speech) leaderboard.Speech {
		s.PerDay, s.Gap, s.Least = 1_000_000, 75*time.Second, -1_000_000
		return s
	}
}

// askForThanks does what a campaigner would, as soon as an instance is on the board.
func askForThanks(ctx context.Context, s *server) error {
	drives, err := s.store.Drives(ctx)
	if err != nil || len(drives) == 0 {
		return err
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		board, err := s.standings.Board(ctx, drives[0], leaderboard.ByDonors, leaderboard.Period{})
		if rows := board.Rows(); err == nil && len(rows) >= demoCrowd {
			_, err := s.store.Request(ctx, leaderboard.News{Kind: leaderboard.NewsThanks, Drive: drives[0].ID, Host: rows[0].Host, At: time.Now().UTC()}, false)
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// demoCrowd is how many instances are on the demo's board when its backlog is in.
const demoCrowd = 50

func openDemoDrive(ctx context.Context, store *ledger.Store, race *actbluetest.Race) error {
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	if err != nil {
		return fmt.Errorf("reading the time zone: %w", err)
	}
	drive := leaderboard.Drive{
		Slug: demoSlug, Title: "The great instance race", Forms: race.Options.Forms, Entities: race.Options.Entities,
		Goal: 15_000_000, Beneficiary: "Example Committee (made up)",
		Disclaimer: "Paid for by nobody: this is a demonstration with made-up figures.",
		Contact:    "you, on this machine", Eligibility: leaderboard.DefaultEligibility,
		Start: race.Options.Start, End: race.Options.End, Zone: zone, MinDonors: leaderboard.DefaultMinDonors,
	}
	if _, err := store.AddDrive(ctx, drive, "demo", true); err != nil {
		return fmt.Errorf("opening the demo's drive: %w", err)
	}
	return nil
}

func (c *demoCommand) greet(p *program, s *server, fediverse *feditest.Server) {
	p.say(`A simulated ActBlue now posts gifts to a real Fedirally server on this machine.

    %s/drives/%s

The bot toots about it on a simulated Mastodon server: at first thanks for which a
campaigner has asked, a minute later news, and so on.

    %s

What to look at: a backlog of two days fills the board within seconds; then
bursts follow popular posts, instances overtake each other, some gifts are
refunded, and notices come twice, late or in the wrong order. Instances appear
once %d people have given through them. The page moves by itself. All figures are
made up.

Press Ctrl-C to end; nothing is kept.`, s.address(), demoSlug, fediverse.TimelineURL(), leaderboard.DefaultMinDonors)
}

// show serves and plays the race until ctx ends. When the race is over the
// server goes on, so that the end can be looked at.
func (c *demoCommand) show(ctx context.Context, s *server, race *actbluetest.Race, chosen settings) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sender := &actbluetest.Sender{
		BaseURL: s.address().String(), User: chosen.webhookUser, Password: chosen.webhookPassword,
		Seed: c.Seed, Now: time.Now,
	}
	var group errgroup.Group
	group.Go(func() error {
		defer cancel()
		return s.run(ctx)
	})
	group.Go(func() error {
		if _, err := sender.Play(ctx, race, c.Speed); err != nil && ctx.Err() == nil {
			cancel()
			return fmt.Errorf("playing the race: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		if err := askForThanks(ctx, s); err != nil && ctx.Err() == nil {
			return fmt.Errorf("asking for thanks: %w", err)
		}
		return nil
	})
	return group.Wait()
}
