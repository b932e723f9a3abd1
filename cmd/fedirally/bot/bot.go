// Package bot has the program speak on the Fediverse. It notices what is news on the
// boards (Look), keeps it in the ledger's toot outbox together with what has then been
// said, and posts what is there, each toot exactly once, with fedi's Speaker. It hears who
// mentions it (Listen), and answers in the same way, from an outbox of its own. Of several
// servers on one ledger one speaks at a time: the one that has the lease.
//
// It reads the boards as the public sees them, so that no toot can tell more than the
// page does, and nothing waits for it: whatever the bot's server does, notices are taken
// in and pages are shown.
package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const (
	// lease names what only one of several servers may do.
	lease = "bot"
	// leaseTime is how long a server may speak without asking again.
	leaseTime = 90 * time.Second
	// leaseSlack is kept free at its end: the servers' clocks may differ that much.
	leaseSlack = 15 * time.Second
	// usualTick is how often it is looked whether there is news.
	usualTick = 15 * time.Second
	// lookTime bounds a look at all drives, and leaseWait the question for the lease.
	lookTime  = 30 * time.Second
	leaseWait = 10 * time.Second
)

// Boards are the boards as the public sees them.
type Boards interface {
	Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error)
}

// Config is what a [Bot] needs.
type Config struct {
	Ledger *ledger.Store
	Boards Boards
	// Client posts; nil: nothing is posted, and every toot is held for a person.
	Client *fedi.Client
	// Address is where a drive's page is, or that of an instance in it where there is a
	// host, as people open it.
	Address func(drive leaderboard.Drive, host leaderboard.Host) string
	// Draw draws the standings as a PNG; nil: toots have no pictures.
	Draw func(board leaderboard.Board, now time.Time) ([]byte, error)
	// Holder names this server among those on the ledger.
	Holder string
	Clock  func() time.Time
	Logger *slog.Logger
	// Tick is how often it is looked whether there is news; 0: every 15 s.
	Tick time.Duration
	// ListenTick is how often it is looked who has mentioned the bot; 0: every 30 s.
	ListenTick time.Duration
	// Pace is how the speaker waits; zero values are usual ones.
	Pace fedi.Pace
	// Budget is how much is answered; the zero value is the default one.
	Budget leaderboard.Budget
	// LetFollowAfter is how old an account has to be to be let in where the bot's is locked;
	// below 0 nobody is let in but by a person.
	LetFollowAfter time.Duration
	// Speech changes how the bot speaks of every drive; nil: as the organizers set it.
	Speech func(leaderboard.Speech) leaderboard.Speech
}

// Bot speaks. One goroutine calls [Bot.Run]; any may call the others.
type Bot struct {
	Config
	writer  fedi.Writer
	speaker *fedi.Speaker
	// answerer posts answers, so that neither they nor news wait for each other.
	answerer *fedi.Speaker
	listener *fedi.Listener
	// nextListen is when mentions are next asked for; only Turn knows it.
	nextListen time.Time
	// nextFollows is when it is next looked who wants to follow; only Turn knows it.
	nextFollows time.Time

	mu     sync.Mutex
	speaks bool
	// failing is what does not work at the moment, by what was tried.
	failing map[string]error
}

// pictured is how many rows the picture of a drive shows.
const pictured = 3

// New makes a bot that has not begun.
func New(c Config) (*Bot, error) {
	if c.Ledger == nil || c.Boards == nil || c.Address == nil || c.Holder == "" || c.Clock == nil {
		return nil, errors.New("the bot lacks its ledger, boards, address, holder or clock")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Tick = cmp.Or(c.Tick, usualTick)
	c.ListenTick = cmp.Or(c.ListenTick, listenTick)
	if c.Budget == (leaderboard.Budget{}) {
		c.Budget = leaderboard.DefaultBudget()
	}
	b := &Bot{Config: c, failing: map[string]error{}, writer: fedi.Writer{Address: c.Address, Draw: c.Draw, Pictured: pictured}}
	if c.Client == nil {
		return b, nil
	}
	var err error
	b.speaker, err = fedi.NewSpeaker(fedi.SpeakerConfig{
		Client: c.Client, Outbox: outbox{c.Ledger}, Write: b.write, Ledger: c.Ledger.ID(), Now: c.Clock, Logger: c.Logger, Pace: c.Pace,
	})
	if err != nil {
		return nil, err
	}
	b.listener = fedi.NewListener(c.Client)
	b.answerer, err = fedi.NewSpeaker(fedi.SpeakerConfig{
		Client: c.Client, Outbox: answers{c.Ledger, c.Budget}, Write: b.writeAnswer, Ledger: c.Ledger.ID() + " answers",
		Now: c.Clock, Logger: c.Logger, Pace: answerPace(c.Pace),
	})
	return b, err
}

// Status is how the bot stands.
type Status struct {
	// Speaks says that it is this server that speaks.
	Speaks bool
	// Paused says that the account may not post, and Why what is waited for; empty when
	// nothing is wrong.
	Paused bool
	Why    string
}

// Status tells how the bot stands, and asks nobody.
func (b *Bot) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	status := Status{Speaks: b.speaks}
	if b.speaker != nil && b.speaks {
		rest := b.speaker.Rest()
		status.Paused, status.Why = rest.Paused, rest.Why
		if rest := b.answerer.Rest(); rest.Paused && !status.Paused {
			status.Paused, status.Why = true, rest.Why
		}
	}
	for _, what := range slices.Sorted(maps.Keys(b.failing)) {
		status.Why = what + ": " + b.failing[what].Error()
	}
	return status
}

// Run speaks until ctx ends, and lets another server speak then.
func (b *Bot) Run(ctx context.Context) {
	defer b.giveUp(ctx)
	for {
		timer := time.NewTimer(b.Turn(ctx))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// Turn takes or prolongs the lease, looks for news, listens, and posts what is due, if
// this server is the one to speak. It gives how long to wait until the next turn.
func (b *Bot) Turn(ctx context.Context) time.Duration {
	until := b.Clock().Add(leaseTime)
	has, err := b.take(ctx, until)
	b.mark(ctx, "taking the lease", err)
	b.setSpeaks(has)
	if !has {
		return b.Tick
	}
	b.mark(ctx, "looking for news", b.Look(ctx))
	if b.speaker == nil {
		return b.Tick
	}
	told, err := b.speaker.Speak(ctx, until.Add(-leaseSlack))
	b.mark(ctx, "posting", err)
	b.mark(ctx, "listening", b.Listen(ctx))
	answered, err := b.answerer.Speak(ctx, until.Add(-leaseSlack))
	b.mark(ctx, "answering", err)
	b.mark(ctx, "letting followers in", b.welcome(ctx))
	wait := b.Tick
	for _, rest := range []fedi.Rest{answered, told} {
		if !rest.Until.IsZero() {
			wait = min(wait, max(rest.Until.Sub(b.Clock()), 0))
		}
	}
	return wait
}

func (b *Bot) take(ctx context.Context, until time.Time) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseWait)
	defer cancel()
	return b.Ledger.Lease(ctx, lease, b.Holder, until)
}

// giveUp ends the lease, so that another server need not wait for its end.
func (b *Bot) giveUp(ctx context.Context) {
	if !b.Status().Speaks {
		return
	}
	b.mu.Lock()
	b.speaks = false
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseWait)
	defer cancel()
	if _, err := b.Ledger.Lease(ctx, lease, b.Holder, b.Clock()); err != nil {
		b.Logger.WarnContext(ctx, "the bot's lease could not be given up; another server speaks when it has run out", slog.Any("error", err))
	}
}

func (b *Bot) setSpeaks(speaks bool) {
	b.mu.Lock()
	changed := b.speaks != speaks
	b.speaks = speaks
	b.mu.Unlock()
	if changed {
		b.Logger.Info("whether this server speaks for the bot", slog.Bool("speaks", speaks))
	}
}

// mark logs a failure when it begins, and when it is over.
func (b *Bot) mark(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	failed := b.failing[what] != nil
	if delete(b.failing, what); err != nil {
		b.failing[what] = err
	}
	b.mu.Unlock()
	switch {
	case err != nil && !failed:
		b.Logger.ErrorContext(ctx, "the bot fails and tries again and again", slog.String("what", what), slog.Any("error", err))
	case err == nil && failed:
		b.Logger.InfoContext(ctx, "the bot goes on", slog.String("what", what))
	}
}

// ErrElsewhere says that another server speaks for this ledger.
var ErrElsewhere = errors.New("another server speaks for this ledger")

// Once takes one turn, and says what went wrong in it: [ErrElsewhere] while another
// server speaks.
func (b *Bot) Once(ctx context.Context) error {
	until := b.Clock().Add(leaseTime)
	has, err := b.take(ctx, until)
	if err != nil {
		return err
	}
	if !has {
		return ErrElsewhere
	}
	b.mu.Lock()
	b.speaks = true
	b.mu.Unlock()
	defer b.giveUp(ctx)
	if err := b.Look(ctx); err != nil {
		return fmt.Errorf("looking for news: %w", err)
	}
	if b.speaker == nil {
		return nil
	}
	if err := b.Listen(ctx); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	for _, speaker := range []*fedi.Speaker{b.speaker, b.answerer} {
		rest, err := speaker.Speak(ctx, until.Add(-leaseSlack))
		if err == nil && rest.Why != "" {
			err = errors.New(rest.Why)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Reads is how a toot reads that has been sent, or how it would if it were posted now.
func (b *Bot) Reads(ctx context.Context, toot ledger.Toot, limits fedi.Limits) (fedi.Toot, error) {
	row, err := rowOf(toot)
	switch {
	case err != nil:
		return fedi.Toot{}, err
	case row.Toot != nil:
		return *row.Toot, nil
	}
	return b.write(ctx, row, limits)
}

// write turns a row into a toot, from the boards as they are.
func (b *Bot) write(ctx context.Context, row fedi.Row, limits fedi.Limits) (fedi.Toot, error) {
	drive, err := b.drive(ctx, row.News.Drive)
	if err != nil {
		return fedi.Toot{}, err
	}
	speech, err := b.speech(ctx, drive)
	if err != nil {
		return fedi.Toot{}, err
	}
	if speech.Silent {
		return fedi.Toot{}, &fedi.UnsaidError{Why: "the bot is silent about this drive"}
	}
	scene, err := b.scene(ctx, drive)
	if err != nil {
		return fedi.Toot{}, err
	}
	turn, err := b.Ledger.TurnOf(ctx, row.ID, row.News)
	if err != nil {
		return fedi.Toot{}, err
	}
	return b.writer.Write(fedi.Occasion{Row: row.ID, News: row.News, Scene: scene, Speech: speech, Turn: turn, Limits: limits})
}

func (b *Bot) drive(ctx context.Context, id int64) (leaderboard.Drive, error) {
	drives, err := b.Ledger.Drives(ctx)
	if err != nil {
		return leaderboard.Drive{}, fmt.Errorf("reading the drives: %w", err)
	}
	for _, drive := range drives {
		if drive.ID == id {
			return drive, nil
		}
	}
	return leaderboard.Drive{}, &fedi.UnsaidError{Why: "there is no such drive any more"}
}

func (b *Bot) speech(ctx context.Context, drive leaderboard.Drive) (leaderboard.Speech, error) {
	speech, err := b.Ledger.Speech(ctx, drive.ID)
	if err == nil && b.Speech != nil {
		speech = b.Speech(speech)
	}
	return speech, err
}
