package simtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// letter is a notice that ActBlue has to deliver.
type letter struct {
	number int
	notice actbluetest.Notice
	// due is when it is posted next; never, if ActBlue forgets it until the end.
	due   time.Time
	never bool
	// answered: ActBlue has heard 200. acknowledged: somebody has said so, and the
	// ledger of today has to know it.
	answered, acknowledged bool
	// claims are how many claims were counted of it in each way when it was booked.
	claims leaderboard.Receipt
}

// post is ActBlue: what it still has to deliver, and what it has delivered.
type post struct {
	letters  []*letter
	byDigest map[[sha256.Size]byte]*letter
}

func newPost(race *actbluetest.Race) *post {
	p := &post{byDigest: map[[sha256.Size]byte]*letter{}}
	add := func(d actbluetest.Delivery, never bool) {
		l := &letter{number: len(p.letters), notice: d.Notice, due: d.At, never: never}
		p.letters = append(p.letters, l)
		p.byDigest[sha256.Sum256(d.Notice.Body)] = l
	}
	for _, d := range race.Deliveries {
		add(d, false)
	}
	for _, d := range race.Lost {
		add(d, true)
	}
	return p
}

// due gives what is to be posted by now; where there is nothing, all that waits.
func (p *post) due(now time.Time) (due, waiting []*letter) {
	for _, l := range p.letters {
		switch {
		case l.answered || l.never:
		case l.due.After(now):
			waiting = append(waiting, l)
		default:
			due = append(due, l)
		}
	}
	return due, waiting
}

// choose gives a letter to post: mostly one that is due, sometimes one that was
// answered already. Where none is due the clock goes on to one, unless that is not
// to be touched.
func (s *simulation) choose(touchClock bool) *letter {
	due, waiting := s.post.due(s.clock.now())
	if s.chance(0.2) || len(due)+len(waiting) == 0 {
		return pickOf(s.rng, s.post.letters) // ActBlue sends again what it has sent
	}
	if len(due) == 0 {
		next := waiting[0]
		for _, l := range waiting {
			if l.due.Before(next.due) {
				next = l
			}
		}
		if touchClock {
			s.clock.set(next.due.Add(time.Duration(s.rng.Int64N(int64(5 * time.Second)))))
		}
		return next
	}
	return pickOf(s.rng, due)
}

// deliver posts a letter to a server; the network may lose it, or the answer.
func (s *simulation) deliver(p *process, l *letter) {
	if s.chance(s.habits.lossy) {
		s.say("%s to %s is lost on its way", l, p.name)
		s.postpone(l)
		return
	}
	known := s.history.now().booked[l.number]
	p.expect = append(p.expect, expectedOf(s, l))
	var answer *httptest.ResponseRecorder
	_ = p.writing(func() error {
		answer = p.serve(l.request())
		return nil
	})
	s.hear(p, l, answer, known)
}

func expectedOf(s *simulation, letters ...*letter) expected {
	e := expected{happens: func() { s.history.book(letters...) }}
	if len(letters) == 1 {
		e.letter, e.single = letters[0], true
		e.s = s
	}
	return e
}

// quarantined is what is expected where the database refuses a notice.
func (e expected) quarantined() expected {
	return expected{happens: func() {
		e.s.history.goesOn(func(m *moment) { m.quarantined[e.letter.number] = true })
	}}
}

func (l *letter) String() string { return fmt.Sprintf("letter %d (%s)", l.number, l.notice.Kind) }

func (l *letter) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/actblue/"+string(l.notice.Kind), bytes.NewReader(l.notice.Body))
	r.SetBasicAuth(user, password)
	return r
}

// postpone lets ActBlue come again.
func (s *simulation) postpone(l *letter) {
	if !l.answered {
		l.due = s.clock.now().Add(time.Duration(s.rng.Int64N(int64(time.Minute))))
	}
}

// hear judges an answer. Known says that the letter was on the books before.
func (s *simulation) hear(p *process, l *letter, answer *httptest.ResponseRecorder, known bool) {
	if p.dead || s.chance(s.habits.lossy) {
		s.say("%s to %s: no answer", l, p.name)
		s.postpone(l)
		return
	}
	s.say("%s to %s: %d %s", l, p.name, answer.Code, said(answer))
	switch answer.Code {
	case http.StatusOK:
		l.answered, l.acknowledged = true, true
		var receipt leaderboard.Receipt
		s.check(json.Unmarshal(answer.Body.Bytes(), &receipt) == nil, "%s: the answer %q is no receipt", l, answer.Body)
		s.checkReceipt(l, receipt, known)
	case http.StatusServiceUnavailable:
		s.check(answer.Header().Get("Retry-After") != "", "%s: 503 without Retry-After", l)
		s.check(p.hit || s.away(p), "%s: refused by %s, with which nothing is wrong", l, p.name)
		s.postpone(l)
	default:
		s.check(false, "%s: answered %d", l, answer.Code)
	}
	s.checkAcknowledged(l)
}

// checkReceipt holds the receipt of a letter that was on the books against the one
// before: each claim is known now, and nothing else has become of any.
func (s *simulation) checkReceipt(l *letter, receipt leaderboard.Receipt, known bool) {
	s.check(!known || receipt.Recorded == 0, "%s: it was on the books, and %d claims were recorded again", l, receipt.Recorded)
	if s.history.now().quarantined[l.number] {
		return // the database refused it, this time or before
	}
	receipt.Recorded, receipt.Known = 0, receipt.Recorded+receipt.Known
	s.check(!known || l.claims == (leaderboard.Receipt{}) || l.claims == receipt,
		"%s: its claims are told as %+v and were as %+v", l, receipt, l.claims)
	l.claims = receipt
}

func said(answer *httptest.ResponseRecorder) string { return strings.TrimSpace(answer.Body.String()) }

// checkAcknowledged holds the one promise to ActBlue.
func (s *simulation) checkAcknowledged(l *letter) {
	now := s.history.now()
	s.check(!l.acknowledged || now.booked[l.number] || now.quarantined[l.number], "%s was acknowledged and is not on disk", l)
}

// deliverTogether posts letters that come while the server is busy with the first of
// them: the others wait, and are written as one group. If it is slow, all are
// answered before anything is written.
func (s *simulation) deliverTogether(p *process) {
	letters := make([]*letter, 2+s.rng.IntN(5))
	for i := range letters {
		letters[i] = s.choose(i == 0)
	}
	slow := s.chance(0.15)
	s.say("%d letters come to %s together (slow: %t)", len(letters), p.name, slow)
	known := make([]bool, len(letters))
	answers := make([]*httptest.ResponseRecorder, len(letters))
	// One alone, the rest as a group; and each by itself if the group fails.
	p.expect = append(p.expect, expectedOf(s, letters[0]), expectedOf(s, letters[1:]...))
	p.expect[len(p.expect)-1].single = len(letters) == 2
	for i, l := range letters {
		known[i] = s.history.now().booked[l.number]
		if i > 0 && len(letters) > 2 {
			p.expect = append(p.expect, expectedOf(s, l))
		}
	}
	gate := make(chan struct{})
	p.gate = gate
	_ = p.writing(func() error {
		var waiting sync.WaitGroup
		for i, l := range letters {
			waiting.Go(func() { answers[i] = p.serve(l.request()) })
			synctest.Wait() // it stands in the queue before the next one comes
		}
		if slow {
			p.isHit()
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}
		p.gate = nil
		close(gate)
		waiting.Wait()
		synctest.Wait() // what was answered as busy is written all the same
		return nil
	})
	for i, l := range letters {
		s.hear(p, l, answers[i], known[i] && !slow)
	}
}
