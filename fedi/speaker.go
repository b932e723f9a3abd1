package fedi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Pace is how long a [Speaker] takes and waits. Zero values are filled from
// [DefaultPace].
type Pace struct {
	// Attempt bounds an attempt as a whole, and Picture the upload of a picture in it.
	Attempt, Picture time.Duration
	// Least is the time below which no attempt is begun: what is left of a lease.
	Least time.Duration
	// Margin is kept between the end of an attempt and that of the lease, to note it down.
	Margin time.Duration
	// Settle is how long after an attempt began it is looked for at the earliest, and
	// tried again: by then whatever the server still had in its queues has arrived. It
	// doubles with each attempt, up to Longest.
	Settle, Longest time.Duration
	// Pause is how long an account that may not post is left alone.
	Pause time.Duration
	// Gap is the least time between two posts.
	Gap time.Duration
	// Aside is after how many attempts a row lets others go first.
	Aside int
}

// DefaultPace suits a server on the internet, and leases of a minute and more.
func DefaultPace() Pace {
	return Pace{
		Attempt: 45 * time.Second, Picture: 20 * time.Second, Least: 15 * time.Second, Margin: 5 * time.Second,
		Settle: 2 * time.Minute, Longest: 20 * time.Minute, Pause: 15 * time.Minute, Gap: time.Minute, Aside: 5,
	}
}

func (p Pace) filled() Pace {
	usual := DefaultPace()
	return Pace{
		Attempt: cmp.Or(p.Attempt, usual.Attempt), Picture: cmp.Or(p.Picture, usual.Picture), Least: cmp.Or(p.Least, usual.Least),
		Margin: cmp.Or(p.Margin, usual.Margin), Settle: cmp.Or(p.Settle, usual.Settle), Longest: cmp.Or(p.Longest, usual.Longest),
		Pause: cmp.Or(p.Pause, usual.Pause), Gap: cmp.Or(p.Gap, usual.Gap), Aside: cmp.Or(p.Aside, usual.Aside),
	}
}

// UnsaidError is why news is not told: it is no longer true, or no longer news.
type UnsaidError struct{ Why string }

func (e *UnsaidError) Error() string { return e.Why }

// SpeakerConfig is what a [Speaker] needs.
type SpeakerConfig struct {
	Client *Client
	Outbox Outbox
	// Write turns news into a toot, from the figures as they are. A row for which it
	// returns an [UnsaidError] is dropped; other errors mean that it could not be found out.
	Write func(ctx context.Context, row Row, limits Limits) (Toot, error)
	// Ledger tells this outbox from all others in the world.
	Ledger string
	Now    func() time.Time
	// Logger gets a line for each toot; nil discards them.
	Logger *slog.Logger
	Pace   Pace
}

// Speaker posts what is in an outbox: each toot exactly once, in order. One goroutine
// calls [Speaker.Ready] and [Speaker.Speak]; any may call [Speaker.Rest].
type Speaker struct {
	client *Client
	outbox Outbox
	write  func(context.Context, Row, Limits) (Toot, error)
	ledger string
	now    func() time.Time
	log    *slog.Logger
	pace   Pace

	mu     sync.Mutex
	rest   Rest
	misses int
}

// Rest is what a [Speaker] waits for.
type Rest struct {
	// Until is when to come again; zero: when something new may be due, at the caller's
	// own beat.
	Until time.Time
	// Why says what is waited for; empty when nothing is wrong.
	Why string
	// Paused says that the account may not post, and that a person has to see to it.
	Paused bool

	// held says that no row is looked at before, whatever comes into the outbox.
	held bool
}

// NewSpeaker makes a speaker, and names everything that is missing at once.
func NewSpeaker(config SpeakerConfig) (*Speaker, error) {
	var faults []error
	need := func(missing bool, what string) {
		if missing {
			faults = append(faults, fmt.Errorf("the speaker's %s is missing", what))
		}
	}
	need(config.Client == nil, "client")
	need(config.Outbox == nil, "outbox")
	need(config.Write == nil, "writer")
	need(config.Ledger == "", "ledger")
	need(config.Now == nil, "clock")
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	s := &Speaker{
		client: config.Client, outbox: config.Outbox, write: config.Write, ledger: config.Ledger,
		now: config.Now, log: config.Logger, pace: config.Pace.filled(),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Rest tells what the speaker waits for, for those who look after it.
func (s *Speaker) Rest() Rest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rest
}

func (s *Speaker) setRest(rest Rest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = rest
}

// Ready reports whether the server answers and takes the token, before something is said
// that would have to wait otherwise. After a failure it answers no without asking, until
// the time in [Speaker.Rest] has come.
func (s *Speaker) Ready(ctx context.Context) bool {
	if rest := s.Rest(); rest.held && rest.Why != "" && rest.Until.After(s.now()) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.pace.Attempt)
	defer cancel()
	if _, err := s.client.verify(ctx); err != nil {
		rest := s.restFor(err)
		s.setRest(rest)
		s.log.WarnContext(ctx, "the bot's server does not answer as it should: nothing is said meanwhile",
			slog.Time("again", rest.Until), slog.String("why", rest.Why))
		return false
	}
	s.misses = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rest.Why != "" {
		s.rest = Rest{}
	}
	return true
}

// Speak posts what is due, and returns with what to wait for: the gap after a toot,
// the server, the next attempt, or something new. The caller holds a lease until then;
// no attempt goes on beyond its end. An error means that the outbox did not work, or
// ctx has ended; to come again is always safe.
//
// A row that was tried may have been posted, whatever the server answered: an answer
// can be lost, and a proxy can say that there is none. So before every further attempt
// the account's latest posts are searched for the row's own link. The Idempotency-Key
// goes with every attempt as well, for servers that honor it.
func (s *Speaker) Speak(ctx context.Context, until time.Time) (Rest, error) {
	if rest := s.Rest(); rest.held && rest.Until.After(s.now()) {
		return rest, nil
	}
	for {
		rest, goOn, err := s.step(ctx, until)
		if err != nil {
			return Rest{}, err
		}
		if !goOn {
			s.setRest(rest)
			return rest, nil
		}
	}
}

// step deals with the first row. It reports whether to go on with the next.
func (s *Speaker) step(ctx context.Context, until time.Time) (Rest, bool, error) {
	if ctx.Err() != nil {
		return Rest{}, false, ctx.Err()
	}
	now := s.now()
	left := until.Sub(now) - s.pace.Margin
	if left < s.pace.Least {
		return Rest{Until: until}, false, nil
	}
	row, found, err := s.outbox.Next(ctx, now)
	if err != nil {
		return Rest{}, false, fmt.Errorf("reading the toot outbox: %w", err)
	}
	if !found {
		return Rest{}, false, nil
	}
	if due := s.due(row); due.After(now) {
		if row.Attempts < s.pace.Aside {
			return Rest{Until: due, Why: "the server did not take a toot, or it is not known"}, false, nil
		}
		err := s.outbox.Later(ctx, row.ID, due, fmt.Sprintf("it has been tried %d times: others go first", row.Attempts))
		return Rest{}, true, err
	}
	attempt, cancel := context.WithTimeout(ctx, min(left, s.pace.Attempt))
	defer cancel()
	return s.say(attempt, row)
}

// due is when a row may be tried. It follows from what the outbox knows, so that it is
// the same after a restart.
func (s *Speaker) due(row Row) time.Time {
	if row.Attempts == 0 {
		return time.Time{}
	}
	wait := s.pace.Settle
	for i := 1; i < row.Attempts && wait < s.pace.Longest; i++ {
		wait *= 2
	}
	wait = max(min(wait, s.pace.Longest), s.pace.Settle)
	return row.Tried.Add(wait + time.Duration(jitter(s.ledger, row)*float64(wait)/4))
}
