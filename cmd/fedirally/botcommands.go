package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
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

type botOutboxCommands struct {
	List    botOutboxList    `cmd:"" default:"withargs" help:"List the latest toots, newest first."`
	Approve botOutboxApprove `cmd:"" help:"Let toots that wait for a person be posted."`
	Drop    botOutboxDrop    `cmd:"" help:"Give toots up that nobody has begun to post."`
}

// maxListed bounds a list of toots. Some have pictures.
const maxListed = 100

type botOutboxList struct {
	Drive string `help:"Only toots of this drive."`
	State string `help:"Only toots in this state: held, ready, posted or dropped." enum:"held,ready,posted,dropped," default:""`
	Limit int    `default:"20" help:"How many."`
	Text  bool   `help:"Also show how each reads: as it was sent, or as it would be sent now."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// tootDocument is a toot as commands print it.
type tootDocument struct {
	ID       int64            `json:"id"`
	Drive    string           `json:"drive"`
	State    ledger.TootState `json:"state"`
	Kind     string           `json:"kind"`
	Host     string           `json:"host,omitempty"`
	Created  time.Time        `json:"created"`
	Attempts int64            `json:"attempts"`
	URL      string           `json:"url,omitempty"`
	Why      string           `json:"why,omitempty"`
	Warning  string           `json:"warning,omitempty"`
	Text     string           `json:"text,omitempty"`
	Alt      string           `json:"picture,omitempty"`
}

func (c *botOutboxList) Run(p *program) error {
	if c.Limit < 1 || c.Limit > maxListed {
		return fmt.Errorf("--limit is from 1 to %d", maxListed)
	}
	s, err := p.readSettings(forBot)
	if err != nil {
		return err
	}
	if !c.Text {
		return p.withLedger(func(store *ledger.Store) error { return c.list(p, store, nil, nil) })
	}
	limits := p.limitsOf(s)
	return p.withBot(s, nil, func(b *bot.Bot, store *ledger.Store) error { return c.list(p, store, b, &limits) })
}

func (c *botOutboxList) list(p *program, store *ledger.Store, b *bot.Bot, limits *fedi.Limits) error {
	drive, err := p.driveNumber(store, c.Drive)
	if err != nil {
		return err
	}
	toots, err := store.Toots(p.ctx, ledger.Toots{Drive: drive, State: ledger.TootState(c.State)}, c.Limit)
	if err != nil {
		return err
	}
	talk, err := store.Talk(p.ctx)
	if err != nil {
		return err
	}
	documents := []tootDocument{}
	for _, toot := range toots {
		documents = append(documents, p.describeToot(b, store, toot, limits))
	}
	switch {
	case c.JSON:
		return p.printJSON(map[string]any{"toots": documents, "answers": talk})
	case len(documents) == 0:
		p.say("There are none.")
		return nil
	case c.Text:
		for _, document := range documents {
			p.sayToot(document)
		}
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tDRIVE\tKIND\tINSTANCE\tSINCE\tTRIED\tWHERE OR WHY")
	for _, d := range documents {
		where := d.URL
		if where == "" {
			where = d.Why
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.State, d.Drive, d.Kind, orDash(d.Host),
			d.Created.UTC().Format("2006-01-02 15:04 MST"), d.Attempts, orDash(where))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	// Nobody but the asker reads an answer, so they are counted and not listed.
	p.say("\nAnswers: %d in the last 24 hours, %d to be posted; %d accounts want none.", talk.Answered, talk.Waiting, talk.Stopped)
	return nil
}

// driveNumber gives the number of a drive; 0 for no name.
func (p *program) driveNumber(store *ledger.Store, slug string) (int64, error) {
	if slug == "" {
		return 0, nil
	}
	drive, err := p.driveNamed(store, slug)
	return drive.ID, err
}

func (p *program) driveNamed(store *ledger.Store, slug string) (leaderboard.Drive, error) {
	drives, err := store.Drives(p.ctx)
	if err != nil {
		return leaderboard.Drive{}, err
	}
	for _, drive := range drives {
		if drive.Slug == slug {
			return drive, nil
		}
	}
	return leaderboard.Drive{}, fmt.Errorf("drive %s: %w", slug, ledger.ErrNotFound)
}

// describeToot shows a toot; with a bot also how it reads.
func (p *program) describeToot(b *bot.Bot, store *ledger.Store, toot ledger.Toot, limits *fedi.Limits) tootDocument {
	d := tootDocument{
		ID: toot.ID, State: toot.State, Kind: string(toot.News.Kind), Host: string(toot.News.Host),
		Created: toot.Created, Attempts: toot.Attempts, URL: toot.URL, Why: toot.Why,
	}
	if drives, err := store.Drives(p.ctx); err == nil {
		for _, drive := range drives {
			if drive.ID == toot.News.Drive {
				d.Drive = drive.Slug
			}
		}
	}
	if b == nil || toot.State == ledger.TootDropped && toot.Post == nil {
		return d
	}
	reads, err := b.Reads(p.ctx, toot, *limits)
	if err != nil {
		d.Why = "if it were posted now it would not be: " + err.Error()
		return d
	}
	d.Text, d.Warning, d.Alt = reads.Text, reads.Warning, reads.Alt
	return d
}

// sayToot prints a toot with its text.
func (p *program) sayToot(d tootDocument) {
	p.say("%d  %s  %s  %s  %s", d.ID, d.State, d.Drive, d.Kind, d.Created.UTC().Format("2006-01-02 15:04 MST"))
	if d.URL != "" {
		p.say("    %s", d.URL)
	}
	if d.Why != "" {
		p.say("    (%s)", d.Why)
	}
	if d.Warning != "" {
		p.say("    [%s]", d.Warning)
	}
	if d.Text != "" {
		p.say("    %s", strings.ReplaceAll(d.Text, "\n", "\n    "))
	}
	if d.Alt != "" {
		p.say("    (picture: %s)", d.Alt)
	}
	p.say("")
}

type botOutboxApprove struct {
	ID []int64 `arg:"" help:"Numbers of the toots."`
}

func (c *botOutboxApprove) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		for _, id := range c.ID {
			if err := store.ApproveToot(p.ctx, id); err != nil {
				return err
			}
			p.say("Toot %d is to be posted.", id)
		}
		return nil
	})
}

type botOutboxDrop struct {
	ID  []int64 `arg:"" help:"Numbers of the toots."`
	Why string  `default:"an operator did not want it" help:"The reason, which is kept."`
}

func (c *botOutboxDrop) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		for _, id := range c.ID {
			if err := store.WithdrawToot(p.ctx, id, c.Why); err != nil {
				return err
			}
			p.say("Toot %d will not be posted.", id)
		}
		return nil
	})
}

type botThank struct {
	whichDrive
	Host string `required:"" help:"The instance whose donors are thanked."`
}

func (c *botThank) Run(p *program) error {
	host, err := leaderboard.ParseHost(c.Host)
	if err != nil {
		return fmt.Errorf("--host %q: %w", c.Host, err)
	}
	return p.withLedger(func(store *ledger.Store) error {
		drive, err := p.driveNamed(store, c.Slug)
		if err != nil {
			return err
		}
		speech, err := store.Speech(p.ctx, drive.ID)
		if err != nil {
			return err
		}
		id, err := store.Request(p.ctx, leaderboard.News{
			Kind: leaderboard.NewsThanks, Drive: drive.ID, Host: host, At: p.now().UTC(),
		}, speech.Approve)
		if err != nil {
			return fmt.Errorf("thanks to %s: %w", host.Display(), err)
		}
		when := "is posted when the bot speaks next, if the instance is on the board then"
		if speech.Approve {
			when = fmt.Sprintf("waits for approval: fedirally bot outbox approve %d", id)
		}
		p.say("Toot %d %s.", id, when)
		return nil
	})
}
