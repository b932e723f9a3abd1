package simtest

import (
	"maps"
	"slices"
	"time"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// history is what the ledger must say, moment by moment. It is written by the
// simulation as transactions are committed, whoever is told of it, and by nothing
// that the program says of itself; except at which clock step figures were published.
type history struct {
	moments []*moment
	// fork is the moment at which the ledger of the latest backup was put in place.
	fork int
}

// moment is all that must hold between two commits. It is not changed any more
// once there is a later one.
type moment struct {
	model  *actbluetest.Model
	drives []driveFile
	states map[leaderboard.Host]leaderboard.InstanceState
	// codes are refcodes that stand for hosts, sameAs hosts that count for others.
	codes   map[string]leaderboard.Host
	sameAs  map[leaderboard.Host]leaderboard.Host
	decided map[int64]leaderboard.Host
	// booked and quarantined are the letters of which the ledger knows.
	booked, quarantined map[int]bool

	results map[int64]actbluetest.Result
}

// driveFile is a drive as it was set up.
type driveFile struct {
	leaderboard.Drive
	// step is what was last published at a clock step.
	step actbluetest.Result
}

// now is the latest moment.
func (h *history) now() *moment { return h.moments[len(h.moments)-1] }

// last is its number.
func (h *history) last() int { return len(h.moments) - 1 }

// goesOn writes the next moment.
func (h *history) goesOn(change func(*moment)) {
	next := h.now().clone()
	change(next)
	h.moments = append(h.moments, next)
}

func (m *moment) clone() *moment {
	return &moment{
		model: m.model, drives: slices.Clone(m.drives), states: maps.Clone(m.states), codes: maps.Clone(m.codes),
		sameAs: maps.Clone(m.sameAs), decided: maps.Clone(m.decided),
		booked: maps.Clone(m.booked), quarantined: maps.Clone(m.quarantined), results: map[int64]actbluetest.Result{},
	}
}

// restore writes that the ledger is again as it was at a moment.
func (h *history) restore(was *moment) {
	h.moments = append(h.moments, was.clone())
	h.fork = h.last()
}

// book writes that letters are on the books, in that order.
func (h *history) book(letters ...*letter) {
	if !slices.ContainsFunc(letters, func(l *letter) bool { return !h.now().booked[l.number] }) {
		return // each is known to the byte
	}
	h.goesOn(func(m *moment) {
		m.model = m.model.Clone()
		for _, l := range letters {
			m.model.Feed(l.notice)
			m.booked[l.number] = true
		}
	})
}

// notePublished writes which drives have been published just now.
func (h *history) notePublished(s *simulation) {
	for id, at := range s.disk.published() {
		i := slices.IndexFunc(h.now().drives, func(d driveFile) bool { return d.ID == id })
		if i < 0 || h.now().drives[i].Published.Equal(at) {
			continue
		}
		h.goesOn(func(m *moment) {
			m.drives[i].Published = at
			m.drives[i].step = m.result(m.drives[i])
		})
	}
}

// drive finds a drive.
func (m *moment) drive(slug string) (driveFile, bool) {
	i := slices.IndexFunc(m.drives, func(d driveFile) bool { return d.Slug == slug })
	if i < 0 {
		return driveFile{}, false
	}
	return m.drives[i], true
}

// edit changes a drive.
func (m *moment) edit(slug string, change func(*driveFile)) {
	for i := range m.drives {
		if m.drives[i].Slug == slug {
			change(&m.drives[i])
		}
	}
}

func (m *moment) canonical(host leaderboard.Host) leaderboard.Host {
	if other, found := m.sameAs[host]; found {
		return other
	}
	return host
}

// vet makes a host known that nobody has vetted.
func (m *moment) vet(host leaderboard.Host) {
	if _, vetted := m.states[host]; !vetted {
		m.states[host] = leaderboard.Known
	}
}

// listable is the half of the rule that does not depend on figures.
func (m *moment) listable(host leaderboard.Host) bool { return m.states[host] == leaderboard.Known }

// modelDrive is a drive as the model must know it.
func (m *moment) modelDrive(d driveFile) actbluetest.Drive {
	drive := actbluetest.Drive{
		Forms: d.Forms, Entities: d.Entities, Start: d.Start, End: d.End, Zone: d.Zone, MinDonors: d.MinDonors,
		Aliases: m.codes, SameAs: m.sameAs,
	}
	for host, state := range m.states {
		drive.Known = append(drive.Known, host)
		if state != leaderboard.Known {
			drive.Hidden = append(drive.Hidden, host)
		}
	}
	return drive
}

// result is what the ledger must say of a drive.
func (m *moment) result(d driveFile) actbluetest.Result {
	if result, known := m.results[d.ID]; known {
		return result
	}
	result := m.model.Result(m.modelDrive(d))
	m.results[d.ID] = result
	return result
}

// shown is what the public must be told of a drive: figures, and which of them are
// listed by the rule as it stands.
func (m *moment) shown(d driveFile, period leaderboard.Period) actbluetest.Sums {
	result := d.step
	if d.PublishEvery == 0 {
		result = m.result(d)
	}
	sums := result[period]
	sums.Hosts = slices.DeleteFunc(slices.Clone(sums.Hosts), func(sum actbluetest.Sum) bool {
		return sum.Raised <= 0 || sum.Donors < int64(max(d.MinDonors, 1)) || !m.listable(sum.Host)
	})
	return sums
}

// everything is a drive that takes in whatever there is, so that what counts in no
// drive can be named as well.
func everything(forms []string) actbluetest.Drive {
	return actbluetest.Drive{Forms: append([]string{"somebody-elses-form"}, forms...), Zone: time.UTC, MinDonors: 1}
}
