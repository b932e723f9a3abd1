package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

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
