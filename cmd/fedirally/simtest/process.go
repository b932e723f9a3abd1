package simtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"fedirally/actblue"
	"fedirally/cmd/fedirally/web"
	"fedirally/leaderboard/ledger"
)

// process is one process of the program, which can be killed at any point: a server,
// or (the desk) the commands that an organizer runs beside it.
type process struct {
	s    *simulation
	name string
	desk bool

	store     *ledger.Store
	standings Standings
	pages     *web.Server
	// up: it runs. dead: it was killed, and asks the database in vain.
	up, dead bool
	// awayUntil is the step up to which it does not reach its database.
	awayUntil int
	// hit: something has gone wrong for it in this step; troubled: since it last was seen
	// to be all right.
	hit, troubled bool

	// expect is what its next writing transactions bring, in order.
	expect []expected
	// gate, while it is shut, holds its writers back.
	gate chan struct{}
	// What is under way in it, so that nothing begins meanwhile that would wait for it.
	writes, follows, looks bool
}

// start starts the process as the program does. It reports whether that went well.
func (p *process) start() bool {
	s := p.s
	p.dead, p.expect = false, nil
	err := p.open()
	p.up = err == nil && !p.dead
	s.say("%s starts: %s", p.name, outcomeOf(err))
	if !p.up {
		p.stop()
	}
	s.reader.started()
	return p.up
}

func (p *process) open() (err error) {
	s := p.s
	p.store, err = ledger.Open(s.ctx, ledger.Options{
		URL: "sqlite:" + s.disk.file, OpenDB: p.openDB, Secret: []byte(secret), Now: s.clock.now, Random: s.random,
	})
	if err != nil || p.desk {
		return err
	}
	if err := p.publish(); err != nil {
		return err
	}
	own := &seat{p: p, twin: s.shared}
	if s.shared == nil {
		own.twin = newTwin()
	}
	p.standings = s.program.Standings(p.store, own, s.clock.now)
	_ = p.follow() // intake must not wait for a ranking
	webhooks, err := actblue.NewReceiver(actblue.Config{User: user, Password: password, Recorder: p.store, Now: s.clock.now})
	if err != nil {
		return err
	}
	p.pages, err = web.New(web.Config{
		Ledger: p.store, Rankings: p.standings, Webhooks: webhooks, Link: actblue.FormLink, Clock: s.clock.now,
	})
	return err
}

// stop ends the process, or clears away what a killed one has left.
func (p *process) stop() {
	if p.pages != nil {
		p.pages.Close()
	}
	if p.store != nil {
		_ = p.store.Close() // a killed one has nothing more to say
	}
	p.store, p.standings, p.pages, p.up = nil, nil, nil, false
}

// publish publishes the figures of drives with clock steps.
func (p *process) publish() error {
	drives := p.s.history.now().drives
	for range drives {
		p.announce(func() { p.s.history.notePublished(p.s) })
	}
	err := p.writing(func() error { return p.store.Publish(p.s.ctx) })
	return err
}

// isHit tells that something goes wrong for the process.
func (p *process) isHit() { p.hit, p.troubled = true, true }

// announce says what the next writing transaction brings.
func (p *process) announce(happens func()) {
	p.expect = append(p.expect, expected{happens: happens})
}

// writing runs what writes. What was announced and not begun is forgotten after it.
func (p *process) writing(write func() error) error {
	p.writes = true
	defer func() { p.writes, p.expect = false, nil }()
	return write()
}

// follow brings the ranking up to date. What it holds afterwards is at least as new
// as the ledger was at the beginning.
func (p *process) follow() error {
	return p.following(func() error { return p.standings.Follow(p.s.ctx) })
}

func (p *process) following(pass func() error) error {
	p.follows = true
	defer func() { p.follows = false }()
	err := pass()
	if err == nil && !p.dead {
		p.s.reader.healed(p)
	}
	return err
}

// serve lets the server answer a request.
func (p *process) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.pages.ServeHTTP(w, r)
	return w
}

// outcomeOf says in the story how something ended: the texts of errors may depend on
// the order of maps, and are left out.
func outcomeOf(err error) string {
	if err != nil {
		return "in vain"
	}
	return "done"
}

// everybody is all processes.
func (s *simulation) everybody() []*process {
	return append(s.servers[:len(s.servers):len(s.servers)], s.desk)
}

// running gives the servers that run.
func (s *simulation) running() []*process {
	var up []*process
	for _, p := range s.servers {
		if p.up && !p.dead {
			up = append(up, p)
		}
	}
	return up
}

// clearAway clears away who was killed in this step, and starts again who is down.
func (s *simulation) clearAway() {
	for _, p := range s.everybody() {
		if p.up && p.dead {
			s.say("%s is dead", p.name)
			p.stop()
			s.checkNextStart = true
		}
		if !p.up && s.chance(0.5) && p.start() && s.checkNextStart {
			s.checkNextStart = false
			s.checkLedger(p.store, fmt.Sprint("after the start of ", p.name))
		}
	}
}
