package main

import (
	"errors"

	"fedirally/leaderboard/ledger"
)

type secretCommands struct {
	Rotate secretRotate `cmd:"" help:"Seal everything anew with the secret in FEDIRALLY_NEW_SECRET (or FEDIRALLY_NEW_SECRET_FILE)."`
	Lost   secretLost   `cmd:"" help:"Go on with a new FEDIRALLY_SECRET after the old one was lost. Donors' data is removed, the ledger stays."`
}

const envNewSecret = "FEDIRALLY_NEW_SECRET" //nolint:gosec // the name of a setting, not its value

type secretRotate struct{}

func (secretRotate) Run(p *program) error {
	r := p.settingsReader()
	next := r.secret(envNewSecret)
	r.missing(envNewSecret, next == "" && len(r.faults) == 0, "the new secret, for example from: openssl rand -base64 32")
	if err := r.verdict(); err != nil {
		return err
	}
	return p.withLedger(func(store *ledger.Store) error {
		rows, err := store.Rotate(p.ctx, []byte(next))
		if err != nil {
			return err
		}
		p.say("%d rows are sealed anew. Put the new secret in the place of the old %s now, in the environment or in the\n"+
			"file beside the database, and restart the server: it records nothing until then, and ActBlue sends again.", rows, envSecret)
		return nil
	})
}

type secretLost struct {
	Accept bool `help:"Yes, remove all donors' names, addresses, handles and refcodes, and what is in quarantine."`
}

func (c *secretLost) Run(p *program) error {
	if !c.Accept {
		return errors.New("this removes all donors' names, addresses, handles and refcodes, and what is in quarantine, for good; " +
			"amounts, counts and standings stay. Add --accept if the secret is truly lost")
	}
	s, err := p.readSettings(forCommands)
	if err != nil {
		return err
	}
	if err := ledger.Lose(p.ctx, ledger.Options{URL: s.databaseURL, Secret: s.secret}); err != nil {
		return err
	}
	p.say("The database goes on with the new %s. Restart the server, and run: fedirally audit", envSecret)
	return nil
}
