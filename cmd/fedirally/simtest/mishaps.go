package simtest

import "fmt"

// place is a point at which something can go wrong.
type place int

const (
	// atRead is before a statement outside of a writing transaction.
	atRead place = iota
	atBegin
	// atStatement is before a statement of a writing transaction.
	atStatement
	atCommit
	// atRanking is a call of the ranking.
	atRanking
)

func (p place) String() string {
	return [...]string{"a read", "a begin", "a statement", "a commit", "a call of the ranking"}[p]
}

// verdict is what becomes of what is about to happen.
type verdict int

const (
	goesWell verdict = iota
	// fails: it is not done, and the error says so.
	fails
	// losesAnswer: it is done, and there is an error all the same.
	losesAnswer
	// tears: rows come, and then an error.
	tears
	// refuses: the database does not take the data.
	refuses
)

// mishap is something that is to go wrong in this step.
type mishap struct {
	kind mishapKind
	// of is whom it befalls; nil: whoever comes first.
	of *process
	// only is where, unless it may happen anywhere; after is how many points that would do
	// go well before it.
	only     place
	anywhere bool
	after    int
}

type mishapKind string

const (
	failure  mishapKind = "failure"
	lost     mishapKind = "lost answer"
	tear     mishapKind = "torn rows"
	refusal  mishapKind = "refusal"
	kill     mishapKind = "kill"
	intruder mishapKind = "something else meanwhile"
)

// fits reports whether it can happen there: what has no answer to lose goes on.
func (m mishapKind) fits(at place) bool {
	switch m {
	case lost:
		return at == atCommit || at == atRanking
	case tear:
		return at == atRead || at == atStatement
	case refusal:
		return at == atStatement
	case failure, kill, intruder:
	}
	return true
}

// meet is called at every point, in whatever goroutine, and only ever in one at a
// time. It gives what becomes of it.
func (p *process) meet(at place) verdict {
	s := p.s
	if p.unreachable() != nil {
		return fails
	}
	if s.deep > 0 {
		return goesWell
	}
	for i := range s.mishaps {
		m := &s.mishaps[i]
		if m.of != nil && m.of != p || !m.kind.fits(at) || !m.anywhere && m.only != at {
			continue
		}
		if m.after--; m.after >= 0 {
			continue
		}
		kind := m.kind
		s.mishaps = append(s.mishaps[:i:i], s.mishaps[i+1:]...)
		return p.befall(kind, at)
	}
	return goesWell
}

// befall lets a mishap happen.
func (p *process) befall(kind mishapKind, at place) verdict {
	s := p.s
	s.say("  %s of %s at %s", kind, p.name, at)
	if kind != intruder {
		p.isHit()
	}
	switch kind {
	case failure:
		return fails
	case lost:
		return losesAnswer
	case tear:
		return tears
	case refusal:
		return refuses
	case kill:
		p.dead = true
		if (at == atCommit || at == atRanking) && s.chance(0.5) {
			return losesAnswer
		}
		return fails
	case intruder:
		s.meanwhile()
		return goesWell
	}
	panic(fmt.Sprint("no such mishap: ", kind))
}

// unreachable is why the process gets no answer from its database at all, if it does
// not.
func (p *process) unreachable() error {
	switch {
	case p.dead:
		return errDead
	case p.s.step < p.awayUntil:
		return errAway
	}
	return nil
}

// because is the error of something that went wrong.
func (p *process) because(otherwise error) error {
	if err := p.unreachable(); err != nil {
		return err
	}
	return otherwise
}

// arm draws what goes wrong in the step that comes.
func (s *simulation) arm() {
	s.mishaps = s.mishaps[:0]
	s.calm = !s.chance(s.habits.trouble)
	if s.calm {
		return
	}
	for range 1 + s.rng.IntN(2) {
		m := mishap{kind: pickOf(s.rng, s.habits.mishaps), anywhere: s.chance(0.6), after: s.rng.IntN(1 + s.rng.IntN(30))}
		if !m.anywhere {
			m.only = pickOf(s.rng, []place{atRead, atBegin, atStatement, atCommit, atRanking, atRanking})
			m.after = s.rng.IntN(1 + s.rng.IntN(6))
		}
		if s.chance(0.5) {
			m.of = pickOf(s.rng, s.everybody())
		}
		s.mishaps = append(s.mishaps, m)
	}
}
