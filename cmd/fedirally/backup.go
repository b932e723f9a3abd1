package main

import (
	"errors"
	"fmt"
	"io/fs"

	"fedirally/leaderboard/ledger"
)

type backupCommand struct {
	File  string `arg:"" help:"Where the copy goes."`
	Force bool   `help:"Replace the file if it is there."`
	Check bool   `help:"Read the whole copy and audit it."`
}

func (c *backupCommand) Run(p *program) error {
	address, err := p.readDatabaseURL()
	if err != nil {
		return err
	}
	made, err := ledger.MakeBackup(p.ctx, address, c.File, ledger.BackupOptions{Replace: c.Force, Check: c.Check})
	switch {
	case errors.Is(err, ledger.ErrNotSQLite):
		return c.pointToDump(p, address)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w; add --force to replace it", err)
	case err != nil:
		return err
	}
	p.say("%s holds the ledger up to entry %d, %d bytes.", c.File, made.Entries, made.Bytes)
	secret := envSecret
	if database, _ := ledger.SQLiteFile(address); exists(secretsFile(database)) {
		secret = secretsFile(database)
	}
	p.say("The secret is not in it. Keep a copy of %s in another place:\n"+
		"without it nobody can read the donors' data in the copy, and whoever has both can.", secret)
	if made.Report == nil {
		return nil
	}
	p.say("The audit of the copy:")
	sayReport(p, *made.Report)
	if made.Report.Count > 0 {
		return errSaid
	}
	return nil
}

// pointToDump says how PostgreSQL is backed up. That is no success: there is no copy.
func (c *backupCommand) pointToDump(p *program, address string) error {
	command, err := ledger.DumpCommand(address, c.File)
	if err != nil {
		return err
	}
	p.say("Nothing was copied. PostgreSQL is backed up by its own program, also while servers run:\n\n    %s\n\n"+
		"and restored into an empty database by: pg_restore --no-owner -d …\n"+
		"%s is not in it: keep a copy of the secret in another place.", command, envSecret)
	return errSaid
}
