package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/templates/preview"
)

type botCommands struct {
	Check  botCheck          `cmd:"" help:"Look at the bot's account: token, scopes, bot flag, profile, limits. Posts nothing."`
	Run    botRun            `cmd:"" help:"Speak, in a process of its own. A server with the bot's account set does so by itself."`
	Outbox botOutboxCommands `cmd:"" help:"What the bot is about to say and has said: list, approve, drop."`
	Thank  botThank          `cmd:"" help:"Ask for a toot that thanks the donors of an instance, as a group."`
	Speech botSpeech         `cmd:"" help:"How the bot speaks of a drive: language, content warning, visibility, pace, what is news. Shows it, or changes it."`
	Follow botFollowCommands `cmd:"" help:"Who asks to follow a locked bot: list, let, refuse."`
	Words  botWordsCommands  `cmd:"" help:"The words for each kind of news of a drive: list, set, reset."`
}

// botAddress is where toots lead.
func botAddress(board *url.URL) func(leaderboard.Drive, leaderboard.Host) string {
	return func(drive leaderboard.Drive, host leaderboard.Host) string {
		if host == "" {
			return board.JoinPath("drives", drive.Slug).String()
		}
		return board.JoinPath("drives", drive.Slug, "instances", string(host)).String()
	}
}

// botConfig is all of a bot's but its account, clock and logger.
func botConfig(store *ledger.Store, standings *standings, board *url.URL, painter *preview.Painter) bot.Config {
	name, err := os.Hostname()
	if err != nil {
		name = "somewhere"
	}
	return bot.Config{
		Ledger: store, Boards: standings, Address: botAddress(board), Draw: painter.Drive,
		// Two processes of a machine are two.
		Holder: fmt.Sprintf("%s/%d/%s", name, os.Getpid(), rand.Text()),
	}
}

// botClient speaks with the server of the bot's account. It asks nothing yet.
func (s settings) botClient(clock func() time.Time) (*fedi.Client, error) {
	agent := "Fedirally/" + release()
	if s.publicURL != nil {
		agent += " (+" + s.publicURL.String() + ")"
	}
	client, err := fedi.New(fedi.Config{Server: s.mastodonServer, Token: s.mastodonToken, Agent: agent, Now: clock})
	if err != nil {
		return nil, fmt.Errorf("the bot's account: %w", err)
	}
	return client, nil
}

// errNoBot tells somebody who asks for the bot that there is none.
var errNoBot = errors.New("no account is set for the bot: set " + envMastodonServer + " and " + envMastodonToken)

// botAccount reads the settings of commands that speak with the bot's server.
func (p *program) botAccount() (settings, *fedi.Client, error) {
	s, err := p.readSettings(forBot)
	if err != nil {
		return s, nil, err
	}
	if !s.hasBot() {
		return s, nil, errNoBot
	}
	client, err := s.botClient(p.now)
	return s, client, err
}

// withBot opens what the bot works with, for the length of a command. Without a client
// it posts nothing.
func (p *program) withBot(s settings, client *fedi.Client, use func(*bot.Bot, *ledger.Store) error) (err error) {
	p.sayMade(s)
	store, err := ledger.Open(p.ctx, ledger.Options{URL: s.databaseURL, Secret: s.secret, Now: p.now})
	if err != nil {
		return fmt.Errorf("opening the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	logger := p.logger(s.logLevel)
	ranks, err := openStandings(p.ctx, store, s.redisURL, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ranks.rankings.Close()) }()
	if err := ranks.follower.Follow(p.ctx); err != nil {
		return fmt.Errorf("bringing the ranking up to date: %w", err)
	}
	painter, err := preview.New()
	if err != nil {
		return err
	}
	board := s.publicURL
	if board == nil {
		board = &url.URL{Scheme: "https", Host: "board.example"}
	}
	config := botConfig(store, ranks, board, painter)
	config.Client, config.Clock, config.Logger, config.LetFollowAfter = client, p.now, logger, s.letFollowAfter
	speaker, err := bot.New(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(p.ctx)
	following := make(chan struct{})
	go func() {
		defer close(following)
		_ = ranks.follower.Run(ctx) // it ends when told to, and logs its own troubles
	}()
	defer func() { cancel(); <-following }()
	return use(speaker, store)
}

type botCheck struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *botCheck) Run(p *program) error {
	s, client, err := p.botAccount()
	if err != nil {
		return err
	}
	var contacts []string
	err = p.withLedger(func(store *ledger.Store) error {
		drives, err := store.Drives(p.ctx)
		for _, drive := range drives {
			contacts = append(contacts, drive.Contact)
		}
		return err
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.ctx, checkTime)
	defer cancel()
	findings := fedi.Check(ctx, client, fedi.Wants{Contacts: contacts, Follows: s.letFollowAfter >= 0})
	ok := true
	for _, f := range findings {
		ok = ok && f.Level != fedi.Fault
	}
	if c.JSON {
		if err := p.printJSON(map[string]any{"ok": ok, "findings": findings}); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			p.say("%-8s %s: %s", f.Level, f.Subject, f.Says)
			if f.Do != "" {
				p.say("         → %s", f.Do)
			}
		}
	}
	if !ok {
		return errSaid
	}
	return nil
}

// checkTime is how long all questions to the bot's server may take together.
const checkTime = time.Minute

type botRun struct {
	DryRun bool `help:"Post nothing: put what the bot would say into the outbox, held for a person's approval, and print it."`
	Once   bool `help:"Take one turn and end, instead of going on until Ctrl-C."`
}

func (c *botRun) Run(p *program) error {
	s, err := p.readSettings(forBot)
	if err != nil {
		return err
	}
	var client *fedi.Client
	switch {
	case c.DryRun:
	case !s.hasBot():
		return errNoBot
	default:
		if client, err = s.botClient(p.now); err != nil {
			return err
		}
	}
	return p.withBot(s, client, func(b *bot.Bot, store *ledger.Store) error {
		switch {
		case c.DryRun:
			return c.rehearse(p, s, b, store)
		case c.Once:
			return b.Once(p.ctx)
		}
		p.say("The bot speaks until Ctrl-C; its log says what it does.")
		b.Run(p.ctx)
		return nil
	})
}

// rehearseTick is how often a dry run looks whether there is news.
const rehearseTick = 15 * time.Second

// rehearse prints what the bot would say.
func (c *botRun) rehearse(p *program, s settings, b *bot.Bot, store *ledger.Store) error {
	limits := p.limitsOf(s)
	shown := int64(0)
	if toots, err := store.Toots(p.ctx, ledger.Toots{}, 1); err != nil {
		return err
	} else if len(toots) > 0 {
		shown = toots[0].ID
	}
	for before := shown; ; {
		if err := b.Once(p.ctx); err != nil {
			return err
		}
		toots, err := store.Toots(p.ctx, ledger.Toots{After: shown}, maxListed)
		if err != nil {
			return err
		}
		for _, toot := range slices.Backward(toots) {
			shown = toot.ID
			p.sayToot(p.describeToot(b, store, toot, &limits))
		}
		if c.Once {
			if shown == before {
				p.say("There is nothing to say now.")
			}
			return nil
		}
		select {
		case <-p.ctx.Done():
			return nil
		case <-time.After(rehearseTick):
		}
	}
}

// limitsOf asks the bot's server what it lets a post have. Where that cannot be found out
// they are those of Mastodon.
func (p *program) limitsOf(s settings) fedi.Limits {
	if s.mastodonServer == "" || s.mastodonToken == "" {
		return fedi.DefaultLimits()
	}
	client, err := s.botClient(p.now)
	if err != nil {
		return fedi.DefaultLimits()
	}
	ctx, cancel := context.WithTimeout(p.ctx, checkTime/4)
	defer cancel()
	account, err := client.Account(ctx)
	if err != nil {
		return fedi.DefaultLimits()
	}
	return account.Limits
}
