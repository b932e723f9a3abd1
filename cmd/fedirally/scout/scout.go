// Package scout looks at instances, a few a minute and each at most once a day, and keeps
// what they say of themselves in the ledger. Of several servers on one ledger one looks at
// a time: the one that has the lease.
//
// No visitor can have it look anywhere: which instances are due is the ledger's to say.
package scout

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const (
	// lease names what only one of several servers may do.
	lease = "directory"
	// leaseTime is how long a server may look without asking again. It is longer than a
	// look takes, and the clocks of servers may differ by the rest.
	leaseTime = 2 * time.Minute
	lookTime  = time.Minute
	// usualPace is how long lies between two looks, on average.
	usualPace = 20 * time.Second
	// firstRest is how long a server that was just started has other things to do.
	firstRest = time.Minute
	// writeTime bounds what is asked of the ledger.
	writeTime = 10 * time.Second
)

// Looker asks the servers of instances.
type Looker interface {
	Look(ctx context.Context, host leaderboard.Host) (leaderboard.Facts, error)
	Icon(ctx context.Context, address string) ([]byte, error)
}

// Config is what a [Scout] needs.
type Config struct {
	Ledger *ledger.Store
	Looker Looker
	// Holder names this server among those on the ledger.
	Holder string
	Clock  func() time.Time
	// Chance gives numbers from 0 to 1, by which looks are spread.
	Chance func() float64
	Logger *slog.Logger
	// Pace is how long lies between two looks, on average; 0: 20 s.
	Pace time.Duration
}

// Scout looks at instances. One goroutine calls [Scout.Run].
type Scout struct {
	Config
	holds, failing bool
}

// New makes a scout that has not begun.
func New(c Config) (*Scout, error) {
	if c.Ledger == nil || c.Looker == nil || c.Holder == "" || c.Clock == nil || c.Chance == nil {
		return nil, errors.New("the scout lacks its ledger, looker, holder, clock or chance")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Pace = cmp.Or(c.Pace, usualPace)
	return &Scout{Config: c}, nil
}

// Run looks at what is due until ctx ends, and lets another server look then.
func (s *Scout) Run(ctx context.Context) {
	defer s.giveUp(ctx)
	for rest := firstRest; ; rest = s.Pace/2 + time.Duration(s.Chance()*float64(s.Pace)) {
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		s.mark(ctx, s.Turn(ctx))
	}
}

// Turn looks at the one instance that has waited longest, if any is due and no other
// server looks. An instance that cannot be asked is no error.
func (s *Scout) Turn(ctx context.Context) error {
	host, err := s.next(ctx)
	if err != nil || host == "" {
		return err
	}
	asked, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if s.holds, err = s.Ledger.Lease(asked, lease, s.Holder, s.Clock().Add(leaseTime)); err != nil || !s.holds {
		return err
	}
	// Another server may just have looked at it.
	if host, err = s.next(ctx); err != nil || host == "" {
		return err
	}
	var away *AwayError
	switch _, err = s.Look(ctx, host); {
	case errors.As(err, &away):
		s.Logger.DebugContext(ctx, "an instance could not be asked", slog.String("host", string(host)), slog.Any("error", away.Why))
		return nil
	case ctx.Err() != nil:
		return nil
	}
	return err
}

func (s *Scout) next(ctx context.Context) (leaderboard.Host, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	hosts, err := s.Ledger.DueInstances(ctx, 1)
	if err != nil || len(hosts) == 0 {
		return "", err
	}
	return hosts[0], nil
}

// AwayError says that an instance could not be asked, or did not answer as one. What was
// known of it before stays.
type AwayError struct{ Why error }

func (e *AwayError) Error() string { return e.Why.Error() }
func (e *AwayError) Unwrap() error { return e.Why }

// ErrNoInstance says that a server answers, but not as an instance does.
var ErrNoInstance = errors.New("its server answers, but not as one of the Fediverse")

// Look looks at an instance now, keeps what it says, and makes it known if it was pending.
// It returns an [AwayError] if there was nothing to keep.
func (s *Scout) Look(ctx context.Context, host leaderboard.Host) (leaderboard.Profile, error) {
	profile, _, err := s.Ledger.Profile(ctx, host)
	if err != nil {
		return profile, err
	}
	// It is noted before anything is asked: what ends the program must not be the first
	// thing that it does again.
	profile.Looked = s.Clock()
	profile.Failures++
	profile.Next = leaderboard.NextLook(profile.Looked, profile.Failures, s.Chance())
	if err := s.Ledger.PutProfile(ctx, profile); err != nil {
		return profile, err
	}
	limited, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	facts, err := s.Looker.Look(limited, host)
	if err == nil && !facts.Fediverse {
		err = ErrNoInstance
	}
	if err != nil {
		return profile, &AwayError{err}
	}
	s.picture(limited, &profile, facts)
	profile.Facts, profile.Read, profile.Failures = facts, profile.Looked, 0
	profile.Next = leaderboard.NextLook(profile.Looked, 0, s.Chance())
	if err := s.Ledger.PutProfile(ctx, profile); err != nil {
		return profile, err
	}
	return profile, s.makeKnown(ctx, host)
}

// picture fetches an instance's picture. The last one stays where the same one cannot be
// fetched today.
func (s *Scout) picture(ctx context.Context, profile *leaderboard.Profile, facts leaderboard.Facts) {
	if facts.IconAddress != profile.IconAddress {
		profile.Icon, profile.Digest = nil, ""
	}
	if facts.IconAddress == "" {
		return
	}
	icon, err := s.Looker.Icon(ctx, facts.IconAddress)
	if err != nil {
		s.Logger.DebugContext(ctx, "an instance's picture could not be had", slog.String("host", string(profile.Host)), slog.Any("error", err))
		return
	}
	sum := sha256.Sum256(icon)
	profile.Icon, profile.Digest = icon, base64.RawURLEncoding.EncodeToString(sum[:15])
}

// makeKnown makes an instance known that gifts have named.
func (s *Scout) makeKnown(ctx context.Context, host leaderboard.Host) error {
	instance, found, err := s.Ledger.Instance(ctx, host)
	if err != nil || !found || instance.State != leaderboard.Pending {
		return err
	}
	made, err := s.Ledger.FindInstance(ctx, host)
	if err != nil {
		return fmt.Errorf("making %s known: %w", host, err)
	}
	if made {
		s.Logger.InfoContext(ctx, "an instance that gifts have named answers as one, and is known now", slog.String("host", string(host)))
	}
	return nil
}

// giveUp ends the lease, so that another server need not wait for its end.
func (s *Scout) giveUp(ctx context.Context) {
	if !s.holds {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	if _, err := s.Ledger.Lease(ctx, lease, s.Holder, s.Clock()); err != nil {
		s.Logger.WarnContext(ctx, "the lease of the directory could not be given up; another server looks when it has run out", slog.Any("error", err))
	}
}

// mark logs a failure when it begins, and when it is over.
func (s *Scout) mark(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !s.failing:
		s.Logger.ErrorContext(ctx, "looking at instances fails and is tried again and again", slog.Any("error", err))
	case err == nil && s.failing:
		s.Logger.InfoContext(ctx, "looking at instances goes on")
	}
	s.failing = err != nil
}
