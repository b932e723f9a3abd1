// Package simtest lives through drives as they might happen, each made from one
// number, and holds the program against an independent model of what it must say.
//
// A simulation runs the real program: the web server with ActBlue's webhooks, the
// ledger on SQLite, the ranking in memory and the follower between them, in one or
// two servers, and beside them an organizer's commands. What is not real lies around
// it: the clock, the source of randomness, ActBlue and its network, the public, and
// the wire to the database. There things go wrong as they do in life: statements
// fail, commits get lost or their answers do, processes are killed at any point,
// backups are put in place, the clock is turned, rankings are emptied.
//
// One number decides everything, so that what went wrong goes wrong again. Things
// that really happen at the same time happen in the midst of each other, at a point
// that was drawn, and never in parallel.
package simtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// What the servers of a simulation are set up with.
const (
	user     = "actblue"
	password = "a:password with a colon"
	secret   = "a secret for tests, long enough"
)

// Program is what a simulation needs of the program beside what everybody can import.
type Program struct {
	// Standings wires the way from a ledger to what is shown.
	Standings func(*ledger.Store, ranking.Rankings, func() time.Time) Standings
	// Replay takes in a quarantined notice again.
	Replay func(ctx context.Context, store *ledger.Store, id int64, kind leaderboard.NoticeKind, body []byte,
		identity leaderboard.Identity, digest [32]byte) error
}

// Standings is the way from a ledger to what is shown.
type Standings interface {
	Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error)
	Follow(ctx context.Context) error
	Rebuild(ctx context.Context) error
	// Held gives all that the ranking holds of a drive, for an audit.
	Held(ctx context.Context, drive leaderboard.Drive, atLeast int64) (leaderboard.Figures, error)
}

// Stage is where simulations take place, one after the other.
type Stage struct {
	program Program
	folder  string
	empty   image
}

// NewStage prepares simulations of a program. Their databases lie in the folder.
func NewStage(ctx context.Context, program Program, folder string) (*Stage, error) {
	d := &disk{folder: folder, file: folder + "/empty.db"}
	store, err := ledger.Open(ctx, ledger.Options{URL: "sqlite:" + d.file, Secret: []byte(secret)})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(store.Close(), d.shorten()); err != nil {
		return nil, err
	}
	empty, err := d.take()
	return &Stage{program: program, folder: folder, empty: empty}, err
}

// Outcome is how a simulation ended.
type Outcome struct {
	// Fault is the first thing that was not as it must be, at that step.
	Fault error
	Step  int
	// Ending is the last lines of the story, and Story stands for all of it: two runs
	// of one number have the same.
	Ending string
	Story  uint64
}

// Simulate lives through the simulation of a number. It must be called in a bubble of
// [testing/synctest]: virtual time passes only while everything waits, so that neither
// the machine's speed nor its number of processors makes a difference. Tell, if it is
// not nil, is told the story line by line.
func (g *Stage) Simulate(seed uint64, tell func(line string)) Outcome {
	s, err := newSimulation(seed, g.program, g.folder, g.empty)
	if err != nil {
		return Outcome{Fault: fmt.Errorf("making the world: %w", err)}
	}
	s.story.tell = tell
	s.run()
	if err := s.end(); err != nil {
		s.check(false, "clearing away: %v", err)
	}
	return Outcome{Fault: s.fault, Step: s.step, Ending: s.ending(), Story: s.story.hash.Sum64()}
}
