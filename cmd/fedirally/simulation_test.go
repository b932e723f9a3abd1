package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/simtest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// simulatedFor is how long the simulation goes on where nothing else is asked for.
const simulatedFor = 20 * time.Second

// TestSimulation goes through the numbers from 1 on for some seconds. FEDIRALLY_SEED
// runs a single one and tells its story, FEDIRALLY_SEEDS that many from
// FEDIRALLY_FIRST_SEED (1) on, and FEDIRALLY_SIM_TIME (as 2h) as many as there is
// time for, from a number on that nobody has tried.
func TestSimulation(t *testing.T) {
	if text := os.Getenv("FEDIRALLY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		simulate(t, newStage(t), seed, func(line string) { fmt.Println(line) })
		return
	}
	seeds := seedsOf(t)
	t.Run("seeds", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(strconv.Itoa(worker), func(t *testing.T) {
				t.Parallel()
				stage := newStage(t)
				defer func() { // a bubble that fails ends its test at once
					if t.Failed() {
						seeds.failed.Store(true)
					}
				}()
				for !seeds.failed.Load() {
					seed, more := seeds.next()
					if !more {
						return
					}
					simulate(t, stage, seed, nil)
				}
			})
		}
	})
	t.Logf("%d seeds from %d on", seeds.given.Load(), seeds.first)
}

// TestSimulationsRepeatThemselves lives through some simulations twice, with one
// processor and with all. Each story, down to the bytes in the database, must be the
// same, or a number that failed would be of no use.
func TestSimulationsRepeatThemselves(t *testing.T) {
	stage := newStage(t)
	seeds := []uint64{1, 2, 3, 4, 5, 6}
	stories := map[uint64]uint64{}
	for _, seed := range seeds {
		stories[seed] = simulate(t, stage, seed, nil)
	}
	all := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(all)
	distinct := map[uint64]bool{}
	for _, seed := range seeds {
		assert.Equal(t, stories[seed], simulate(t, stage, seed, nil), "the story of seed %d", seed)
		distinct[stories[seed]] = true
	}
	assert.Len(t, distinct, len(seeds), "each number has a story of its own")
}

// newStage prepares simulations of this program, in memory where the system has a
// folder that lies there.
func newStage(t *testing.T) *simtest.Stage {
	folder := t.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		folder, err = os.MkdirTemp("/dev/shm", "fedirally-simulation-") //nolint:usetesting // that one lies on a disk
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(folder) })
	}
	stage, err := simtest.NewStage(t.Context(), simtest.Program{
		Standings: func(store *ledger.Store, rankings ranking.Rankings, clock func() time.Time) simtest.Standings {
			return simulated{&standings{rankings: rankings, kind: "memory", follower: ranking.NewFollower(ranking.FollowerConfig{
				Source: store, Rankings: rankings, Clock: clock,
			})}}
		},
		Replay: func(ctx context.Context, store *ledger.Store, id int64, kind leaderboard.NoticeKind, body []byte,
			identity leaderboard.Identity, digest [32]byte,
		) error {
			p := &program{ctx: ctx, world: world{out: io.Discard, err: io.Discard}}
			return p.replay(store, id, kind, body, identity, digest)
		},
	}, folder)
	require.NoError(t, err)
	return stage
}

// simulated are the program's standings, as a simulation calls them.
type simulated struct{ *standings }

func (s simulated) Follow(ctx context.Context) error  { return s.follower.Follow(ctx) }
func (s simulated) Rebuild(ctx context.Context) error { return s.follower.Rebuild(ctx) }
func (s simulated) Held(ctx context.Context, drive leaderboard.Drive, atLeast int64) (leaderboard.Figures, error) {
	return s.held(ctx, drive, atLeast)
}

// simulate lives through one simulation and gives its story as a number.
func simulate(t *testing.T, stage *simtest.Stage, seed uint64, tell func(string)) (story uint64) {
	hangs := time.AfterFunc(3*time.Minute, func() { fmt.Fprintf(os.Stderr, "the simulation of seed %d hangs\n", seed) })
	defer hangs.Stop()
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(os.Stderr, "in the simulation of seed %d:\n", seed)
			panic(fault)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		outcome := stage.Simulate(seed, tell)
		story = outcome.Story
		if outcome.Fault != nil {
			t.Errorf("%s\n\nseed %d, step %d: %v\n\nFEDIRALLY_SEED=%d go test -count=1 -run '^TestSimulation$' ./cmd/fedirally/",
				outcome.Ending, seed, outcome.Step, outcome.Fault, seed)
		}
	})
	return story
}

// seeds are the numbers that are gone through.
type seeds struct {
	first, count uint64
	until        time.Time
	given        atomic.Uint64
	failed       atomic.Bool
}

func seedsOf(t *testing.T) *seeds {
	number := func(name string) uint64 {
		text := os.Getenv(name)
		if text == "" {
			return 0
		}
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, name)
		return n
	}
	s := &seeds{first: number("FEDIRALLY_FIRST_SEED"), count: number("FEDIRALLY_SEEDS")}
	if text := os.Getenv("FEDIRALLY_SIM_TIME"); text != "" {
		length, err := time.ParseDuration(text)
		require.NoError(t, err)
		s.until = time.Now().Add(length)
		if s.first == 0 {
			s.first = anySeed(t) // hours are for what nobody has seen yet
		}
	} else if s.count == 0 {
		s.until = time.Now().Add(simulatedFor)
	}
	s.first = max(s.first, 1)
	return s
}

func anySeed(t *testing.T) uint64 {
	var bytes [4]byte
	_, err := rand.Read(bytes[:])
	require.NoError(t, err)
	return uint64(binary.BigEndian.Uint32(bytes[:])) << 20
}

func (s *seeds) next() (uint64, bool) {
	if !s.until.IsZero() && !time.Now().Before(s.until) {
		return 0, false
	}
	n := s.given.Add(1) - 1
	if n > 0 && n%1000 == 0 {
		fmt.Fprintf(os.Stderr, "%d simulations from %d on\n", n, s.first)
	}
	if s.count > 0 && n >= s.count {
		s.given.Add(^uint64(0))
		return 0, false
	}
	return s.first + n, true
}
