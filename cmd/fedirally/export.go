package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type exportCommands struct {
	Standings exportStandings `cmd:"" help:"Every instance of a drive, listed or not."`
	Entries   exportEntries   `cmd:"" help:"Every entry of a drive."`
}

type exportStandings struct {
	Drive string `required:"" help:"The drive."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

type standingDocument struct {
	Host        string `json:"host"`
	RaisedCents int64  `json:"raised_cents"`
	Donors      int64  `json:"donors"`
	Gifts       int64  `json:"gifts"`
	Listed      bool   `json:"listed"`
}

type standingsDocument struct {
	Drive             string             `json:"drive"`
	RaisedCents       int64              `json:"raised_cents"`
	Donors            int64              `json:"donors"`
	Gifts             int64              `json:"gifts"`
	Standings         []standingDocument `json:"standings"`
	UnattributedCents int64              `json:"unattributed_cents"`
}

func (c *exportStandings) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		hosts, total, unattributed, err := store.Standings(p.ctx, c.Drive)
		if err != nil {
			return err
		}
		document := standingsDocument{
			Drive: c.Drive, RaisedCents: int64(total.Raised), Donors: total.Donors, Gifts: total.Gifts,
			Standings: []standingDocument{}, UnattributedCents: int64(unattributed.Raised),
		}
		for _, s := range hosts {
			document.Standings = append(document.Standings,
				standingDocument{string(s.Host), int64(s.Raised), s.Donors, s.Gifts, s.Listed})
		}
		if c.JSON {
			return p.printJSON(document)
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "HOST\tRAISED\tDONORS\tGIFTS\tLISTED")
		for _, s := range hosts {
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%t\n", s.Host, s.Raised, s.Donors, s.Gifts, s.Listed)
		}
		fmt.Fprintf(table, "(unattributed)\t%s\t%d\t%d\t\n", unattributed.Raised, unattributed.Donors, unattributed.Gifts)
		fmt.Fprintf(table, "(the whole drive)\t%s\t%d\t%d\t\n", total.Raised, total.Donors, total.Gifts)
		return table.Flush()
	})
}

type exportEntries struct {
	Drive string `required:"" help:"The drive."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// entryDocument is an entry without the donor: not even the donor's number, by
// which gifts could be told to be one person's.
type entryDocument struct {
	Seq         int64  `json:"seq"`
	Key         string `json:"key"`
	Kind        string `json:"kind"`
	Host        string `json:"host"`
	Cents       int64  `json:"cents"`
	AmountCents int64  `json:"amount_cents"`
	Form        string `json:"form,omitempty"`
	Entity      int64  `json:"entity,omitempty"`
	PaidAt      string `json:"paid_at,omitempty"`
	EventAt     string `json:"event_at"`
	RecordedAt  string `json:"recorded_at"`
	Evidence    string `json:"evidence"`
	FromHost    string `json:"from_host,omitempty"`
	Leaves      bool   `json:"leaves_drive,omitempty"`
	Enters      bool   `json:"enters_drive,omitempty"`
	By          string `json:"by,omitempty"`
	Why         string `json:"why,omitempty"`
	Review      string `json:"review,omitempty"`
}

func (c *exportEntries) Run(p *program) error {
	return p.withLedger(func(store *ledger.Store) error {
		drive, err := store.Drive(p.ctx, c.Drive)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printJSON(p, store, drive)
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "SEQ\tKEY\tHOST\tEFFECT\tPAID\tEVIDENCE\tREVIEW")
		err = store.Entries(p.ctx, c.Drive, func(e leaderboard.Entry) error {
			_, err := fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n",
				e.Seq, e.Key, orDash(string(e.Host)), e.Cents, orDash(stamp(e.Paid)), e.Evidence, e.Review)
			return err
		})
		if err != nil {
			return err
		}
		return table.Flush()
	})
}

// printJSON writes one entry a line, so that a long ledger needs no memory.
func (c *exportEntries) printJSON(p *program, store *ledger.Store, drive leaderboard.Drive) error {
	list := jsonStream{out: p.out}
	if err := list.open("entries"); err != nil {
		return err
	}
	err := store.Entries(p.ctx, c.Drive, func(e leaderboard.Entry) error {
		moved := e.Kind == leaderboard.Moved
		return list.add(entryDocument{
			Seq: e.Seq, Key: e.Key, Kind: string(e.Kind), Host: string(e.Host), Cents: int64(e.Cents),
			AmountCents: int64(e.Amount), Form: e.Form, Entity: e.Entity,
			PaidAt: stamp(e.Paid), EventAt: stamp(e.Event), RecordedAt: stamp(e.Recorded),
			Evidence: e.Evidence.String(), FromHost: string(e.FromHost),
			Leaves: moved && e.Drive != drive.ID, Enters: moved && e.FromDrive != drive.ID,
			By: e.By, Why: e.Why, Review: e.Review,
		})
	})
	if err != nil {
		return err
	}
	return list.close()
}

func stamp(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
}
