package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type botSpeech struct {
	whichDrive
	Silent     *bool          `negatable:"" help:"Say nothing of this drive, and go on noticing."`
	Approve    *bool          `negatable:"" help:"Hold every toot until a person approves it (bot outbox approve)."`
	Language   *string        `help:"Language of the toots, as a code such as en or pt-BR. The shipped words are English."`
	Warning    *string        `help:"Content warning; \"none\" for none."`
	Visibility *string        `help:"public or unlisted. Bridgy Fed carries only public toots to Bluesky."`
	Hashtag    []string       `help:"All hashtags, without the mark, in place of those before; \"none\" for none."`
	PerDay     *int           `help:"How many announcements within 24 hours at most, besides digests, opening, last day, last hour, closing and thanks."`
	Gap        *time.Duration `help:"The least time between an announcement and the toot before it, from 10m to 24h."`
	Least      *int           `help:"How important news must be to be announced, from 0 to 9: overtake 3, new instance and donors 4, amount 5, lead 7, share of the goal 8. The rest waits for the digest."`
	First      *int           `help:"Among how many of the first places overtakes are news; 0 for none."`
	Amounts    []dollars      `help:"All amounts in dollars that are news for an instance to pass, rising: 100,250,500."`
	Donors     []int64        `help:"All numbers of donors that are news for an instance to pass, rising: 10,25,50."`
	DigestHour *hourOrNone    `help:"The hour on the drive's clocks from which on the day before is told, 0 to 20; three hours later its donors are thanked. \"none\" for no digest."`
	Thanks     *bool          `negatable:"" help:"Thank the donors of each day, by instance and as groups."`
	JSON       bool           `name:"json" help:"Print JSON."`
}

func (c *botSpeech) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		drive, err := p.driveNamed(store, c.Slug)
		if err != nil {
			return err
		}
		speech, err := store.Speech(p.ctx, drive.ID)
		if c.changes() {
			speech, err = store.EditSpeech(p.ctx, c.Slug, c.edit)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return p.printJSON(describeSpeech(speech))
		}
		p.saySpeech(speech)
		return nil
	})
}

func (c *botSpeech) changes() bool {
	return c.Silent != nil || c.Approve != nil || c.Language != nil || c.Warning != nil || c.Visibility != nil || len(c.Hashtag) > 0 ||
		c.PerDay != nil || c.Gap != nil || c.Least != nil || c.First != nil || len(c.Amounts) > 0 || len(c.Donors) > 0 ||
		c.DigestHour != nil || c.Thanks != nil
}

func (c *botSpeech) edit(s *leaderboard.Speech) error {
	set(&s.Silent, c.Silent)
	set(&s.Approve, c.Approve)
	set(&s.Language, c.Language)
	set((*string)(&s.Visibility), c.Visibility)
	set(&s.PerDay, c.PerDay)
	set(&s.Gap, c.Gap)
	set(&s.Least, c.Least)
	set(&s.First, c.First)
	set((*hourOrNone)(&s.DigestHour), c.DigestHour)
	set(&s.Thanks, c.Thanks)
	if c.Warning != nil {
		s.Warning = strings.TrimSpace(*c.Warning)
		if s.Warning == "none" {
			s.Warning = ""
		}
	}
	if len(c.Hashtag) > 0 {
		s.Hashtags = nil
		if !slices.Equal(c.Hashtag, []string{"none"}) {
			s.Hashtags = c.Hashtag
		}
	}
	if len(c.Amounts) > 0 {
		s.Amounts = nil
		for _, amount := range c.Amounts {
			s.Amounts = append(s.Amounts, leaderboard.Cents(amount))
		}
	}
	if len(c.Donors) > 0 {
		s.Donors = c.Donors
	}
	return nil
}

// speechDocument is how the bot speaks, as commands print it.
type speechDocument struct {
	Silent       bool                   `json:"silent"`
	Approve      bool                   `json:"approve"`
	Language     string                 `json:"language"`
	Warning      string                 `json:"warning"`
	Visibility   leaderboard.Visibility `json:"visibility"`
	Hashtags     []string               `json:"hashtags"`
	PerDay       int                    `json:"per_day"`
	Gap          string                 `json:"gap"`
	Least        int                    `json:"least"`
	First        int                    `json:"first"`
	AmountsCents []leaderboard.Cents    `json:"amounts_cents"`
	Donors       []int64                `json:"donors"`
	DigestHour   int                    `json:"digest_hour"`
	Thanks       bool                   `json:"thanks"`
}

func describeSpeech(s leaderboard.Speech) speechDocument {
	return speechDocument{
		Silent: s.Silent, Approve: s.Approve, Language: s.Language, Warning: s.Warning, Visibility: s.Visibility, Hashtags: s.Hashtags,
		PerDay: s.PerDay, Gap: s.Gap.String(), Least: s.Least, First: s.First, AmountsCents: s.Amounts, Donors: s.Donors,
		DigestHour: s.DigestHour, Thanks: s.Thanks,
	}
}

func (p *program) saySpeech(s leaderboard.Speech) {
	say := func(what, value string) { p.say("%-12s %s", what, value) }
	yes := map[bool]string{true: "yes", false: "no"}
	say("silent", yes[s.Silent])
	say("approve", yes[s.Approve])
	say("language", s.Language)
	say("warning", orDash(s.Warning))
	visible := string(s.Visibility)
	if s.Visibility != leaderboard.Public {
		visible += " (Bridgy Fed carries only public toots to Bluesky)"
	}
	say("visibility", visible)
	say("hashtags", orDash(strings.Join(s.Hashtags, " ")))
	say("per-day", strconv.Itoa(s.PerDay))
	say("gap", s.Gap.String())
	say("least", strconv.Itoa(s.Least))
	say("first", strconv.Itoa(s.First))
	var amounts, donors []string
	for _, amount := range s.Amounts {
		amounts = append(amounts, amount.String())
	}
	for _, n := range s.Donors {
		donors = append(donors, strconv.FormatInt(n, 10))
	}
	say("amounts", orDash(strings.Join(amounts, " ")))
	say("donors", orDash(strings.Join(donors, " ")))
	digest := fmt.Sprintf("%d (on the drive's clocks)", s.DigestHour)
	if s.DigestHour < 0 {
		digest = "no digest"
	}
	say("digest-hour", digest)
	say("thanks", yes[s.Thanks])
	if len(s.Words) > 0 {
		say("words", fmt.Sprintf("own words for %d kinds of news (bot words list)", len(s.Words)))
	}
}

type botWordsCommands struct {
	List  botWordsList  `cmd:"" default:"withargs" help:"List the words for a drive's news: the organizer's own where there are, else the shipped ones."`
	Set   botWordsSet   `cmd:"" help:"Use own words for a kind of news, in place of those before."`
	Reset botWordsReset `cmd:"" help:"Use the shipped words again."`
}

// kindFlag names a kind of news.
type kindFlag struct {
	Kind string `help:"A kind of news: opened, share, amount, donors, listed, lead, overtake, digest, last-day, last-hour, closed or thanks."`
}

func (k kindFlag) kinds() ([]leaderboard.NewsKind, error) {
	if k.Kind == "" {
		return fedi.Kinds(), nil
	}
	kind := leaderboard.NewsKind(k.Kind)
	if !slices.Contains(fedi.Kinds(), kind) {
		return nil, fmt.Errorf("--kind %q is none; see fedirally bot words --help", k.Kind)
	}
	return []leaderboard.NewsKind{kind}, nil
}

type botWordsList struct {
	whichDrive
	kindFlag
}

func (c *botWordsList) Run(p *program) error {
	kinds, err := c.kinds()
	if err != nil {
		return err
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
		for _, kind := range kinds {
			words, whose := speech.Words[kind], "own"
			if len(words) == 0 {
				words, whose = fedi.ShippedWords(kind), "shipped"
			}
			p.say("%s (%s)   {%s}", kind, whose, strings.Join(fedi.Placeholders(kind), "} {"))
			for i, text := range words {
				p.say("  %d. %s", i+1, strings.ReplaceAll(text, "\n", "\n     "))
			}
			p.say("")
		}
		return nil
	})
}

type botWordsSet struct {
	Slug string   `required:"" name:"slug" help:"The drive."`
	Kind string   `required:"" help:"The kind of news, as bot words list names it."`
	Text []string `arg:"" help:"One or more variants, with placeholders such as {host}. They take turns."`
}

func (c *botWordsSet) Run(p *program) error {
	kinds, err := kindFlag{c.Kind}.kinds()
	if err != nil {
		return err
	}
	s, err := p.readSettings(forBot)
	if err != nil {
		return err
	}
	words := map[leaderboard.NewsKind][]string{kinds[0]: c.Text}
	if err := fedi.CheckWords(words, p.limitsOf(s)); err != nil {
		return err
	}
	return p.withLedger(func(store *ledger.Store) error {
		_, err := store.EditSpeech(p.ctx, c.Slug, func(speech *leaderboard.Speech) error {
			if speech.Words == nil {
				speech.Words = map[leaderboard.NewsKind][]string{}
			}
			speech.Words[kinds[0]] = c.Text
			return nil
		})
		if err != nil {
			return err
		}
		p.say("The bot has %d variants for %q of drive %s.", len(c.Text), c.Kind, c.Slug)
		return nil
	})
}

type botWordsReset struct {
	whichDrive
	kindFlag
}

func (c *botWordsReset) Run(p *program) error {
	kinds, err := c.kinds()
	if err != nil {
		return err
	}
	return p.withLedger(func(store *ledger.Store) error {
		reset := 0
		_, err := store.EditSpeech(p.ctx, c.Slug, func(speech *leaderboard.Speech) error {
			for _, kind := range kinds {
				if _, found := speech.Words[kind]; found {
					delete(speech.Words, kind)
					reset++
				}
			}
			if reset == 0 {
				return errors.New("there are no own words for that")
			}
			return nil
		})
		if err != nil {
			return err
		}
		p.say("The shipped words are used again for %d kinds of news.", reset)
		return nil
	})
}
