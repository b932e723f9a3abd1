package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// drainTime is how long requests under way may take when nothing new is taken in.
const drainTime = 10 * time.Second

// run serves until ctx ends, then ends in the order in which nothing is lost and
// nobody is surprised, and closes: first it says that it is not ready, and goes on
// for the drain delay; then it takes in nothing new, finishes what is under way and
// ends the streams, a few at a time; only then does it stop following the ledger,
// and writes what notices still wait. It may be called once.
func (s *server) run(ctx context.Context) error {
	group, serving := errgroup.WithContext(ctx)
	// Boards move on until the last stream has ended, whatever has ended ctx.
	working, rest := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving: %w", err)
		}
		return nil
	})
	if s.admin != nil {
		group.Go(func() error {
			if err := s.admin.Serve(s.adminListener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serving the admin address: %w", err)
			}
			return nil
		})
	}
	group.Go(func() error {
		if err := s.standings.follower.Run(working); working.Err() == nil {
			return fmt.Errorf("following the ledger: %w", err)
		}
		return nil
	})
	group.Go(func() error { s.keepHouse(working); return nil })
	if s.bot != nil {
		// Another server may speak at once, and this one finishes in silence.
		group.Go(func() error { s.bot.Run(serving); return nil })
	}
	if s.scout != nil {
		group.Go(func() error { s.scout.Run(serving); return nil })
	}
	group.Go(func() error {
		defer rest()
		<-serving.Done()
		return s.finish(ctx)
	})
	err := group.Wait()
	return errors.Join(err, s.close())
}

// finish ends serving: at leisure if told ended, which is how a server is told to
// end, and at once if it has failed.
func (s *server) finish(told context.Context) error {
	s.drain()
	if told.Err() != nil && s.drainDelay > 0 {
		s.logger.Info("told to end: not ready any more, and serving on", slog.Duration("for", s.drainDelay))
		time.Sleep(s.drainDelay)
	}
	s.logger.Info("taking in nothing new, and finishing what is under way")
	drain, cancel := context.WithTimeout(context.WithoutCancel(told), drainTime)
	defer cancel()
	var streams sync.WaitGroup
	streams.Go(s.endStreams)
	defer streams.Wait()
	err := s.http.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		// Whoever posted gets no answer and comes again; what was answered is on disk.
		s.logger.Warn("some requests did not end in time and are cut", slog.Duration("after", drainTime))
		err = s.http.Close()
	}
	if err != nil {
		err = fmt.Errorf("finishing requests: %w", err)
	}
	if s.admin != nil {
		err = errors.Join(err, s.admin.Close())
	}
	return err
}
