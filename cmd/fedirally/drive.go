package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type driveCommands struct {
	Add   driveAdd   `cmd:"" help:"Open a drive."`
	Edit  driveEdit  `cmd:"" help:"Change a drive; what would move is printed first."`
	Close driveClose `cmd:"" help:"End a drive now. Gifts paid before that still count when their notices come late."`
	List  driveList  `cmd:"" help:"List all drives."`
}

type driveAdd struct {
	Slug         string        `required:"" help:"Name in addresses: lower-case letters, digits, hyphens."`
	Title        string        `required:"" help:"Name on pages."`
	Form         []string      `required:"" sep:"none" help:"ActBlue form, by name or link. Several are possible."`
	Entity       []int64       `help:"ActBlue entity that counts. Several are possible; none: every recipient on the forms."`
	Goal         dollars       `required:"" help:"Goal in dollars."`
	Beneficiary  string        `required:"" help:"Who receives the money, in full."`
	Disclaimer   string        `required:"" help:"The words \"Paid for by …\" of every page."`
	Contact      string        `help:"Who runs this board, and how to reach them."`
	Eligibility  string        `default:"${eligibility}" help:"Who may give."`
	Start        instant       `help:"First moment that counts, as RFC 3339. Without it there is no beginning."`
	End          instant       `help:"First moment that does not count any more, as RFC 3339. Without it there is no end."`
	Tz           string        `name:"tz" default:"America/New_York" help:"Time zone of its days and hours."`
	MinDonors    int           `default:"5" help:"An instance is shown with figures from this number of donors on."`
	PublishEvery time.Duration `help:"Publish figures at clock steps of this length (say 15m) instead of live."`
	Apply        bool          `help:"Also move the contributions that were kept and belong to the drive."`
	By           string        `default:"operator" help:"Who does this; it stands in the entries."`
}

func (c *driveAdd) Run(p *program) error {
	zone, err := time.LoadLocation(c.Tz)
	if err != nil || c.Tz == "" || c.Tz == "Local" {
		return fmt.Errorf("--tz %q is not a time zone, use for example America/New_York", c.Tz)
	}
	d := leaderboard.Drive{
		Slug: c.Slug, Title: c.Title, Forms: formNames(c.Form), Entities: c.Entity, Goal: leaderboard.Cents(c.Goal),
		Beneficiary: c.Beneficiary, Disclaimer: c.Disclaimer, Contact: c.Contact, Eligibility: c.Eligibility,
		Start: time.Time(c.Start), End: time.Time(c.End), Zone: zone, MinDonors: c.MinDonors, PublishEvery: c.PublishEvery,
	}
	return p.withLedger(func(store *ledger.Store) error {
		plan, err := store.AddDrive(p.ctx, d, ledger.Author(c.By), c.Apply)
		if err != nil {
			return err
		}
		return p.sayPlan(plan, "Drive %s is open.", d.Slug)
	})
}

// whichDrive names a drive, by its place or by flag as "drive add" does.
type whichDrive struct {
	Name string `arg:"" optional:"" name:"drive" help:"The drive."`
	Slug string `help:"The drive, as a flag."`
}

// AfterApply is called by the parser once both are read.
func (w *whichDrive) AfterApply() error {
	switch {
	case w.Name == "" && w.Slug == "":
		return errors.New("name the drive")
	case w.Name != "" && w.Slug != "" && w.Name != w.Slug:
		return errors.New("two different drives are named")
	case w.Slug == "":
		w.Slug = w.Name
	}
	return nil
}

type driveEdit struct {
	whichDrive
	NewSlug      *string        `help:"New name in addresses, possible before the first entry."`
	Title        *string        `help:"Name on pages."`
	Form         []string       `sep:"none" help:"All ActBlue forms of the drive, in place of those before."`
	Entity       []string       `help:"All entities that count, in place of those before; \"all\" for every recipient."`
	Goal         *dollars       `help:"Goal in dollars."`
	Beneficiary  *string        `help:"Who receives the money, in full."`
	Disclaimer   *string        `help:"The words \"Paid for by …\" of every page."`
	Contact      *string        `help:"Who runs this board."`
	Eligibility  *string        `help:"Who may give."`
	Start        *instant       `help:"First moment that counts, as RFC 3339, or \"none\"."`
	End          *instant       `help:"First moment that does not count any more, as RFC 3339, or \"none\"."`
	Tz           *string        `name:"tz" help:"Time zone, possible before the first entry."`
	MinDonors    *int           `help:"An instance is shown with figures from this number of donors on."`
	PublishEvery *time.Duration `help:"Publish figures at clock steps of this length; 0s: live."`
	Apply        bool           `help:"Also move what the change moves."`
	By           string         `default:"operator" help:"Who does this; it stands in the entries."`
}

func (c *driveEdit) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		plan, err := store.EditDrive(p.ctx, c.Slug, ledger.Author(c.By), c.Apply, c.edit)
		if err != nil {
			return err
		}
		return p.sayPlan(plan, "Drive %s is changed.", c.Slug)
	})
}

func (c *driveEdit) edit(d *leaderboard.Drive) error {
	set(&d.Slug, c.NewSlug)
	set(&d.Title, c.Title)
	set(&d.Beneficiary, c.Beneficiary)
	set(&d.Disclaimer, c.Disclaimer)
	set(&d.Contact, c.Contact)
	set(&d.Eligibility, c.Eligibility)
	set(&d.MinDonors, c.MinDonors)
	set(&d.PublishEvery, c.PublishEvery)
	set((*dollars)(&d.Goal), c.Goal)
	set((*instant)(&d.Start), c.Start)
	set((*instant)(&d.End), c.End)
	if len(c.Form) > 0 {
		d.Forms = formNames(c.Form)
	}
	if c.Tz != nil {
		zone, err := time.LoadLocation(*c.Tz)
		if err != nil || *c.Tz == "" || *c.Tz == "Local" {
			return fmt.Errorf("--tz %q is not a time zone", *c.Tz)
		}
		d.Zone = zone
	}
	return c.editEntities(d)
}

func (c *driveEdit) editEntities(d *leaderboard.Drive) error {
	if len(c.Entity) == 0 {
		return nil
	}
	d.Entities = nil
	if len(c.Entity) == 1 && c.Entity[0] == "all" {
		return nil
	}
	for _, text := range c.Entity {
		entity, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("--entity %q is not a number, and not \"all\"", text)
		}
		d.Entities = append(d.Entities, entity)
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

type driveClose struct {
	whichDrive
	By string `default:"operator" help:"Who does this; it stands in the entries."`
}

func (c *driveClose) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		if _, err := store.CloseDrive(p.ctx, c.Slug, ledger.Author(c.By), time.Now()); err != nil {
			return err
		}
		p.say("Drive %s is closed.", c.Slug)
		return nil
	})
}

type driveList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// driveDocument is a drive as commands print it.
type driveDocument struct {
	Slug         string   `json:"slug"`
	Title        string   `json:"title"`
	State        string   `json:"state"`
	Forms        []string `json:"forms"`
	Entities     []int64  `json:"entities"`
	GoalCents    int64    `json:"goal_cents"`
	Beneficiary  string   `json:"beneficiary"`
	Disclaimer   string   `json:"disclaimer"`
	Contact      string   `json:"contact"`
	Eligibility  string   `json:"eligibility"`
	Start        string   `json:"start,omitempty"`
	End          string   `json:"end,omitempty"`
	Zone         string   `json:"tz"`
	MinDonors    int      `json:"min_donors"`
	PublishEvery string   `json:"publish_every,omitempty"`
}

func (c *driveList) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		drives, err := store.Drives(p.ctx)
		if err != nil {
			return err
		}
		documents := make([]driveDocument, len(drives))
		for i, d := range drives {
			documents[i] = describe(d, time.Now())
		}
		if c.JSON {
			return p.printJSON(map[string]any{"drives": documents})
		}
		if len(drives) == 0 {
			p.say("There are no drives. Open one with: fedirally drive add --help")
			return nil
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "SLUG\tSTATE\tGOAL\tFORMS\tSTART\tEND\tTITLE")
		for i, d := range documents {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Slug, d.State, drives[i].Goal,
				strings.Join(d.Forms, " "), orDash(d.Start), orDash(d.End), d.Title)
		}
		return table.Flush()
	})
}

func describe(d leaderboard.Drive, now time.Time) driveDocument {
	document := driveDocument{
		Slug: d.Slug, Title: d.Title, State: string(d.State(now)), Forms: d.Forms, Entities: d.Entities,
		GoalCents: int64(d.Goal), Beneficiary: d.Beneficiary, Disclaimer: d.Disclaimer, Contact: d.Contact,
		Eligibility: d.Eligibility, Zone: d.Zone.String(), MinDonors: d.MinDonors,
	}
	if !d.Start.IsZero() {
		document.Start = d.Start.In(d.Zone).Format(time.RFC3339Nano)
	}
	if !d.End.IsZero() {
		document.End = d.End.In(d.Zone).Format(time.RFC3339Nano)
	}
	if d.PublishEvery > 0 {
		document.PublishEvery = d.PublishEvery.String()
	}
	return document
}

func formNames(given []string) []string {
	names := make([]string, len(given))
	for i, form := range given {
		names[i] = leaderboard.FormName(form)
	}
	return names
}
