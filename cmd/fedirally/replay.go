package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"fedirally/actblue"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type replayCommand struct {
	ID      []int64 `arg:"" optional:"" name:"id" help:"Quarantined notices; without any, all of them."`
	List    bool    `xor:"what" help:"Only list what is in quarantine, and why."`
	Show    bool    `xor:"what" help:"Print the content of the notices. It is personal data."`
	Dismiss bool    `xor:"what" help:"Remove the notices for good."`
}

func (c *replayCommand) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		quarantined, err := store.Quarantine(p.ctx)
		if err != nil {
			return err
		}
		if c.List {
			return listQuarantine(p, quarantined)
		}
		ids := c.ID
		switch {
		case len(ids) > 0:
		case c.Dismiss || c.Show:
			return errors.New("name the notices")
		default:
			for _, q := range quarantined {
				ids = append(ids, q.ID)
			}
		}
		for _, id := range ids {
			if err := c.one(p, store, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *replayCommand) one(p *program, store *ledger.Store, id int64) error {
	if c.Dismiss {
		if err := store.Dismiss(p.ctx, id); err != nil {
			return err
		}
		p.say("%d is dismissed.", id)
		return nil
	}
	kind, body, identity, digest, err := store.QuarantinedBody(p.ctx, id)
	if err != nil {
		return err
	}
	if c.Show {
		p.say("%d %s\n%s", id, kind, body)
		return nil
	}
	return p.replay(store, id, kind, body, identity, digest)
}

// replay takes a quarantined notice in again, with the program and the ledger
// as they are now. If nothing is wrong with it any more it leaves quarantine.
func (p *program) replay(store *ledger.Store, id int64, kind leaderboard.NoticeKind, body []byte,
	identity leaderboard.Identity, digest [32]byte,
) error {
	notice, err := actblue.Parse(kind, body)
	if err != nil {
		return fmt.Errorf("notice %d: %w", id, err)
	}
	// The body was stripped of the zip code, which the identity may rest on; and
	// the notice keeps the digest of the body as it came, so that it stays one.
	notice.Digest = digest
	if identity.Tag != "" {
		notice.Identity = identity
		for i := range notice.Gifts {
			notice.Gifts[i].Identity = identity
		}
	}
	receipt, err := store.Record(p.ctx, notice)
	if err != nil {
		return fmt.Errorf("notice %d: %w", id, err)
	}
	if receipt.Quarantined > 0 {
		p.say("%d stays in quarantine: %d recorded, %d known, %d cannot be used.", id, receipt.Recorded, receipt.Known, receipt.Quarantined)
		return nil
	}
	if err := store.Dismiss(p.ctx, id); err != nil {
		return err
	}
	p.say("%d leaves quarantine: %d recorded, %d known, %d set aside.", id, receipt.Recorded, receipt.Known, receipt.SetAside)
	return nil
}

func listQuarantine(p *program, quarantined []ledger.Quarantined) error {
	if len(quarantined) == 0 {
		p.say("The quarantine is empty.")
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tRECEIVED\tKIND\tWHY")
	for _, q := range quarantined {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", q.ID, q.Received.Format(time.RFC3339), q.Kind, q.Reason)
	}
	return table.Flush()
}
