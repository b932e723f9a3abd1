package ranking

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"fedirally/leaderboard"
)

// chunk is how many values one script call takes in, so that no reader waits for long.
const chunk = 500

// Put implements [Rankings].
func (r *Redis) Put(ctx context.Context, f leaderboard.Figures, window leaderboard.Window, now time.Time) error {
	balances := slices.DeleteFunc(slices.Clone(f.Balances), func(b leaderboard.Balance) bool {
		return b.Host == leaderboard.Unattributed || !window.Holds(b.Period)
	})
	// The drive's sums come last, together with the mark.
	slices.SortStableFunc(balances, func(a, b leaderboard.Balance) int { return last(a) - last(b) })
	if f.Whole {
		return r.build(ctx, f, balances, now)
	}
	r.mu.Lock()
	generation, found := r.added[f.Drive]
	r.mu.Unlock()
	if !found {
		return ErrStale
	}
	put := writing{r: r, drive: f.Drive, generation: generation, edition: f.Edition, now: now}
	chunks := slices.Collect(slices.Chunk(balances, chunk))
	if len(chunks) == 0 {
		chunks = append(chunks, nil) // the mark moves on all the same
	}
	for i, part := range chunks {
		mark := leaderboard.Mark{}
		if i == len(chunks)-1 {
			mark = f.Mark
		}
		if err := put.send(ctx, part, "live", mark); err != nil {
			return err
		}
	}
	return r.sweep(ctx, f.Drive, generation, window)
}

func last(b leaderboard.Balance) int {
	if b.Host == leaderboard.EveryHost {
		return 1
	}
	return 0
}

// writing is one Put into one generation.
type writing struct {
	r          *Redis
	drive      int64
	generation string
	edition    int64
	now        time.Time
	// names are the periods that have been written to.
	names []string
}

// send puts a part of the values in.
func (w *writing) send(ctx context.Context, balances []leaderboard.Balance, mode string, mark leaderboard.Mark) error {
	keys := []string{w.r.meta(w.drive), w.r.key(w.drive, w.generation, "periods"), w.r.key(w.drive, w.generation, "built")}
	places := map[leaderboard.Period]int{}
	var names []any
	var values []any
	for _, b := range balances {
		place, found := places[b.Period]
		if !found {
			name := periodName(b.Period)
			place = len(keys) + 1 // Lua counts from one
			places[b.Period] = place
			keys = append(keys, w.r.periodKeys(w.drive, w.generation, name)...)
			names = append(names, name)
			if !slices.Contains(w.names, name) {
				w.names = append(w.names, name)
			}
		}
		values = append(values, place, string(b.Host), b.Version)
		switch {
		case b.Host == leaderboard.EveryHost:
			values = append(values, int64(b.Raised), b.Donors, "")
		case b.Listed:
			values = append(values, -int64(b.Raised), -b.Donors, member(b.Standing))
		default:
			values = append(values, 0, 0, "")
		}
	}
	version := ""
	if mark.Version > 0 {
		version = strconv.FormatInt(mark.Version, 10)
	}
	arguments := append([]any{
		w.generation, mode, w.now.UnixMicro(), version, mark.Witness, w.edition, w.r.channel(), w.r.self, len(names),
	}, names...)
	seen, err := w.r.scripts.put.Run(ctx, w.r.client, keys, append(arguments, values...)...).Int64()
	switch {
	case err != nil:
		return failed("putting standings into Redis", err)
	case seen < 0:
		w.r.begun(w.drive, "")
		return ErrStale
	}
	return nil
}

// member is how a standing lies in the sorted sets. Where scores are equal they
// are in the order of their members, so this is the tie-break.
func member(s leaderboard.Standing) string {
	reached := strconv.FormatInt(max(s.Reached, 0), 16)
	return "0000000000000000"[len(reached):] + reached + "|" + string(s.Host)
}

// build writes a new generation and makes it the present one when it is whole.
// What is left of one that was not finished goes by itself after an hour.
func (r *Redis) build(ctx context.Context, f leaderboard.Figures, balances []leaderboard.Balance, now time.Time) error {
	name, err := r.draw()
	if err != nil {
		return err
	}
	old, err := r.client.HGet(ctx, r.meta(f.Drive), "gen").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return failed("reading the generation in Redis", err)
	}
	put := writing{r: r, drive: f.Drive, generation: name, now: now}
	chunks := slices.Collect(slices.Chunk(balances, chunk))
	if len(chunks) == 0 {
		chunks = append(chunks, nil)
	}
	for _, part := range chunks {
		if err := put.send(ctx, part, "build", leaderboard.Mark{}); err != nil {
			return err
		}
	}
	keys := []string{r.meta(f.Drive), r.key(f.Drive, put.generation, "built"), r.key(f.Drive, put.generation, "periods")}
	for _, period := range put.names {
		keys = append(keys, r.periodKeys(f.Drive, put.generation, period)...)
	}
	own := len(keys)
	if old != "" {
		outdated, err := r.keysOf(ctx, f.Drive, old)
		if err != nil {
			return err
		}
		keys = append(keys, outdated...)
	}
	done, err := r.scripts.finish.Run(ctx, r.client, keys, put.generation, old, len(chunks),
		now.UnixMicro(), f.Mark.Version, f.Mark.Witness, f.Edition, r.channel(), r.self, own, f.Seen).Int64()
	if err != nil {
		return failed("switching to a new generation in Redis", err)
	}
	if done == 0 {
		r.begun(f.Drive, "")
		return errors.Join(ErrStale, r.remove(ctx, f.Drive, put.generation))
	}
	r.begun(f.Drive, put.generation)
	if old != "" {
		return r.remove(ctx, f.Drive, old)
	}
	return nil
}

// keysOf gives all keys of a generation.
func (r *Redis) keysOf(ctx context.Context, drive int64, generation string) ([]string, error) {
	index := r.key(drive, generation, "periods")
	periods, err := r.client.SMembers(ctx, index).Result()
	if err != nil {
		return nil, failed("reading the periods in Redis", err)
	}
	keys := []string{index, r.key(drive, generation, "built")}
	for _, period := range periods {
		keys = append(keys, r.periodKeys(drive, generation, period)...)
	}
	return keys, nil
}

// remove deletes all keys of a generation.
func (r *Redis) remove(ctx context.Context, drive int64, generation string) error {
	keys, err := r.keysOf(ctx, drive, generation)
	if err != nil {
		return err
	}
	if err := r.client.Unlink(ctx, keys...).Err(); err != nil {
		return failed("removing an old generation from Redis", err)
	}
	return nil
}

// sweep removes the periods that have fallen out of the window. It does nothing
// if this process has done so for the same window.
func (r *Redis) sweep(ctx context.Context, drive int64, generation string, window leaderboard.Window) error {
	r.mu.Lock()
	swept, known := r.swept[drive]
	r.mu.Unlock()
	if known && swept == window {
		return nil
	}
	index := r.key(drive, generation, "periods")
	periods, err := r.client.SMembers(ctx, index).Result()
	if err != nil {
		return failed("reading the periods in Redis", err)
	}
	for _, name := range periods {
		if period, err := parsePeriod(name); err == nil && window.Holds(period) {
			continue
		}
		_, err := r.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Unlink(ctx, r.periodKeys(drive, generation, name)...)
			p.SRem(ctx, index, name)
			return nil
		})
		if err != nil {
			return failed("removing an old period from Redis", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generations[drive] == generation {
		r.swept[drive] = window
	}
	return nil
}
