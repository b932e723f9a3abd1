package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"fedirally/actblue"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// quietTime is after how long without a gift to a live drive it is worth a look
// whether ActBlue still sends.
const quietTime = 48 * time.Hour

// checkArrivals tells when a notice of each kind last came in.
func (d *doctor) checkArrivals() {
	if d.ledger == nil {
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	arrivals, err := d.ledger.Arrivals(ctx)
	if err != nil {
		d.fail("notices", err, "look at the database")
		return
	}
	live := d.live()
	for _, kind := range noticeKinds() {
		last := arrivals.Last[kind]
		result, found, consult := good, "none has come yet", ""
		if !last.IsZero() {
			found = "the last came " + d.ago(last)
		}
		if kind == leaderboard.Contributions && live > 0 && d.now().Sub(last) > quietTime {
			result, consult = warning, "a drive is open: look at the webhooks at ActBlue, and try them with --send-test"
		} else if last.IsZero() {
			consult = "look whether it is registered at ActBlue; --send-test tries the way"
		}
		d.note(result, "notices of "+string(kind), found, consult)
	}
	if !arrivals.Aside.IsZero() {
		d.note(good, "tests and declined payments", "the last was set aside "+d.ago(arrivals.Aside), "")
	}
	if ahead := arrivals.Newest.Sub(d.now()); ahead > someSkew {
		d.note(failure, "clock against the ledger's", "the last entry was written "+lengthOf(ahead)+" from now", setClocks)
	}
}

// ago writes how long ago something was.
func (d *doctor) ago(at time.Time) string {
	passed := d.now().Sub(at)
	if passed < 0 {
		return "in the future"
	}
	return lengthOf(passed) + " ago (" + at.UTC().Format(time.RFC3339) + ")"
}

// lengthOf writes a length of time in one unit.
func lengthOf(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}} {
		if d >= 2*unit.length {
			return fmt.Sprintf("%d %s", d/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", d/time.Second)
}

// live is how many drives are open; 0 where that cannot be read.
func (d *doctor) live() (n int) {
	ctx, cancel := d.asking()
	defer cancel()
	drives, err := d.ledger.Drives(ctx)
	if err != nil {
		return 0
	}
	for _, drive := range drives {
		if drive.State(d.now()) == leaderboard.Live {
			n++
		}
	}
	return n
}

// checkDrives tells which drives are open and when they end.
func (d *doctor) checkDrives() {
	const check = "drives"
	if d.ledger == nil {
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	drives, err := d.ledger.Drives(ctx)
	if err != nil {
		d.fail(check, err, "look at the database")
		return
	}
	for _, drive := range drives {
		switch drive.State(d.now()) {
		case leaderboard.Live:
			text := drive.Slug + " is open, with no end set"
			if !drive.End.IsZero() {
				text = fmt.Sprintf("%s is open and ends in %s, at %s", drive.Slug, lengthOf(drive.End.Sub(d.now())), drive.End.In(drive.Zone).Format(time.RFC3339))
			}
			d.note(good, check, text, "")
		case leaderboard.Upcoming:
			d.note(good, check, fmt.Sprintf("%s starts in %s", drive.Slug, lengthOf(drive.Start.Sub(d.now()))), "")
		case leaderboard.Closed:
		}
	}
	if d.live() == 0 {
		d.note(warning, check, "none is open; gifts are kept, and count for no drive", "open one: fedirally drive add")
	}
}

// checkWaiting tells what waits for a person.
func (d *doctor) checkWaiting() {
	if d.ledger == nil {
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	w, err := d.ledger.Waiting(ctx)
	if err != nil {
		d.fail("quarantine", err, "look at the database")
		return
	}
	if w.Quarantined == 0 {
		d.note(good, "quarantine", "empty", "")
	} else {
		left := max(w.Oldest.Add(ledger.QuarantineKept).Sub(d.now()), 0)
		d.note(warning, "quarantine", fmt.Sprintf("%d notices wait, the oldest since %s", w.Quarantined, d.ago(w.Oldest)),
			"look at them (fedirally replay --list): the oldest is removed in "+lengthOf(left))
	}
	found, consult := "none", ""
	if w.Review > 0 {
		found, consult = strconv.FormatInt(w.Review, 10), `they are counted; see "review" in: fedirally export entries --json`
	}
	d.note(good, "entries that ask for a look", found, consult)
}

// sendTests sends a trial notice of each kind the whole way, and looks for it in
// the ledger.
func (d *doctor) sendTests() {
	check := func(kind leaderboard.NoticeKind) string { return "trial notice of " + string(kind) }
	for _, kind := range noticeKinds() {
		switch {
		case d.reached == "":
			d.note(failure, check(kind), "there is no server to send it to", "see above")
		case d.webhookPassword == "":
			d.note(failure, check(kind), "there are no user name and password to send", "set "+envWebhookUser+" and "+envWebhookPassword)
		case !mayHear(d.reached):
			d.note(failure, check(kind), "it was not sent, since others could read the password on the way", "use https")
		default:
			d.sendOne(kind, check(kind))
		}
	}
}

func (d *doctor) sendOne(kind leaderboard.NoticeKind, check string) {
	order := actblue.TrialOrder(rand.Text())
	body, err := actblue.Trial(kind, order, d.now())
	if err != nil {
		d.fail(check, err, "")
		return
	}
	address := d.reached + actblue.WebhookPath + string(kind)
	got, err := d.ask(http.MethodPost, address, string(body), d.webhookPassword)
	if err != nil {
		d.note(failure, check, address+": "+unreachable(err), "look at the proxy and at the server's log")
		return
	}
	said := strconv.Quote(string(got.body[:min(len(got.body), 200)])) // whatever it is that answers there
	var counted struct{ Recorded, Known, Quarantined int }
	switch err := json.Unmarshal(got.body, &counted); {
	case got.status != http.StatusOK:
		d.note(failure, check, fmt.Sprintf("%s answered %d: %s", address, got.status, said), "look at the proxy and at the server's log")
		return
	case err != nil || counted.Recorded+counted.Known+counted.Quarantined != 0:
		d.note(failure, check, fmt.Sprintf("%s answered as this server would not: %s", address, said), "look where the proxy leads")
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	if d.ledger == nil {
		d.note(warning, check, "accepted, and whether it is on disk cannot be seen", "")
		return
	}
	found, err := d.ledger.HasAside(ctx, order)
	switch {
	case err != nil:
		d.fail(check, err, "look at the database")
	case !found:
		d.note(failure, check, "accepted, and not to be found in this ledger", "look where the proxy leads, and at "+envDatabaseURL)
	default:
		d.note(good, check, "sent to "+address+", accepted, and set aside on disk; it counts for nothing", "")
	}
}
