package main

import (
	"fmt"
	"time"

	"fedirally/fedi"
)

// tootWait is how long a toot may wait to be posted before it is worth a look.
const tootWait = time.Hour

// checkBot looks at the bot's account and at its outbox. It posts nothing.
func (d *doctor) checkBot() {
	if !d.hasBot() {
		d.note(good, "bot", "there is none; set "+envMastodonServer+" and "+envMastodonToken+" for one", "")
		return
	}
	client, err := d.botClient(d.now)
	if err != nil {
		d.fail("bot", err, "mend the settings")
		return
	}
	var contacts []string
	ctx, cancel := d.asking()
	defer cancel()
	if d.ledger != nil {
		drives, err := d.ledger.Drives(ctx)
		if err != nil {
			d.fail("bot", err, "look at the database")
			return
		}
		for _, drive := range drives {
			contacts = append(contacts, drive.Contact)
		}
	}
	results := map[fedi.Level]verdict{fedi.Fine: good, fedi.Advice: warning, fedi.Fault: failure}
	for _, f := range fedi.Check(ctx, client, fedi.Wants{Contacts: contacts, Follows: d.letFollowAfter >= 0}) {
		d.note(results[f.Level], "bot's "+f.Subject, f.Says, f.Do)
	}
	d.checkToots()
}

// checkToots tells how the toot outbox stands.
func (d *doctor) checkToots() {
	const check = "toots"
	if d.ledger == nil || d.ledgerID == "" {
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	o, err := d.ledger.Outbox(ctx)
	if err != nil {
		d.fail(check, err, "look at the database")
		return
	}
	found := fmt.Sprintf("%d posted, %d to be posted, %d wait for approval, %d dropped", o.Posted, o.Ready, o.Held, o.Dropped)
	if !o.LastPosted.IsZero() {
		found += "; the last was posted " + d.ago(o.LastPosted)
	}
	switch {
	case o.Ready > 0 && d.now().Sub(o.OldestReady) > tootWait:
		d.note(warning, check, found, "the first has waited for more than an hour: fedirally bot outbox says why")
	case o.Held > 0:
		d.note(good, check, found, "approve or drop what is held: fedirally bot outbox --state held --text")
	default:
		d.note(good, check, found, "")
	}
}
