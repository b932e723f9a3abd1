package simtest

import (
	"fmt"
	"slices"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func newMinimum(s *simulation, d *leaderboard.Drive) { d.MinDonors = 1 + s.rng.IntN(4) }

func newGoal(s *simulation, d *leaderboard.Drive) {
	d.Goal = leaderboard.Cents(1 + s.rng.IntN(9_000_00))
}

func newSteps(s *simulation, d *leaderboard.Drive) {
	d.PublishEvery = pickOf(s.rng, []time.Duration{0, 0, 15 * time.Minute, time.Hour})
}

func newStart(s *simulation, d *leaderboard.Drive) {
	d.Start = s.race.Options.Start
	if s.chance(0.5) {
		d.Start = d.Start.Add(time.Duration(s.rng.Int64N(int64(s.habits.length / 2))))
	}
}

func newEnd(s *simulation, d *leaderboard.Drive) {
	d.End = s.race.Options.End
	if s.chance(0.5) {
		d.End = s.race.Options.Now.Add(-time.Duration(s.rng.Int64N(int64(s.habits.length))))
	}
}

func newForms(s *simulation, d *leaderboard.Drive) {
	d.Forms = pickOf(s.rng, [][]string{{"form-one"}, {"form-two"}, {"form-one", "form-two"}})
}

func newRecipients(s *simulation, d *leaderboard.Drive) {
	d.Entities = pickOf(s.rng, [][]int64{{900001}, {900001, 900002}, nil})
}

// editWith changes a drive in one respect.
func editWith(change func(*simulation, *leaderboard.Drive)) func(*simulation, *process) (done bool, err error) {
	return func(s *simulation, p *process) (done bool, err error) {
		file := pickOf(s.rng, s.history.now().drives)
		wanted := file.Drive
		change(s, &wanted)
		s.say("  %s is to be %s", file.Slug, described(wanted))
		return true, s.planned(p, func(m *moment) {
			m.edit(file.Slug, func(f *driveFile) { assign(&f.Drive, wanted) })
		}, func(apply bool) (ledger.Plan, error) {
			return p.store.EditDrive(s.ctx, file.Slug, organizer, apply, func(d *leaderboard.Drive) error {
				assign(d, wanted)
				return nil
			})
		})
	}
}

// assign sets what an organizer may change of a drive.
func assign(d *leaderboard.Drive, wanted leaderboard.Drive) {
	d.MinDonors, d.Goal, d.PublishEvery, d.Start, d.End = wanted.MinDonors, wanted.Goal, wanted.PublishEvery, wanted.Start, wanted.End
	d.Forms, d.Entities = slices.Clone(wanted.Forms), slices.Clone(wanted.Entities)
}

func described(d leaderboard.Drive) string {
	return fmt.Sprintf("forms %v to %v, %s to %s, from %d donors on, every %s, goal %s",
		d.Forms, d.Entities, d.Start.UTC().Format(time.DateTime), d.End.UTC().Format(time.DateTime), d.MinDonors, d.PublishEvery, d.Goal)
}

func closeDrive(s *simulation, p *process) (done bool, err error) {
	file, at := pickOf(s.rng, s.history.now().drives), s.clock.now()
	p.announceChange(func(m *moment) { m.edit(file.Slug, func(f *driveFile) { f.End = at }) })
	_, err = p.store.CloseDrive(s.ctx, file.Slug, organizer, at)
	return true, err
}

// openDrive opens a second drive, which adopts what was kept for it.
func openDrive(s *simulation, p *process) (done bool, err error) {
	first := s.history.now().drives[0].Drive
	if _, found := s.history.now().drive("second"); found {
		return false, nil
	}
	second := leaderboard.Drive{
		Slug: "second", Title: "The second", Forms: []string{"form-two"}, Goal: 100_00, Beneficiary: "Example", Disclaimer: "Paid for by Example",
		Zone: first.Zone, MinDonors: 1 + s.rng.IntN(3), Start: s.race.Options.Start,
	}
	return true, s.planned(p, func(m *moment) {
		file := driveFile{Drive: second}
		for _, d := range m.drives {
			file.ID = max(file.ID, d.ID)
		}
		file.ID++
		m.drives = append(m.drives, file)
	}, func(apply bool) (ledger.Plan, error) { return p.store.AddDrive(s.ctx, second, organizer, apply) })
}
