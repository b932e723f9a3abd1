package ranking

import (
	"context"
	"fmt"
	"time"
)

// Progress says how far a follower has come. Nothing in it is of one drive alone.
type Progress struct {
	// Version is up to which change of the ledger every drive was in the ranking when
	// a pass last succeeded, and At when that was; zero before the first.
	Version int64
	At      time.Time
	// Failures counts the passes that did not succeed.
	Failures int64
	// Whole counts how often all of a drive was put in: at first, after the ranking
	// was lost or the ledger restored, and by Rebuild.
	Whole int64
}

// Progress never waits for a pass.
func (f *Follower) Progress() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.progress
}

// Ping returns nil if Redis answers.
func (r *Redis) Ping(ctx context.Context) error {
	if err := r.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("asking Redis: %w", err)
	}
	return nil
}
