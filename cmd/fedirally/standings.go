package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// standings is the way from the ledger to what is shown: the ranking, and the
// follower that keeps it up to date.
type standings struct {
	rankings ranking.Rankings
	follower *ranking.Follower
	// kind is where the ranking is held: "redis" or "memory".
	kind string
}

// openStandings connects to Redis, or ranks in this process where no address is
// given. A Redis that does not answer is no error: it is tried again and again.
func openStandings(ctx context.Context, store *ledger.Store, redisURL string, logger *slog.Logger) (*standings, error) {
	s := &standings{rankings: ranking.NewMemory(), kind: "memory"}
	if redisURL != "" {
		redis, err := ranking.OpenRedis(ctx, redisURL, ranking.RedisOptions{Ledger: store.ID(), Logger: logger})
		if err != nil {
			return nil, fmt.Errorf("opening the ranking: %w", err)
		}
		s.rankings, s.kind = redis, "redis"
	}
	s.follower = ranking.NewFollower(ranking.FollowerConfig{
		Source: store, Rankings: s.rankings, Clock: time.Now, Logger: logger,
	})
	return s, nil
}

// Board reads a board from the ranking. A drive that the ranking does not hold
// has just been opened, or somebody has emptied Redis: it is filled first.
func (s *standings) Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error) {
	board, err := s.rankings.Board(ctx, drive, view, period)
	if !errors.Is(err, ranking.ErrEmpty) {
		return board, err
	}
	if err := s.follower.Follow(ctx); err != nil {
		return leaderboard.Board{}, fmt.Errorf("filling the ranking: %w", err)
	}
	return s.rankings.Board(ctx, drive, view, period)
}

// current reports whether the ranking is kept up to date, but for a moment's trouble.
func (s *standings) current() bool { return s.follower.FailingFor() < behindAfter }

const (
	// behindAfter is how long the ranking may not be brought up to date before
	// visitors are told so.
	behindAfter = 5 * time.Second
	// catchUp is how long somebody who compares waits for the ranking to have
	// reached the ledger.
	catchUp = 3 * time.Second
	// catchUpTick is how often it is looked whether it has.
	catchUpTick = 50 * time.Millisecond
)

// held gives all that the ranking holds of a drive, as soon as it has reached
// that change of the ledger, or after a while as it is then.
func (s *standings) held(ctx context.Context, drive leaderboard.Drive, atLeast int64) (leaderboard.Figures, error) {
	tick, patience := time.NewTicker(catchUpTick), time.NewTimer(catchUp)
	defer tick.Stop()
	defer patience.Stop()
	for {
		mark, err := s.rankings.Mark(ctx, drive.ID)
		if err != nil {
			return leaderboard.Figures{}, fmt.Errorf("reading the ranking: %w", err)
		}
		if mark.Version >= atLeast {
			break
		}
		select {
		case <-ctx.Done():
			return leaderboard.Figures{}, ctx.Err()
		case <-tick.C:
			continue
		case <-patience.C:
		}
		break
	}
	figures, err := s.rankings.Dump(ctx, drive.ID)
	if err != nil {
		return leaderboard.Figures{}, fmt.Errorf("reading the ranking: %w", err)
	}
	return figures, nil
}
