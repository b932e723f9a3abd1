package simtest

import (
	"fmt"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// act lets something happen, each as often as its weight says.
func (s *simulation) act() {
	acts := []struct {
		weight int
		does   func(*simulation)
	}{
		{30, (*simulation).receive},
		{6, func(s *simulation) { s.withServer(s.deliverTogether) }},
		{10, func(s *simulation) { s.withServer(s.glance) }},
		{8, func(s *simulation) { s.withServer(s.followAlong) }},
		{6, func(s *simulation) { s.withServer(s.lookClosely) }},
		{4, (*simulation).overtake},
		{9, func(s *simulation) { s.organizeSomewhere() }},
		{4, func(s *simulation) { s.withServer(s.keepHouse) }},
		{2, func(s *simulation) { s.withServer(s.auditBooks) }},
		{1, func(s *simulation) { s.withServer(s.rebuildRanking) }},
		{2, func(s *simulation) { s.withServer(s.restart) }},
		{1, (*simulation).cutPower},
		{2, (*simulation).makeBackup},
		{1, (*simulation).restoreBackup},
		{2, (*simulation).loseTouch},
		{1, (*simulation).emptyRanking},
		{5, (*simulation).turnClock},
	}
	sum := 0
	for _, a := range acts {
		sum += a.weight
	}
	draw := s.rng.IntN(sum)
	for _, a := range acts {
		if draw -= a.weight; draw < 0 {
			a.does(s)
			return
		}
	}
}

// withServer does something with a server that runs, if there is one.
func (s *simulation) withServer(do func(*process)) {
	if up := s.running(); len(up) > 0 {
		do(pickOf(s.rng, up))
	}
}

// receive lets a letter come; each takes a moment.
func (s *simulation) receive() {
	s.clock.turn(time.Duration(1 + s.rng.Int64N(int64(3*time.Second))))
	l := s.choose(true)
	s.withServer(func(p *process) { s.deliver(p, l) })
}

// glance looks at some board, as it is just now.
func (s *simulation) glance(p *process) {
	s.reader.look(p, pickOf(s.rng, s.reader.sights(p)), false)
}

func (s *simulation) followAlong(p *process) { s.say("%s follows: %s", p.name, outcomeOf(p.follow())) }

// lookClosely brings a ranking up to date and looks at every board: it has to show
// the present, unless something went wrong on the way.
func (s *simulation) lookClosely(p *process) {
	s.clock.turn(4 * time.Second) // whatever was read before is out of date, also if the clock was turned back
	err := p.follow()
	s.say("%s follows: %s", p.name, outcomeOf(err))
	strictly := err == nil && s.calm && !s.away(p)
	for _, at := range s.reader.sights(p) {
		s.reader.look(p, at, strictly)
	}
	if strictly {
		p.troubled = false
		d := pickOf(s.rng, s.history.now().drives)
		s.reader.askFor(p, d, s.anyHost())
		s.reader.askFor(p, d, "nobody.example")
	}
}

// away reports whether a server does not reach something at present.
func (s *simulation) away(p *process) bool {
	return p.dead || s.step < p.awayUntil || s.shared != nil && s.step < s.shared.awayUntil
}

// organizeSomewhere lets the organizer give a command: at the desk mostly, since
// each command is a process of its own beside the servers.
func (s *simulation) organizeSomewhere() {
	p := s.desk
	if up := s.running(); len(up) > 0 && (!p.up || s.chance(0.2)) {
		p = pickOf(s.rng, up)
	}
	if p.up {
		s.organize(p)
	}
}

// keepHouse does what a server does by the clock.
func (s *simulation) keepHouse(p *process) {
	err := p.publish()
	s.say("%s publishes: %s", p.name, outcomeOf(err))
	if !p.dead && s.chance(0.3) {
		err = p.writing(func() error {
			if _, err := p.store.Expire(s.ctx); err != nil {
				return err
			}
			_, err := p.store.Purge(s.ctx, ledger.DefaultRetention())
			return err
		})
		s.say("%s keeps house: %s", p.name, outcomeOf(err))
	}
}

// auditBooks lets the program audit itself; it must find nothing.
func (s *simulation) auditBooks(p *process) {
	report, err := p.store.Audit(s.ctx)
	s.say("%s audits: %s", p.name, outcomeOf(err))
	s.check(err != nil || report.Count == 0, "the audit finds %v", report.Differences)
	if err == nil && s.calm && !s.away(p) {
		s.checkLedger(p.store, "in the middle")
	}
}

func (s *simulation) rebuildRanking(p *process) {
	err := p.following(func() error { return p.standings.Rebuild(s.ctx) })
	s.say("%s ranks anew: %s", p.name, outcomeOf(err))
}

// restart stops a server, by its own will or not, and starts it again.
func (s *simulation) restart(p *process) {
	s.say("%s stops", p.name)
	p.dead = s.chance(0.7)
	p.stop()
	if s.chance(0.7) && p.start() && !s.away(p) && s.calm {
		s.checkLedger(p.store, fmt.Sprint("after the start of ", p.name))
	}
}

// cutPower kills everybody at once, and goes on with what lies on the disk then.
func (s *simulation) cutPower() {
	s.say("the power is cut")
	was, err := s.disk.take()
	s.check(err == nil, "reading the disk: %v", err)
	s.beginAgain(was)
}

// beginAgain ends all processes, lays a database in the place of theirs and starts
// them again.
func (s *simulation) beginAgain(with image) {
	for _, p := range s.everybody() {
		p.dead = true
		p.stop()
	}
	err := s.disk.lay(with)
	s.check(err == nil, "laying a database in place: %v", err)
	if s.fault != nil {
		return
	}
	for _, p := range s.everybody() {
		s.checkNextStart = !p.start() || s.checkNextStart
	}
}

func (s *simulation) makeBackup() {
	if !s.habits.restores {
		return
	}
	of, err := s.disk.take()
	s.check(err == nil, "reading the disk: %v", err)
	s.say("backup %d", len(s.backups))
	s.backups = append(s.backups, backup{of, s.history.now()})
}

// restoreBackup puts an older ledger in place. Whatever was acknowledged since comes
// again, by hand or by itself.
func (s *simulation) restoreBackup() {
	if len(s.backups) == 0 {
		return
	}
	n := s.rng.IntN(len(s.backups))
	s.say("backup %d is restored", n)
	chosen := s.backups[n]
	s.history.restore(chosen.moment)
	for _, l := range s.post.letters {
		if l.acknowledged && !chosen.moment.booked[l.number] && !chosen.moment.quarantined[l.number] {
			l.answered, l.acknowledged = false, false
		}
	}
	s.reader.restored(s.disk.version())
	s.beginAgain(chosen.image)
}

// loseTouch keeps a process from its database for a while, or all from the ranking.
func (s *simulation) loseTouch() {
	until := s.step + 1 + s.rng.IntN(8)
	if s.shared != nil && s.chance(0.5) {
		s.say("the ranking does not answer until %d", until)
		s.shared.awayUntil = until
		return
	}
	p := pickOf(s.rng, s.everybody())
	s.say("%s does not reach its database until %d", p.name, until)
	p.awayUntil = until
	p.isHit()
}

// emptyRanking empties the ranking that the servers share.
func (s *simulation) emptyRanking() {
	if s.shared == nil {
		return
	}
	s.say("somebody empties the ranking")
	s.shared.memory = ranking.NewMemory()
	s.reader.emptied()
	s.clock.turn(time.Microsecond) // it takes a moment, and versions are times
}

// turnClock lets time pass: a little, to the edge of an hour or day, or back by a
// little; and in some simulations it is wrong by days for a while.
func (s *simulation) turnClock() {
	now := s.clock.now()
	switch draw := s.rng.IntN(10); {
	case draw < 3:
		s.clock.turn(time.Duration(s.rng.Int64N(int64(20 * time.Minute))))
	case draw < 5:
		s.clock.turn(-time.Duration(s.rng.Int64N(int64(3 * time.Second))))
	case draw < 7 || !s.habits.clockErrs:
		zone := s.history.now().drives[0].Zone
		next := time.UnixMicro(leaderboard.PeriodOf(leaderboard.Hour, now.Add(time.Hour), zone).Start)
		s.clock.set(next.Add(time.Duration(s.rng.Int64N(int64(2*time.Second))) - time.Second))
	case s.ahead == 0:
		s.ahead = time.Duration(s.rng.Int64N(int64(72 * time.Hour)))
		s.clock.turn(s.ahead)
	default:
		s.clock.turn(-s.ahead)
		s.ahead = 0
		s.reader.turnedBack()
	}
	s.say("the clock is turned by %s", s.clock.now().Sub(now))
}

// overtake lets one server follow the ledger and be overtaken by the other on the way
// to the ranking that they share: what the first puts in is then out of date.
func (s *simulation) overtake() {
	up := s.running()
	if s.shared == nil || len(up) < 2 {
		return
	}
	s.rng.Shuffle(len(up), func(i, j int) { up[i], up[j] = up[j], up[i] })
	slow, quick := up[0], up[1]
	s.deliver(slow, s.choose(true))
	s.mishaps = append(s.mishaps, mishap{kind: intruder, of: slow, only: atRanking, after: s.rng.IntN(3)})
	s.interlude = func() {
		for range 1 + s.rng.IntN(3) {
			if quick.up && !quick.dead {
				s.deliver(quick, s.choose(false))
			}
		}
		if quick.up && !quick.dead {
			s.followAlong(quick)
		}
	}
	s.say("%s follows, and %s overtakes it", slow.name, quick.name)
	if slow.up && !slow.dead {
		s.followAlong(slow)
	}
	s.interlude, s.mishaps = nil, nil
	s.withServer(s.lookClosely)
}

// meanwhile lets something happen in the midst of what a process is doing.
func (s *simulation) meanwhile() {
	s.deep++
	defer func() { s.deep-- }()
	if do := s.interlude; do != nil {
		s.interlude = nil
		do()
		return
	}
	for range 1 + s.rng.IntN(3) {
		p := pickOf(s.rng, s.servers)
		if !p.up || p.dead {
			continue
		}
		idle := !p.looks && !p.follows
		switch draw := s.rng.IntN(10); {
		case draw < 2 && idle && !p.writes:
			s.deliver(p, s.choose(false))
			if p.up && !p.dead {
				s.followAlong(p)
			}
		case draw < 5 && !p.writes:
			s.deliver(p, s.choose(false))
		case draw < 7 && idle:
			s.followAlong(p)
		case draw < 9 && idle:
			s.glance(p)
		case s.desk.up && !s.desk.dead && !s.desk.writes:
			s.organize(s.desk)
		}
	}
}
