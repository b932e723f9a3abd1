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
)

// keepHouse publishes at clock steps and removes what was kept for its time, each
// beside the other, until ctx ends. A server that is restarted every half hour
// must do so too, so both begin at once.
func (s *server) keepHouse(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { s.repeat(ctx, "publishing at clock steps", publishTick, s.publish) })
	both.Go(func() { s.repeat(ctx, "removing what was kept for its time", expireTick, s.expire) })
	both.Wait()
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

func (s *server) expire(ctx context.Context) error {
	expired, err := s.store.Expire(ctx)
	s.metrics.Did(metrics.Expire, expired, err)
	purged, purging := s.store.Purge(ctx, s.keep)
	s.metrics.Did(metrics.Purge, int64(purged), purging)
	if purged > 0 {
		s.logger.Info("personal data was kept for its time and is removed", slog.Int("donors", purged))
	}
	return errors.Join(err, purging)
}
