package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"fedirally/cmd/fedirally/scout"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type instanceLook struct {
	Host string `arg:"" help:"Domain, as in @user@domain."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *instanceLook) Run(p *program) error {
	host, err := leaderboard.FindHost(c.Host)
	if err != nil {
		return fmt.Errorf("%q is %w", c.Host, err)
	}
	address, err := p.readPublicURL()
	if err != nil {
		return err
	}
	return p.withLedgerAnd(func(store *ledger.Store, chosen settings) error {
		chosen.publicURL = address
		looking, err := chosen.newScout(store, p.now, p.logger(chosen.logLevel), p.lab)
		if err != nil {
			return err
		}
		profile, err := looking.Look(p.ctx, host)
		var away *scout.AwayError
		if errors.As(err, &away) {
			return fmt.Errorf("%s: %w; what was known of it stays", host, away.Why)
		}
		if err != nil {
			return err
		}
		instance, _, err := store.Instance(p.ctx, host)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.printJSON(profileDocumentOf(profile, instance))
		}
		for _, line := range profileWords(profile, instance) {
			p.say("%s", line)
		}
		return nil
	})
}

// profileDocument is what is known of an instance as commands print it.
type profileDocument struct {
	Host      string          `json:"host"`
	State     string          `json:"state,omitempty"`
	Title     string          `json:"title"`
	Software  string          `json:"software"`
	Version   string          `json:"version"`
	Active    *activeDocument `json:"active_people"`
	Accounts  int64           `json:"accounts,omitempty"`
	Canonical string          `json:"canonical,omitempty"`
	Contact   string          `json:"contact,omitempty"`
	Icon      bool            `json:"icon"`
}

type activeDocument struct {
	Count  int64  `json:"count"`
	From   string `json:"from"`
	Source string `json:"source,omitempty"`
	AsOf   string `json:"as_of"`
}

func profileDocumentOf(p leaderboard.Profile, i leaderboard.Instance) profileDocument {
	d := profileDocument{
		Host: string(p.Host), State: string(i.State), Title: p.Title, Software: p.Software, Version: p.Version, Accounts: p.Total,
		Canonical: string(p.Canonical), Contact: p.Contact, Icon: p.Digest != "",
	}
	if people := p.ActivePeople(); people.Count > 0 {
		d.Active = &activeDocument{people.Count, string(people.From), people.Source, people.At.Format("2006-01-02")}
	}
	return d
}

// profileWords tells what is known of an instance.
func profileWords(p leaderboard.Profile, i leaderboard.Instance) []string {
	lines := []string{fmt.Sprintf("%s calls itself %q and runs %s.", p.Host, cmp.Or(p.Title, "nothing"),
		cmp.Or(strings.TrimSpace(p.Software+" "+p.Version), "a program that it does not name"))}
	lines = append(lines, peopleWords(p))
	if p.Total > 0 {
		lines = append(lines, fmt.Sprintf("It has %d accounts in all, used or not.", p.Total))
	}
	if p.Contact != "" {
		lines = append(lines, "Its contact is @"+p.Contact+".")
	}
	if p.Canonical != "" {
		lines = append(lines, fmt.Sprintf("In handles it is %s; instance alias %s %s would let the one count for the other.", p.Canonical, p.Host, p.Canonical))
	}
	if p.Digest == "" {
		lines = append(lines, "It has no picture that can be shown.")
	}
	if i.State == "" {
		return append(lines, "It is not in the registry: no gift has named it, and instance add would make it known.")
	}
	return append(lines, "Here it is "+string(i.State)+".")
}

func peopleWords(p leaderboard.Profile) string {
	people := p.ActivePeople()
	date := people.At.Format("2 January 2006")
	switch people.From {
	case leaderboard.FromOrganizer:
		return fmt.Sprintf("%d people are active on it in a month: so it was corrected on %s, from %s.", people.Count, date, people.Source)
	case leaderboard.FromNodeInfo:
		return fmt.Sprintf("%d people were active on it in the month before %s, says its NodeInfo.", people.Count, date)
	case leaderboard.FromInstance:
		return fmt.Sprintf("%d people were active on it in the month before %s, says its instance document.", people.Count, date)
	case leaderboard.NoCount:
	}
	return "How many people are active on it is unknown; instance active would set it."
}

type instanceActive struct {
	Host   string `arg:"" help:"Domain, as in @user@domain."`
	Count  int64  `help:"How many people are active within a month." xor:"what" required:""`
	Reset  bool   `help:"Go by what its server says again." xor:"what" required:""`
	Source string `help:"Where the count is from, in words; it stands beside it in public."`
	By     string `default:"operator" help:"Who does this."`
}

// maxSource bounds the words that stand beside a count.
const maxSource = 120

func (c *instanceActive) Run(p *program) error {
	host, err := leaderboard.FindHost(c.Host)
	if err != nil {
		return fmt.Errorf("%q is %w", c.Host, err)
	}
	if c.Reset {
		return p.withLedger(func(store *ledger.Store) error {
			if err := store.CorrectPeople(p.ctx, host, nil); err != nil {
				return err
			}
			p.say("%s counts by what its server says.", host)
			return nil
		})
	}
	source := strings.Join(strings.Fields(c.Source), " ")
	switch {
	case c.Count < 1:
		return errors.New("--count is a number of people, from 1 on")
	case source == "" || len([]rune(source)) > maxSource:
		return fmt.Errorf("--source says in up to %d characters where the count is from", maxSource)
	}
	return p.withLedger(func(store *ledger.Store) error {
		fixed := leaderboard.Correction{Active: c.Count, Source: source, At: p.now(), By: c.By}
		if err := store.CorrectPeople(p.ctx, host, &fixed); err != nil {
			return err
		}
		p.say("%s has %d active people, from %s.", host, c.Count, source)
		return nil
	})
}
