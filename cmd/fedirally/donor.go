package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"fedirally/actblue"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type donorCommands struct {
	Forget donorForget `cmd:"" help:"Remove what is kept of one donor, who is named by an e-mail address on the standard input, or by a gift. Amounts and counts stay."`
}

type donorForget struct {
	LineItem int64 `help:"ActBlue's number of one of the donor's line items, instead of the address."`
	Apply    bool  `help:"Do it; without, only say what would be removed."`
}

func (c *donorForget) Run(p *program) error {
	who := ledger.Subject{LineItem: c.LineItem}
	if c.LineItem == 0 {
		var err error
		if who.Identity, err = p.readDonor(); err != nil {
			return err
		}
	}
	return p.withLedger(func(store *ledger.Store) error {
		forgotten, err := store.Forget(p.ctx, who, mentionIn, c.Apply)
		if errors.Is(err, ledger.ErrNotFound) {
			return errors.New("nothing is kept of such a donor: it was removed before, or there is a typing mistake")
		}
		if err != nil {
			return err
		}
		sayForgotten(p, forgotten)
		return nil
	})
}

// readDonor reads an e-mail address from the standard input: a command line can
// be seen by others, and is kept in the shell's history.
func (p *program) readDonor() (leaderboard.Identity, error) {
	fmt.Fprintln(p.err, "The donor's e-mail address, then Enter:")
	if p.in == nil {
		return leaderboard.Identity{}, errors.New("there is no standard input to read the address from")
	}
	line, err := bufio.NewReader(io.LimitReader(p.in, 1<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return leaderboard.Identity{}, fmt.Errorf("reading the address: %w", err)
	}
	identity, isEmail := actblue.EmailIdentity(line)
	if !isEmail {
		return identity, errors.New("that is no e-mail address")
	}
	return identity, nil
}

// mentionIn tells whom a notice in quarantine is about, as far as it can be read.
func mentionIn(kind leaderboard.NoticeKind, body []byte) ledger.Mention {
	notice, err := actblue.Parse(kind, body)
	if err != nil {
		return ledger.Mention{} // nothing that was JSON when it came
	}
	about := ledger.Mention{Identity: notice.Identity}
	for _, gift := range notice.Gifts {
		about.LineItems = append(about.LineItems, gift.LineItem)
	}
	for _, refund := range notice.Refunds {
		about.LineItems = append(about.LineItems, refund.LineItem)
	}
	for _, aside := range notice.Aside {
		about.LineItems = append(about.LineItems, aside.LineItem)
	}
	return about
}

func sayForgotten(p *program, f ledger.Forgotten) {
	gifts := 0
	for _, slug := range slices.Sorted(maps.Keys(f.Gifts)) {
		place := "outside every drive"
		if slug != "" {
			place = "in " + slug
		}
		p.say("%d gifts %s", f.Gifts[slug], place)
		gifts += f.Gifts[slug]
	}
	p.say("%d gifts in all; the donor's data stands in %d places, with refcodes or a handle of %d gifts, and in %d notices in quarantine.",
		gifts, f.People, f.Clues, f.Quarantined)
	if !f.Applied {
		if f.Quarantined > 0 {
			p.say("What is in quarantine is counted nowhere yet; look at it first: fedirally replay --list")
		}
		p.say("Nothing was changed; run it again with --apply to remove that. Amounts, counts and entries will stay.")
		return
	}
	p.say("That is removed. Amounts, counts and entries stay, and no repeat brings it back; a new gift comes with new data.")
	p.say("Backups that were made before still hold it.")
}
