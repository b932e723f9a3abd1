package metrics

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fedirally/cmd/fedirally/bot"
	"fedirally/cmd/fedirally/web"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// Ledger is what is asked of the ledger for a reader of the metrics.
type Ledger interface {
	Queue() ledger.Queue
	Vitals(ctx context.Context) (ledger.Vitals, error)
	Drives(ctx context.Context) ([]leaderboard.Drive, error)
	Outbox(ctx context.Context, drive int64) (ledger.Outbox, error)
	Talk(ctx context.Context) (ledger.Talk, error)
	Looked(ctx context.Context) (ledger.Looked, error)
}

var _ Ledger = (*ledger.Store)(nil)

// Sources are what can be asked how it stands. All but Redis, Bot and File are needed.
type Sources struct {
	Ledger   Ledger
	Progress func() ranking.Progress
	Pages    func() web.Activity
	// Redis says whether it answers; nil where the ranking is held in this process.
	Redis func(context.Context) error
	// Bot says how the bot stands; nil where there is none.
	Bot func() bot.Status
	// File is the SQLite database; empty with PostgreSQL.
	File string
}

// Watch adds what is read from the sources whenever somebody reads the metrics. It
// may be called once.
func (m *Metrics) Watch(s Sources) {
	st := &state{
		sources: s,
		figures: figures(),
		facts:   &probe[facts]{clock: m.clock, ask: func(ctx context.Context) (facts, error) { return readFacts(ctx, s.Ledger, m.clock()) }},
		disk:    &probe[disk]{clock: m.clock, ask: func(context.Context) (disk, error) { return readDisk(s.File) }},
		redis:   &probe[bool]{clock: m.clock, ask: func(ctx context.Context) (bool, error) { return true, s.Redis(ctx) }},
	}
	m.registry.MustRegister(st)
}

// state reads the sources at each collection.
type state struct {
	sources Sources
	figures []figure
	facts   *probe[facts]
	disk    *probe[disk]
	redis   *probe[bool]
}

// facts are what only the database knows.
type facts struct {
	ledger.Vitals
	drives map[leaderboard.DriveState]int
	outbox ledger.Outbox
	talk   ledger.Talk
	looked ledger.Looked
}

func readFacts(ctx context.Context, l Ledger, now time.Time) (facts, error) {
	vitals, err := l.Vitals(ctx)
	if err != nil {
		return facts{}, err
	}
	drives, err := l.Drives(ctx)
	if err != nil {
		return facts{}, err
	}
	outbox, err := l.Outbox(ctx, 0)
	if err != nil {
		return facts{}, err
	}
	talk, err := l.Talk(ctx)
	if err != nil {
		return facts{}, err
	}
	looked, err := l.Looked(ctx)
	if err != nil {
		return facts{}, err
	}
	f := facts{Vitals: vitals, drives: map[leaderboard.DriveState]int{}, outbox: outbox, talk: talk, looked: looked}
	for _, drive := range drives {
		f.drives[drive.State(now)]++
	}
	return f, nil
}

// reading is all that one collection tells. What is nil is not known.
type reading struct {
	queue    ledger.Queue
	progress ranking.Progress
	pages    web.Activity
	facts    *facts
	disk     *disk
	// redis is whether it answers; nil if there is none.
	redis *bool
	// bot is nil if there is none.
	bot *bot.Status
}

// read asks at the same time all that may have to be waited for.
func (s *state) read() reading {
	r := reading{queue: s.sources.Ledger.Queue(), progress: s.sources.Progress(), pages: s.sources.Pages()}
	if s.sources.Bot != nil {
		status := s.sources.Bot()
		r.bot = &status
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		if known, err := s.facts.get(); err == nil {
			r.facts = &known
		}
	})
	if s.sources.File != "" {
		asking.Go(func() {
			if known, err := s.disk.get(); err == nil {
				r.disk = &known
			}
		})
	}
	if s.sources.Redis != nil {
		asking.Go(func() {
			_, err := s.redis.get()
			answers := err == nil
			r.redis = &answers
		})
	}
	asking.Wait()
	return r
}

// Describe implements [prometheus.Collector].
func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, f := range s.figures {
		to <- f.desc
	}
}

// Collect implements [prometheus.Collector]. What is not known is left out: an old
// figure would look like a good one.
func (s *state) Collect(to chan<- prometheus.Metric) {
	now := s.read()
	for _, f := range s.figures {
		if value := f.of(now); !math.IsNaN(value) {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, value)
		}
	}
}
