package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"fedirally/leaderboard/ledger"
)

// openDatabase opens the database to be looked at, without a change to it.
func (d *doctor) openDatabase() {
	if ledger.CheckURL(d.databaseURL) != nil {
		return // said with the settings
	}
	const check = "database"
	ctx, cancel := d.asking()
	defer cancel()
	opened, err := ledger.Inspect(ctx, ledger.Options{URL: d.databaseURL, Secret: d.secret, Now: d.now})
	switch _, isFile := ledger.SQLiteFile(d.databaseURL); {
	case errors.Is(err, fs.ErrNotExist):
		d.note(warning, check, "there is none yet at "+ledger.Place(d.databaseURL), "the first start of the server makes it")
		return
	case err != nil && isFile:
		d.fail(check, err, "look whether the file can be read and written by this user, and is a ledger's")
		return
	case err != nil:
		d.fail(check, err, "look whether the database server runs, and whether "+envDatabaseURL+" is right")
		return
	}
	d.ledger = opened
	software, err := opened.Software(ctx)
	if err != nil {
		d.fail(check, err, "look at the database server's log")
		return
	}
	d.note(good, check, software+" at "+ledger.Place(d.databaseURL), "")
}

func (d *doctor) checkDatabase() {
	if d.ledger == nil {
		return
	}
	d.checkReadings()
	d.checkConnections()
	d.checkWritable()
	d.checkIntact()
	if !d.checkSchema() {
		_ = d.ledger.Close() // nothing was written
		d.ledger = nil
		return
	}
	d.checkKeys()
	d.checkDatabaseClock()
}

// checkReadings reads back what durability rests on.
func (d *doctor) checkReadings() {
	const check = "database settings"
	ctx, cancel := d.asking()
	defer cancel()
	readings, err := d.ledger.Readings(ctx)
	if err != nil {
		d.fail(check, err, "look at the database server's log")
		return
	}
	var texts []string
	wrong := 0
	for _, r := range readings {
		texts = append(texts, r.Name+"="+r.Value)
		if !r.Good {
			wrong++
			d.note(failure, check, fmt.Sprintf("%s is %s, and has to be %s", r.Name, r.Value, r.Want),
				"set it right: the server does not start like this, or a power failure could take gifts with it")
		}
	}
	if wrong == 0 {
		d.note(good, check, strings.Join(texts, ", "), "")
	}
}

func (d *doctor) checkConnections() {
	const check = "database connections"
	ctx, cancel := d.asking()
	defer cancel()
	used, most, err := d.ledger.Connections(ctx)
	switch {
	case err != nil:
		d.fail(check, err, "look at the database server's log")
	case most == 0: // SQLite
	case most-used < ledger.ConnectionsOfAServer:
		d.note(warning, check, fmt.Sprintf("%d of %d are in use, one server wants %d", used, most, ledger.ConnectionsOfAServer),
			"raise max_connections of PostgreSQL, or end what holds them")
	default:
		d.note(good, check, fmt.Sprintf("%d of %d are in use", used, most), "")
	}
}

func (d *doctor) checkWritable() {
	const check = "database can be written"
	ctx, cancel := d.asking()
	defer cancel()
	if err := d.ledger.Writable(ctx); err != nil {
		d.fail(check, err, "run this as the server's user; look at the rights of the file and its folder, at the disk, and whether the file system is read-only")
		return
	}
	d.note(good, check, "yes", "")
}

func (d *doctor) checkIntact() {
	if _, isFile := ledger.SQLiteFile(d.databaseURL); !isFile {
		return
	}
	const check = "database file"
	ctx, cancel := context.WithTimeout(d.ctx, longTime)
	defer cancel()
	if err := d.ledger.Intact(ctx); err != nil {
		d.fail(check, err, "the file is damaged: stop the server, keep the file as it is, and restore the last backup")
		return
	}
	d.note(good, check, "quick_check finds nothing wrong", "")
}

// checkSchema reports whether the database has what the other checks read.
func (d *doctor) checkSchema() bool {
	const check = "database schema"
	ctx, cancel := d.asking()
	defer cancel()
	have, want, err := d.ledger.Schema(ctx)
	switch {
	case err != nil:
		d.fail(check, err, "look at the database server's log")
	case have == 0:
		d.note(warning, check, "the database is empty", "the first start of the server fills it")
	case have < want:
		d.note(warning, check, fmt.Sprintf("step %d of %d", have, want), "make a backup; the next start of the server brings it up to date")
		return have > 0
	case have > want:
		d.note(failure, check, fmt.Sprintf("step %d, and this program knows %d", have, want), "use the program that the server runs, or a newer one")
	default:
		d.note(good, check, fmt.Sprintf("step %d of %d", have, want), "")
		return true
	}
	return false
}

func (d *doctor) checkKeys() {
	const check = "secret"
	ctx, cancel := d.asking()
	defer cancel()
	id, err := d.ledger.Keys(ctx)
	d.ledgerID = id
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		d.note(failure, check, "none to try on this database", "set "+envSecret+" to the one that the database was made with")
	case errors.Is(err, ledger.ErrWrongSecret):
		d.note(failure, check, "it is not the one that this database was made with",
			"find the right one in a backup of the secret; if it is lost for good: fedirally secret lost")
	case err != nil:
		d.fail(check, err, "restore a backup of the database, or find out who changed its keyring")
	default:
		d.note(good, check, "it opens this database", "")
	}
}

// Clocks that differ by more than these are worth a word, and a mistake.
const (
	someSkew  = 2 * time.Second
	muchSkew  = time.Minute
	setClocks = "set the clocks by NTP (timedatectl set-ntp true)"
)

func (d *doctor) checkDatabaseClock() {
	const check = "clock against the database's"
	ctx, cancel := d.asking()
	defer cancel()
	before := d.now()
	theirs, has, err := d.ledger.Clock(ctx)
	switch {
	case err != nil:
		d.fail(check, err, "look at the database server's log")
	case has:
		d.noteSkew(check, theirs, before, d.now())
	}
}

// noteSkew judges a clock that was read between two moments of ours. What passed
// between them is held against neither.
func (d *doctor) noteSkew(check string, theirs, before, after time.Time) {
	var skew time.Duration
	switch {
	case theirs.Before(before):
		skew = theirs.Sub(before)
	case theirs.After(after):
		skew = theirs.Sub(after)
	}
	apart := skew.Abs().Round(time.Millisecond)
	text := fmt.Sprintf("this machine's is %s behind", apart)
	if skew < 0 {
		text = fmt.Sprintf("this machine's is %s ahead", apart)
	}
	switch {
	case apart > muchSkew:
		d.note(failure, check, text, setClocks)
	case apart > someSkew:
		d.note(warning, check, text, setClocks)
	default:
		d.note(good, check, "they agree", "")
	}
}
