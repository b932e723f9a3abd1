package simtest

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// simulation is a drive with all that may happen to it, made from one number. One
// thing happens after the other: whatever really would happen at the same time is
// begun in the midst of something else, at a point that was drawn.
type simulation struct {
	seed    uint64
	program Program
	rng     *rand.Rand
	random  io.Reader // the ledger's
	ctx     context.Context
	clock   *turningClock
	habits  habits
	race    *actbluetest.Race
	hosts   []leaderboard.Host
	codes   []string

	disk    *disk
	servers []*process
	desk    *process
	// shared is the ranking that both servers share, if they do.
	shared  *twin
	history *history
	post    *post
	reader  *reader

	step    int
	mishaps []mishap
	// calm: nothing goes wrong in this step.
	calm bool
	// deep counts how deep things happen in the midst of others.
	deep int
	// interlude, if set, is what happens in the midst of something next.
	interlude func()
	backups   []backup
	// ahead is by how much the clock is wrong.
	ahead time.Duration
	// checkNextStart: somebody was killed, and the ledger has not been looked at since.
	checkNextStart bool
	// cold: the database is made in the simulation.
	cold bool

	story story
	fault error
}

// backup is a copy of the database, with what it must say.
type backup struct {
	image  image
	moment *moment
}

// habits are what is likely in a simulation; each seed has others.
type habits struct {
	servers, orders, steps int
	shares                 bool
	length                 time.Duration
	// trouble is in which share of the steps something goes wrong, lossy that of
	// deliveries or answers that get lost.
	trouble, lossy float64
	mishaps        []mishapKind
	clockErrs      bool
	restores       bool
}

func drawHabits(rng *rand.Rand) habits {
	h := habits{
		servers: 1 + rng.IntN(2), orders: 3 + rng.IntN(6), steps: 15 + rng.IntN(35), shares: rng.IntN(2) == 0,
		length:  time.Hour + time.Duration(rng.Int64N(int64(30*time.Hour))),
		trouble: pickOf(rng, []float64{0, 0.1, 0.3, 0.6}), lossy: pickOf(rng, []float64{0, 0.05, 0.2}),
		clockErrs: rng.IntN(4) == 0, restores: rng.IntN(3) == 0,
	}
	if rng.IntN(4) == 0 { // a few are long, and most are short and many
		h.orders, h.steps = 2*h.orders, 2*h.steps
	}
	kinds := []mishapKind{failure, lost, tear, refusal, kill, intruder, intruder}
	rng.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	h.mishaps = kinds[:1+rng.IntN(len(kinds))]
	return h
}

type edge struct{ zone, at string }

// edges are instants around which races are laid: changes of the clocks, a midnight
// that is missing, the turn of a year.
func edges() []edge {
	return []edge{
		{"America/New_York", "2026-11-01T06:00:00Z"},
		{"America/New_York", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-10-25T04:00:00Z"},
		{"America/New_York", "2027-01-01T05:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
		{"Africa/Cairo", "2026-04-23T22:00:00Z"},
		{"Asia/Kolkata", "2026-10-24T18:30:00Z"},
	}
}

// newSimulation makes a world from a number, around a ledger that holds nothing.
func newSimulation(seed uint64, program Program, folder string, empty image) (*simulation, error) {
	rng := rand.New(rand.NewPCG(seed, 0x73696d756c617465))
	s := &simulation{
		seed: seed, program: program, rng: rng, ctx: context.Background(), habits: drawHabits(rng),
		random: rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24), byte(seed >> 32)}),
		hosts: []leaderboard.Host{
			"mastodon.social", "mas.to", "fosstodon.org", "tiny.example", "my-inst.example", "xn--bcher-kva.example", "example.net",
		}[:3+rng.IntN(5)],
		codes: []string{"newsletter_june", "spring-toot"},
		disk:  &disk{folder: folder, refusal: refusalOfSQLite()},
		story: story{hash: fnv.New64a()},
	}
	if err := s.makeRace(); err != nil {
		return nil, err
	}
	s.reader, s.post = newReader(s), newPost(s.race)
	if s.habits.shares {
		s.shared = newTwin()
	}
	for i := range s.habits.servers {
		s.servers = append(s.servers, &process{s: s, name: string(rune('A' + i))})
	}
	s.desk = &process{s: s, name: "the desk", desk: true}
	if s.cold = s.chance(0.02); s.cold {
		empty = image{}
	}
	return s, s.disk.lay(empty)
}

func (s *simulation) makeRace() (err error) {
	edge := pickOf(s.rng, edges())
	zone, err := time.LoadLocation(edge.zone)
	if err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, edge.at)
	if err != nil {
		return err
	}
	mix := actbluetest.HarshMix()
	mix.Recurring = 0.15
	if s.chance(0.3) {
		mix = actbluetest.DefaultMix()
	}
	length := s.habits.length
	end := at.Add(time.Duration(s.rng.Int64N(int64(length))))
	o := actbluetest.Options{
		Seed: s.seed, Hosts: s.hosts, Forms: []string{"form-one", "form-two"}, Entities: []int64{900001, 900002},
		Aliases: map[string]leaderboard.Host{s.codes[0]: pickOf(s.rng, s.hosts), s.codes[1]: pickOf(s.rng, s.hosts)},
		Now:     end, Start: end.Add(-length), Backlog: s.habits.orders, Live: -1, Mix: &mix,
	}
	if s.chance(0.4) {
		o.End = end.Add(-time.Duration(s.rng.Int64N(int64(length / 2))))
	}
	if s.race, err = actbluetest.NewRace(o); err != nil {
		return err
	}
	s.clock = newTurningClock(o.Start.Add(-time.Minute))
	first := leaderboard.Drive{
		ID: 1, Slug: "race", Title: "The race", Forms: []string{"form-one"}, Entities: []int64{900001, 900002}, Goal: 1_000_00,
		Beneficiary: "Example Committee", Disclaimer: "Paid for by Example Committee", Zone: zone, MinDonors: 1 + s.rng.IntN(3),
		Start: s.race.Options.Start, End: s.race.Options.End,
	}
	if s.chance(0.5) {
		first.Forms = []string{"form-one", "form-two"}
	}
	if s.chance(0.25) {
		first.PublishEvery = 15 * time.Minute
	}
	m := &moment{
		model: actbluetest.NewModel(), drives: []driveFile{{Drive: first}}, states: map[leaderboard.Host]leaderboard.InstanceState{},
		codes: map[string]leaderboard.Host{}, sameAs: map[leaderboard.Host]leaderboard.Host{}, decided: map[int64]leaderboard.Host{},
		booked: map[int]bool{}, quarantined: map[int]bool{}, results: map[int64]actbluetest.Result{},
	}
	_, wellKnown := leaderboard.WellKnown()
	for _, host := range s.hosts {
		if slices.Contains(wellKnown, host) {
			m.states[host] = leaderboard.Known
		}
	}
	s.history = &history{moments: []*moment{m}}
	return nil
}

// begin starts all processes and opens the drive. Some databases are made in the
// simulation, and not without trouble.
func (s *simulation) begin() {
	for _, p := range s.everybody() {
		if s.cold {
			s.arm()
			for tries := 0; !p.start() && tries < 10; tries++ {
				s.arm()
			}
		}
		s.mishaps, s.calm = nil, true
		s.check(p.up || p.start(), "%s does not start", p.name)
	}
	if s.fault != nil {
		return
	}
	first := s.history.now().drives[0].Drive
	first.ID = 0 // the ledger's to give
	_, err := s.desk.store.AddDrive(s.ctx, first, organizer, true)
	s.check(err == nil, "opening the drive: %v", err)
}

// end leaves nothing behind.
func (s *simulation) end() error {
	for _, p := range s.everybody() {
		p.stop()
	}
	return s.disk.clear()
}

// run lives through it all.
func (s *simulation) run() {
	s.begin()
	for s.step = 1; s.step <= s.habits.steps && s.fault == nil; s.step++ {
		for _, p := range s.everybody() {
			p.hit = false
		}
		s.arm()
		s.act()
		s.mishaps = nil
		s.clearAway()
	}
	if s.fault == nil {
		s.finish()
	}
}

// check notes the first thing that is not as it must be; after it the simulation ends.
func (s *simulation) check(right bool, format string, args ...any) {
	if !right && s.fault == nil {
		s.fault = fmt.Errorf(format, args...)
	}
}

func (s *simulation) chance(share float64) bool { return s.rng.Float64() < share }

func pickOf[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
