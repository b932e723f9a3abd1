package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"fedirally/leaderboard/ledger"
)

type doctorCommand struct {
	JSON     bool          `name:"json" help:"Print JSON."`
	Wait     time.Duration `default:"10s" help:"How long to wait for each answer."`
	SendTest bool          `help:"Send a trial notice of each kind to the server's webhooks, with the real user name and password. It counts for nothing."`
}

// verdict is what the doctor thinks of something.
type verdict string

const (
	good    verdict = "ok"
	warning verdict = "warning"
	failure verdict = "failure"
)

// finding is one line of the doctor's. No secret and no donor is in it.
type finding struct {
	Check   string  `json:"check"`
	Result  verdict `json:"result"`
	Found   string  `json:"found"`
	Consult string  `json:"do,omitempty"`
}

// doctorDocument is all of it as JSON.
type doctorDocument struct {
	OK     bool      `json:"ok"`
	At     time.Time `json:"at"`
	Build  build     `json:"build"`
	Checks []finding `json:"checks"`
}

// longTime is how long the look through a whole database may take.
const longTime = 5 * time.Minute

// doctor looks at one thing after the other. What it learns of one is there for
// the next.
type doctor struct {
	*program
	settings
	findings []finding
	sendTest bool
	// wait is how long any one question may take.
	wait time.Duration

	// ledger is the database; nil if it cannot be looked at, or is still empty.
	ledger *ledger.Inspection
	// ledgerID is empty where that is not known.
	ledgerID string
	// beside is the server at the admin address; nil if there is none.
	beside *serverBeside
	// reached is the address at which this ledger's server answers.
	reached string
}

func (c *doctorCommand) Run(p *program) error {
	d := &doctor{program: p, sendTest: c.SendTest, wait: c.Wait}
	if err := d.examine(); err != nil {
		return err
	}
	document := doctorDocument{OK: d.count(failure) == 0, At: p.now().UTC(), Build: readBuild(debug.ReadBuildInfo()), Checks: d.findings}
	if c.JSON {
		if err := p.printJSON(document); err != nil {
			return err
		}
	} else {
		d.print()
	}
	if !document.OK {
		return errSaid
	}
	return nil
}

func (d *doctor) examine() error {
	d.checkSettings()
	d.checkFiles()
	if err := d.withDatabase(func() {
		d.checkDatabase()
		d.checkAdmin()
		d.checkRedis()
		d.checkRanking()
		d.checkDescriptors()
		d.checkDisk()
		d.checkPublic()
		d.checkLocal()
		d.checkArrivals()
		d.checkDrives()
		d.checkWaiting()
		d.checkBot()
		d.checkDirectory()
		if d.sendTest {
			d.sendTests()
		}
	}); err != nil {
		return err
	}
	d.note(good, "backup", "when the last one was made is not known here",
		"make one every day (fedirally backup, or pg_dump), keep it on another machine, and try once to restore it")
	return nil
}

// withDatabase has the database open for the length of the looking.
func (d *doctor) withDatabase(look func()) error {
	d.openDatabase()
	look()
	if d.ledger == nil {
		return nil
	}
	if err := d.ledger.Close(); err != nil {
		return fmt.Errorf("closing the database: %w", err)
	}
	return nil
}

// note writes down what was found, and what to do about it.
func (d *doctor) note(result verdict, check, found, consult string) {
	d.findings = append(d.findings, finding{check, result, found, consult})
}

// fail notes an error that kept a check from being made. What can be said of that
// very error is better advice than what fits any.
func (d *doctor) fail(check string, err error, consult string) {
	consult = cmp.Or(adviceOn(err), consult)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("no answer in time")
	}
	d.note(failure, check, strings.ReplaceAll(err.Error(), "\n", "; "), consult)
}

// asking is the context of one question.
func (d *doctor) asking() (context.Context, context.CancelFunc) {
	return context.WithTimeout(d.ctx, d.wait)
}

func (d *doctor) count(result verdict) (n int) {
	for _, f := range d.findings {
		if f.Result == result {
			n++
		}
	}
	return n
}

func (d *doctor) print() {
	for _, f := range d.findings {
		d.say("%-8s %s: %s", f.Result, f.Check, f.Found)
		if f.Consult != "" {
			d.say("         → %s", f.Consult)
		}
	}
	d.say("%d ok, %d warnings, %d failures.", d.count(good), d.count(warning), d.count(failure))
}
