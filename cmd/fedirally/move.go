package main

import (
	"errors"
	"fmt"

	"github.com/gofrs/flock"

	"fedirally/leaderboard/ledger"
)

const envMoveTo = "FEDIRALLY_MOVE_TO"

type moveCommand struct {
	To string `help:"postgres://… or sqlite:FILE, empty. Others on this machine can see a command line: leave the password out and set PGPASSWORD, or set FEDIRALLY_MOVE_TO (or FEDIRALLY_MOVE_TO_FILE) instead."`
}

func (c *moveCommand) Run(p *program) error {
	from, err := p.readSettings(forCommands)
	if err != nil {
		return err
	}
	to, err := c.target(p)
	if err != nil {
		return err
	}
	release, err := lockFiles(from.databaseURL, to)
	if err != nil {
		return err
	}
	moved, err := ledger.Move(p.ctx, ledger.Options{URL: from.databaseURL, Secret: from.secret, Now: p.now}, ledger.Options{URL: to},
		func(table string, rows int64) { p.say("%-14s %9d rows", table, rows) })
	if err = errors.Join(err, release()); err != nil {
		return err
	}
	p.say("All %d rows are there as they were, and both sides agree with their %d entries.", moved.Rows, moved.Report.Entries)
	c.sayNext(p, from, to)
	return nil
}

// target is where to move to, by flag or by setting.
func (c *moveCommand) target(p *program) (string, error) {
	r := p.settingsReader()
	set := r.secret(envMoveTo)
	switch {
	case c.To != "" && set != "":
		r.fault("--to and %s are both set, use one of them", envMoveTo)
	case c.To == "" && set == "" && len(r.faults) == 0:
		r.fault("say where to move to, by --to or by %s", envMoveTo)
	case c.To != "":
		set = c.To
	}
	if len(r.faults) == 0 && ledger.CheckURL(set) != nil {
		r.fault("the new address is neither sqlite:FILE nor postgres://…")
	}
	return set, r.verdict()
}

// lockFiles keeps servers off the SQLite files of a move, for as long as it takes.
func lockFiles(addresses ...string) (release func() error, err error) {
	var locks []*flock.Flock
	release = func() error {
		var faults []error
		for _, lock := range locks {
			faults = append(faults, lock.Unlock())
		}
		return errors.Join(faults...)
	}
	for _, address := range addresses {
		file, found := ledger.SQLiteFile(address)
		if !found {
			continue
		}
		lock, err := lockFile(file)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%w: a move is done while no server runs", err), release())
		}
		locks = append(locks, lock)
	}
	return release, nil
}

// sayNext says what is to be set now.
func (c *moveCommand) sayNext(p *program, from settings, to string) {
	p.say("\nNow set %s to the new address:\n    %s", envDatabaseURL, ledger.Place(to))
	if _, isFile := ledger.SQLiteFile(to); !isFile {
		p.say("with its password, where it has one, and keep the secrets, which must be set with PostgreSQL:\n"+
			"    %s, %s and %s", envSecret, envWebhookUser, envWebhookPassword)
		if file, _ := ledger.SQLiteFile(from.databaseURL); exists(secretsFile(file)) {
			p.say("to what stands in %s.", secretsFile(file))
		}
	} else {
		p.say("and keep %s as it is.", envSecret)
	}
	p.say("Then start the server, and run: fedirally audit\n"+
		"Keep %s as a backup under another name. Never start a server on it again: gifts would go astray.", ledger.Place(from.databaseURL))
}
