package metrics

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
)

// TestAReaderIsNeverKeptWaiting lets everything be away in turn: refusing at once,
// silent until the context ends, and silent for good. Whoever reads the metrics has
// them in time, and is told what is down.
func TestAReaderIsNeverKeptWaiting(t *testing.T) {
	never := make(chan struct{})
	for name, away := range map[string]func(context.Context) error{
		"refuses":         func(context.Context) error { return errors.New("refused") },
		"silent":          func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"silent for good": func(context.Context) error { <-never; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := sources(t)
			synctest.Test(t, func(t *testing.T) {
				never = make(chan struct{})
				m := New("v1.2.3", time.Now)
				s.Ledger.(*books).vitals = func(ctx context.Context) (ledger.Vitals, error) { return ledger.Vitals{Version: 1}, away(ctx) }
				s.Redis = away
				m.Watch(s)
				begin := time.Now()
				values := read(t, m)
				assert.LessOrEqual(t, time.Since(begin), probeTime+probeGrace)
				for _, name := range []string{"database_up", "redis_up"} {
					value, found := values["fedirally_"+name]
					assert.True(t, found, name)
					assert.Zero(t, value, name)
				}
				for _, name := range []string{"quarantine_notices", "ranking_lag_changes", `drives{state="live"}`} {
					assert.NotContains(t, values, "fedirally_"+name, "an old figure would look like a good one")
				}
				assert.InDelta(t, 5, values["fedirally_queue_length"], 0)
				close(never)
			})
		})
	}
}

// TestAQuestionIsAskedOnceForAll: ten readers at once, and again within a second,
// ask the database once; a question that is stuck is not asked again.
func TestAQuestionIsAskedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		hold := make(chan struct{})
		p := &probe[int]{clock: time.Now, ask: func(context.Context) (int, error) { asked.Add(1); <-hold; return int(asked.Load()), nil }}
		answers := make(chan int, 10)
		ask := func() {
			value, err := p.get()
			if err == nil {
				answers <- value
			}
		}
		for range 10 {
			go ask()
		}
		synctest.Wait()
		close(hold)
		synctest.Wait()
		assert.Len(t, answers, 10)
		assert.EqualValues(t, 1, asked.Load())
		_, err := p.get()
		require.NoError(t, err)
		assert.EqualValues(t, 1, asked.Load(), "that was just asked")
		time.Sleep(probeFresh)
		value, err := p.get()
		require.NoError(t, err)
		assert.Equal(t, 2, value)

		hold = make(chan struct{})
		time.Sleep(probeFresh)
		for range 3 {
			_, err = p.get()
			require.ErrorIs(t, err, errNoAnswer)
		}
		assert.EqualValues(t, 3, asked.Load())
		close(hold)
		synctest.Wait()
		value, err = p.get()
		require.NoError(t, err)
		assert.Equal(t, 4, value, "a late answer is an old one")
	})
}
