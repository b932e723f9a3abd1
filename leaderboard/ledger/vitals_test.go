package ledger_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
)

// TestTheQueueTellsWhatWaits keeps the writer from its lock while notices come in.
func TestTheQueueTellsWhatWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		addDrive(t, store, newDrive(t, "race"))
		assert.Equal(t, ledger.Queue{Room: 1024}, store.Queue())

		release := holdLock(t, url)
		defer release()
		come := func(item int64) {
			_, err := store.Record(hungUp(), notice(gift(item, "race", "mas.to", 1, "ada")))
			require.ErrorIs(t, err, context.Canceled)
		}
		come(1)
		// The writer takes the first, and maybe some more, into the group that waits.
		require.Eventually(t, func() bool { return store.Queue().Waiting == 0 }, 10*time.Second, time.Millisecond)
		clock.set(noon.Add(7 * time.Second))
		item := int64(2)
		require.Eventually(t, func() bool {
			if store.Queue().Waiting < 2 {
				come(item)
				item++
			}
			return store.Queue() == ledger.Queue{Waiting: 2, Room: 1024, Oldest: 7 * time.Second}
		}, 10*time.Second, time.Millisecond)
		clock.set(noon.Add(-time.Hour))
		assert.Zero(t, store.Queue().Oldest, "a clock that was set back makes no sense of it")

		release()
		record(t, store, notice(gift(1, "race", "mas.to", 1, "ada")))
		require.Eventually(t, func() bool { return store.Queue() == ledger.Queue{Room: 1024} }, 10*time.Second, time.Millisecond)
	})
}

// TestEachGroupIsTold compares what an observer hears with the sums, and lets a
// group fail.
func TestEachGroupIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var mu sync.Mutex
		var sum ledger.Timing
		var failures []error
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Observe: func(lap ledger.Timing, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures = append(failures, err)
				return
			}
			assert.EqualValues(t, 1, lap.Groups)
			sum.Groups++
			sum.Notices += lap.Notices
			sum.Begin += lap.Begin
			sum.Load += lap.Load
			sum.Book += lap.Book
			sum.Write += lap.Write
			sum.Commit += lap.Commit
		}})
		addDrive(t, store, newDrive(t, "race"))
		var senders sync.WaitGroup
		for item := range int64(50) {
			senders.Go(func() {
				_, err := store.Record(context.Background(), notice(gift(item+1, "race", "mas.to", 1, "ada")))
				assert.NoError(t, err)
			})
		}
		senders.Wait()
		mu.Lock()
		assert.EqualValues(t, 50, sum.Notices)
		assert.Equal(t, store.Timing(), sum)
		assert.Equal(t, sum.Begin+sum.Load+sum.Book+sum.Write+sum.Commit, sum.Total())
		assert.Positive(t, sum.Total())
		assert.Empty(t, failures)
		mu.Unlock()

		_, err := raw(t, url).ExecContext(t.Context(), "DROP TABLE donor_net")
		require.NoError(t, err)
		_, err = store.Record(t.Context(), notice(gift(99, "race", "mas.to", 1, "ada")))
		require.Error(t, err)
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, failures, 1)
		require.ErrorIs(t, err, failures[0])
		assert.EqualValues(t, 50, sum.Notices, "what failed was not written")
	})
}

func TestVitals(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		addDrive(t, store, newDrive(t, "race"))
		vitals := func() ledger.Vitals {
			v, err := store.Vitals(t.Context())
			require.NoError(t, err)
			return v
		}
		before := vitals()
		assert.Zero(t, before.Quarantined)
		assert.True(t, before.Oldest.IsZero())

		record(t, store, notice(gift(1, "race", "mas.to", 1, "ada")))
		head, err := store.Head(t.Context())
		require.NoError(t, err)
		assert.Equal(t, head, vitals().Version)
		assert.Greater(t, head, before.Version)

		record(t, store, faulty(`1`))
		clock.set(noon.Add(time.Hour))
		record(t, store, faulty(`2`))
		assert.EqualValues(t, 2, vitals().Quarantined)
		assert.Equal(t, noon, vitals().Oldest.UTC())
		require.NoError(t, store.Dismiss(t.Context(), quarantined(t, store)[0].ID))
		assert.EqualValues(t, 1, vitals().Quarantined)
		assert.Equal(t, noon.Add(time.Hour), vitals().Oldest.UTC())

		_, err = raw(t, url).ExecContext(t.Context(), "UPDATE head SET keys = keys + 1")
		require.NoError(t, err)
		_, err = store.Vitals(t.Context())
		require.ErrorIs(t, err, ledger.ErrSecretChanged)
		require.NoError(t, store.Close())
		_, err = store.Vitals(t.Context())
		require.Error(t, err)
	})
}
