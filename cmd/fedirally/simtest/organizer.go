package simtest

import (
	"errors"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// organizer is the author of all that is changed by hand.
const organizer = ledger.Author("organizer")

// order is what an organizer does in the middle of everything.
type order struct {
	name string
	// does runs it on the ledger of a process, and announces to the process what the
	// ledger must say once it is committed. It reports false if it makes no sense now.
	does func(s *simulation, p *process) (done bool, err error)
}

// orders are all that may change what is shown, or where money counts. A host is made an
// alias once and stays one: what an alias has credited before it was changed stays where
// it is, so that otherwise the order of things would matter.
func orders() []order {
	return []order{
		{"set an instance's state", setState},
		{"set an instance's state", setState},
		{"enter an instance", enter},
		{"alias of a host", aliasHost},
		{"alias of a refcode", aliasCode},
		{"attribute", attribute},
		{"attribute", attribute},
		{"minimum of donors", editWith(newMinimum)},
		{"goal", editWith(newGoal)},
		{"clock steps", editWith(newSteps)},
		{"start", editWith(newStart)},
		{"end", editWith(newEnd)},
		{"forms", editWith(newForms)},
		{"recipients", editWith(newRecipients)},
		{"close", closeDrive},
		{"open another drive", openDrive},
		{"replay", replayAll},
		{"rebuild", rebuildBooks},
	}
}

// organize runs a command in some process.
func (s *simulation) organize(p *process) {
	c := pickOf(s.rng, orders())
	var done bool
	err := p.writing(func() (err error) {
		done, err = c.does(s, p)
		return err
	})
	if done {
		s.say("%s by %s: %s", c.name, p.name, outcomeOf(err))
		s.check(err == nil || p.hit || s.away(p) || errors.Is(err, ledger.ErrInvalid), "%s by %s: %v", c.name, p.name, err)
	}
}

// announceChange announces a change of what must hold.
func (p *process) announceChange(change func(*moment)) {
	p.announce(func() { p.s.history.goesOn(change) })
}

func (s *simulation) anyHost() leaderboard.Host { return pickOf(s.rng, s.hosts) }

func setState(s *simulation, p *process) (done bool, err error) {
	host := s.anyHost()
	state := pickOf(s.rng, []leaderboard.InstanceState{
		leaderboard.Known, leaderboard.Known, leaderboard.Known, leaderboard.Hidden, leaderboard.Blocked, leaderboard.OptedOut,
	})
	s.say("  %s is to be %s", host, state)
	p.announceChange(func(m *moment) { m.states[host] = state })
	return true, p.store.SetInstance(s.ctx, host, state, "by the organizer")
}

func enter(s *simulation, p *process) (done bool, err error) {
	host := s.anyHost()
	s.say("  %s is to be on the list at the start", host)
	p.announceChange(func(m *moment) { m.vet(host) })
	return true, p.store.EnterInstance(s.ctx, host, "by the organizer")
}

func aliasHost(s *simulation, p *process) (done bool, err error) {
	host, target := s.anyHost(), s.anyHost()
	now := s.history.now()
	if now.sameAs[host] != "" || now.canonical(target) == host {
		return false, nil
	}
	s.say("  %s is to count for %s", host, target)
	change := func(m *moment) {
		target := m.canonical(target)
		m.vet(target)
		m.sameAs[host] = target
		for other, of := range m.sameAs {
			if of == host {
				m.sameAs[other] = target
			}
		}
	}
	return true, s.planned(p, change, func(apply bool) (ledger.Plan, error) {
		return p.store.AliasHost(s.ctx, host, target, organizer, apply)
	})
}

func aliasCode(s *simulation, p *process) (done bool, err error) {
	target := s.anyHost()
	code := pickOf(s.rng, s.codes)
	s.say("  %s is to stand for %s", code, target)
	change := func(m *moment) {
		m.vet(target)
		m.codes[code] = target
	}
	return true, s.planned(p, change, func(apply bool) (ledger.Plan, error) {
		return p.store.AliasCode(s.ctx, code, target, organizer, apply)
	})
}

// planned carries out a change, sometimes only after having asked what it would move.
func (s *simulation) planned(p *process, change func(*moment), carryOut func(apply bool) (ledger.Plan, error)) error {
	if s.chance(0.5) {
		happened := false
		p.announceChange(func(m *moment) { // where nothing moves it is carried out at once
			happened = true
			change(m)
		})
		plan, err := carryOut(false)
		s.check(err != nil || plan.Applied == (plan.Moves == 0), "a plan of %d moves says applied: %t", plan.Moves, plan.Applied)
		s.check(plan.Moves == 0 || !happened, "a plan of %d moves was carried out", plan.Moves)
		p.expect = nil
		if err != nil || plan.Applied {
			return err
		}
	}
	p.announceChange(change)
	_, err := carryOut(true)
	return err
}

func attribute(s *simulation, p *process) (done bool, err error) {
	items := s.history.now().model.LineItems(everything(s.race.Options.Forms))
	if len(items) == 0 {
		return false, nil
	}
	item, host, at := pickOf(s.rng, items), s.anyHost(), s.clock.now()
	s.say("  %d is to count for %s", item, host)
	p.announceChange(func(m *moment) {
		host := m.canonical(host)
		if before, decided := m.decided[item]; decided && m.canonical(before) == host {
			return // it has been decided
		}
		m.model = m.model.Clone()
		m.model.Decide(item, host, at)
		m.decided[item] = host
	})
	_, err = p.store.Attribute(s.ctx, item, host, organizer, "a decision of the organizer")
	return true, err
}

// replayAll takes in again what waits in quarantine, as the command does.
func replayAll(s *simulation, p *process) (done bool, err error) {
	waiting, err := p.store.Quarantine(s.ctx)
	if err != nil {
		return true, err
	}
	for _, q := range waiting {
		kind, body, identity, digest, err := p.store.QuarantinedBody(s.ctx, q.ID)
		if err != nil {
			return true, err
		}
		l, found := s.post.byDigest[digest]
		s.check(found, "a notice in quarantine was never sent")
		if !found {
			return true, nil
		}
		p.expect = []expected{expectedOf(s, l)}
		if err := s.program.Replay(s.ctx, p.store, q.ID, kind, body, identity, digest); err != nil {
			return true, err
		}
	}
	return true, nil
}

// rebuildBooks makes balances anew, and must find nothing to mend.
func rebuildBooks(s *simulation, p *process) (done bool, err error) {
	report, err := p.store.Rebuild(s.ctx)
	s.check(report.Repaired == 0, "a rebuild mended %d rows", report.Repaired)
	return true, err
}
