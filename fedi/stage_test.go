package fedi_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

// stage is a bot on a simulated server: everything that is needed to let it speak,
// crash and speak again.
type stage struct {
	t       *testing.T
	clock   *clock
	server  *feditest.Server
	outbox  *feditest.Outbox
	patient *patient
	speaker *fedi.Speaker
	pace    fedi.Pace
	// write stands for the writer; nil: plain words.
	write func(fedi.Row) (fedi.Toot, error)
	wrote map[int64]int
}

// patient is a transport that gives up as soon as the server says that it hangs, so
// that nobody has to wait for it.
type patient struct {
	next http.RoundTripper
	// after is called after each request, if it is there.
	after func()
	mu    sync.Mutex
	stop  context.CancelFunc
}

func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	p.mu.Lock()
	p.stop = cancel
	p.mu.Unlock()
	response, err := p.next.RoundTrip(r.WithContext(ctx))
	if p.after != nil {
		p.after()
	}
	return response, err
}

func (p *patient) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		p.stop()
	}
}

func newStage(t *testing.T, options feditest.Options) *stage {
	t.Helper()
	s := &stage{t: t, clock: newClock(), outbox: &feditest.Outbox{}, wrote: map[int64]int{}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.patient = &patient{next: s.outbox.Transport(transport)}
	options.Now, options.Hanging = s.clock.Now, s.patient.giveUp
	s.server = open(t, options)
	return s
}

// start starts the program: nothing is left in memory.
func (s *stage) start() {
	s.t.Helper()
	client, err := fedi.New(fedi.Config{
		Server: s.server.URL(), Token: s.server.Token(), Transport: s.patient, Timeout: 20 * time.Second, Now: s.clock.Now,
	})
	require.NoError(s.t, err)
	s.speaker, err = fedi.NewSpeaker(fedi.SpeakerConfig{
		Client: client, Outbox: s.outbox, Ledger: "a ledger", Now: s.clock.Now, Pace: s.pace,
		Write: func(_ context.Context, row fedi.Row, _ fedi.Limits) (fedi.Toot, error) {
			s.wrote[row.ID]++
			if s.write != nil {
				return s.write(row)
			}
			return toot(linkOf(row.ID)), nil
		},
	})
	require.NoError(s.t, err)
}

func linkOf(row int64) string { return fmt.Sprintf("https://rally.example/drives/x?n=%d", row) }

// speak lets the speaker speak under a lease of two minutes.
func (s *stage) speak() fedi.Rest {
	s.t.Helper()
	rest, err := s.speaker.Speak(s.t.Context(), s.clock.Now().Add(2*time.Minute))
	require.NoError(s.t, err)
	return rest
}

// play lets the bot speak, wait, crash and start again until all rows have ended. It
// gives the points at which it crashed.
func (s *stage) play() []string {
	s.t.Helper()
	var all []string
	for {
		crashes := s.playUntilCrash()
		if len(crashes) == 0 {
			return all
		}
		all = append(all, crashes...)
	}
}

// playUntilCrash starts the bot and lets it speak and wait until all rows have ended, or
// it has crashed: then it gives the point at which it did.
func (s *stage) playUntilCrash() []string {
	s.t.Helper()
	s.start()
	for range 2000 {
		if s.ended() {
			return nil
		}
		rest, err := s.speaker.Speak(s.t.Context(), s.clock.Now().Add(2*time.Minute))
		if where, crashed := s.outbox.Restart(); crashed {
			s.clock.pass(time.Second)
			return []string{where}
		}
		require.NoError(s.t, err)
		s.clock.pass(max(rest.Until.Sub(s.clock.Now()), time.Second))
	}
	require.FailNow(s.t, "it does not come to an end", "%+v", s.outbox.Rows())
	return nil
}

func (s *stage) ended() bool {
	for _, row := range s.outbox.Rows() {
		if !row.Done && !row.Dropped {
			return false
		}
	}
	return true
}

// add puts news of that kind into the outbox.
func (s *stage) add(kind leaderboard.NewsKind) int64 {
	return s.outbox.Add(leaderboard.News{Kind: kind, Drive: 1, Host: "fosstodon.example"}, s.clock.Now())
}

// row gives a row as it is in the outbox.
func (s *stage) row(id int64) feditest.OutboxRow { return s.outbox.Rows()[id-1] }

// requests counts what has arrived at a method and path.
func (s *stage) requests(method, path string) int {
	n := 0
	for _, request := range s.server.Requests() {
		if request.Method == method && request.Path == path {
			n++
		}
	}
	return n
}
