package simtest

import (
	"fmt"
	"net/http"
	"time"

	"fedirally/leaderboard/ledger"
)

// finish lifts every trouble, delivers everything again, and holds all that there is
// against what must be.
func (s *simulation) finish() {
	s.say("everything is well from here on")
	s.clock.turn(-s.ahead)
	s.ahead, s.habits.lossy, s.mishaps, s.calm = 0, 0, nil, true
	if s.shared != nil {
		s.shared.awayUntil = 0
	}
	for _, p := range s.everybody() {
		p.awayUntil = 0
		if !p.up {
			s.check(p.start(), "%s does not start, and nothing is wrong", p.name)
		}
	}
	s.deliverAll("in the end")
	s.sumUp()
	s.agree("in the end")
	if s.fault != nil {
		return
	}
	if s.chance(0.5) {
		s.nothingNew()
	}
	if s.chance(0.25) {
		s.forget()
	}
}

// sumUp enters into the story what stands in the database, sealed data included: two
// runs of one number have the same to the byte.
func (s *simulation) sumUp() {
	for _, table := range []string{
		"head", "drives", "instances", "aliases", "entries", "credits", "clues", "donors", "donor_net", "balances", "published",
		"quarantine", "aside", "cancellations", "changes",
	} {
		for _, row := range s.disk.see("SELECT * FROM " + table + " ORDER BY 1, 2") {
			fmt.Fprintln(s.story.hash, table, row)
		}
	}
	s.say("the ledger sums up to %x", s.story.hash.Sum64())
}

// deliverAll posts every letter, those that were forgotten among them, in some order.
func (s *simulation) deliverAll(when string) {
	for _, i := range s.rng.Perm(len(s.post.letters)) {
		l, p := s.post.letters[i], pickOf(s.rng, s.servers)
		if s.fault != nil {
			return
		}
		p.hit, p.troubled = false, false
		l.never, l.answered = false, false
		s.deliver(p, l)
		s.check(l.answered, "%s: %s was not acknowledged, and nothing is wrong", when, l)
	}
	for range 2 {
		_, _ = replayAll(s, s.desk)
	}
}

// agree lets all come to rest, and holds ledger, audit and boards against the present.
func (s *simulation) agree(when string) {
	s.clock.turn(2 * time.Hour) // past the next clock step of every drive
	for _, p := range s.servers {
		err := p.publish()
		s.check(err == nil, "%s: publishing: %v", when, err)
	}
	for _, p := range s.servers {
		if s.fault != nil {
			return
		}
		s.checkLedger(p.store, when)
		p.troubled = false
		s.lookClosely(p)
		report, err := p.store.Audit(s.ctx, p.standings.Held)
		s.check(err == nil && report.Count == 0 && len(report.Notes) == 0, "%s: the audit finds %v, notes %v: %v", when, report.Differences, report.Notes, err)
		for _, d := range s.history.now().drives {
			late := s.clock.now().Sub(d.Published)
			s.check(d.PublishEvery == 0 || late >= 0 && late <= d.PublishEvery+time.Hour, "%s: %s was published %s ago, and is to be every %s", when, d.Slug, late, d.PublishEvery)
			s.lookAtPages(p, d)
		}
	}
	for _, l := range s.post.letters {
		s.checkAcknowledged(l)
	}
}

// lookAtPages looks at the pages of people.
func (s *simulation) lookAtPages(p *process, d driveFile) {
	for _, target := range []string{"/", "/drives/" + d.Slug, "/drives/" + d.Slug + "/instances/" + string(s.anyHost())} {
		r, _ := http.NewRequest(http.MethodGet, target, nil)
		answer := p.serve(r)
		s.check(answer.Code == http.StatusOK, "%s of %s: %d", target, p.name, answer.Code)
	}
}

// nothingNew delivers everything once more, and makes balances and rankings anew:
// nothing may come of it.
func (s *simulation) nothingNew() {
	p := pickOf(s.rng, s.servers)
	before, err := p.store.Head(s.ctx)
	s.check(err == nil, "reading the head: %v", err)
	for _, l := range s.post.letters {
		s.deliver(p, l)
	}
	after, err := p.store.Head(s.ctx)
	s.check(err == nil && before == after, "everything was on the books, and version %d became %d", before, after)
	_, err = rebuildBooks(s, s.desk)
	s.check(err == nil, "rebuilding: %v", err)
	s.rebuildRanking(p)
	s.agree("after a rebuild")
}

// forget lets the time pass for which personal data is kept. Nothing of it is left
// then, and all figures are the same.
func (s *simulation) forget() {
	s.clock.turn(400 * 24 * time.Hour)
	p := pickOf(s.rng, s.servers)
	_, err := p.store.Purge(s.ctx, ledger.DefaultRetention())
	s.check(err == nil, "purging: %v", err)
	_, err = p.store.Expire(s.ctx)
	s.check(err == nil, "expiring: %v", err)
	for _, query := range []string{
		"SELECT id FROM donors WHERE anonymous = 0 AND (tag IS NOT NULL OR sealed IS NOT NULL)",
		"SELECT line_item FROM clues", "SELECT id FROM quarantine",
	} {
		rows, err := s.disk.ask(query)
		s.check(err == nil && len(rows) == 0, "after everything was purged, %q gives %v, %v", query, rows, err)
	}
	s.deliverAll("after a purge")
	s.agree("after a purge")
}
