package main

import (
	"fmt"
	"time"
)

// lookWait is how long ago the last look at an instance may be: all are looked at once a
// day, a few a minute.
const lookWait = 36 * time.Hour

// checkDirectory tells how the looking at instances stands. It asks none of them.
func (d *doctor) checkDirectory() {
	const check = "instances"
	if !d.directory {
		d.note(good, check, "they are not asked what they are ("+envDirectory+"); it takes "+envPublicURL, "")
		return
	}
	if d.ledger == nil || d.ledgerID == "" {
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	l, err := d.ledger.Looked(ctx)
	if err != nil {
		d.fail(check, err, "look at the database")
		return
	}
	found := fmt.Sprintf("%d are asked what they are, %d of them have told, %d did not answer the last time", l.Known, l.Described, l.Failing)
	switch {
	case l.Last.IsZero():
		d.note(good, check, found+"; none was asked yet", "")
	case d.now().Sub(l.Last) > lookWait:
		d.note(warning, check, found+"; the last was asked "+d.ago(l.Last), "look whether the server runs, and at its log")
	case l.Failing > l.Known/2 && l.Failing > 10:
		d.note(warning, check, found, "look whether this machine reaches others by https: fedirally instance look mastodon.social")
	default:
		d.note(good, check, found+"; the last was asked "+d.ago(l.Last), "")
	}
}
