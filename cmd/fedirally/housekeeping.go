package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"fedirally/cmd/fedirally/metrics"
)

const (
	// publishTick is how often it is looked whether a clock step has passed.
	publishTick = time.Second
	// expireTick is how often data that has been kept for its time is removed.
	expireTick = time.Hour
	// checkTick is how often the database file is read from end to end.
	checkTick = 24 * time.Hour
	// probeTick is how often a database that takes no writes is tried again.
	probeTick = 5 * time.Second
)

// keepHouse publishes at clock steps, removes what was kept for its time, checks the
// database file and tries a database that takes no writes, each beside the others,
// until ctx ends. A server that is restarted every half hour must do so too, so all
// begin at once.
func (s *server) keepHouse(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { s.repeat(ctx, "publishing at clock steps", publishTick, s.publish) })
	all.Go(func() { s.repeat(ctx, "removing what was kept for its time", expireTick, s.expire) })
	all.Go(func() { s.repeat(ctx, "checking the database file", checkTick, s.store.Check) })
	all.Go(func() { s.repeat(ctx, "trying to write", probeTick, s.store.Probe) })
	all.Wait()
}

// repeat does something at every tick. A failure is logged when it begins, and
// when it is over: the database may be away for a while.
func (s *server) repeat(ctx context.Context, what string, tick time.Duration, do func(context.Context) error) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	failing := false
	for {
		err := do(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.logger.Error("housekeeping fails and is tried again and again", slog.String("what", what),
				slog.Duration("every", tick), slog.Any("error", err))
		case err == nil && failing:
			s.logger.Info("housekeeping goes on", slog.String("what", what))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *server) publish(ctx context.Context) error {
	err := s.store.Publish(ctx)
	s.metrics.Did(metrics.Publish, 0, err)
	return err
}

// expire removes what was kept for its time, if the clock can be trusted to say so.
func (s *server) expire(ctx context.Context) error {
	if held, err := s.store.ClockHeld(ctx); err != nil || !held {
		s.metrics.Did(metrics.Expire, 0, err)
		s.metrics.Did(metrics.Purge, 0, err)
		return err
	}
	expired, err := s.store.Expire(ctx)
	s.metrics.Did(metrics.Expire, expired, err)
	purged, purging := s.store.Purge(ctx, s.keep)
	s.metrics.Did(metrics.Purge, int64(purged), purging)
	if purged > 0 {
		s.logger.Info("personal data was kept for its time and is removed", slog.Int("donors", purged))
	}
	return errors.Join(err, purging)
}
