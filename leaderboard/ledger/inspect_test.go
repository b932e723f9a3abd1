package ledger_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func inspect(t testing.TB, url string) *ledger.Inspection {
	t.Helper()
	i, err := ledger.Inspect(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, i.Close()) })
	return i
}

func TestInspection(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		addDrive(t, store, newDrive(t, "race"))
		i := inspect(t, url)
		arrivals, err := i.Arrivals(t.Context())
		require.NoError(t, err)
		assert.Empty(t, arrivals.Newest)
		assert.Empty(t, arrivals.Last)

		at := map[string]time.Time{}
		comes := func(what string, n leaderboard.Notice) {
			clock.set(clock.now().Add(time.Hour))
			at[what] = clock.now()
			record(t, store, n)
		}
		comes("gift", notice(gift(1, "race", "mastodon.social", 100, "ada")))
		comes("refund", notice(refund(1, 100, noon)))
		comes("cancellation", notice(leaderboard.Cancellation{Order: "AB1", Cancelled: noon}))
		comes("aside", notice(leaderboard.Aside{Reason: "test", Order: "TRIAL-1"}))
		arrivals, err = i.Arrivals(t.Context())
		require.NoError(t, err)
		assert.Equal(t, ledger.Arrivals{
			Last: map[leaderboard.NoticeKind]time.Time{
				leaderboard.Contributions: at["gift"], leaderboard.Refunds: at["refund"], leaderboard.Cancellations: at["cancellation"],
			},
			Aside: at["aside"], Newest: at["aside"],
		}, arrivals)
		found, err := i.HasAside(t.Context(), "TRIAL-1")
		require.NoError(t, err)
		assert.True(t, found)
		found, err = i.HasAside(t.Context(), "TRIAL-2")
		require.NoError(t, err)
		assert.False(t, found)

		waiting, err := i.Waiting(t.Context())
		require.NoError(t, err)
		assert.Zero(t, waiting)
		comes("contradiction", notice(refund(1, 50, noon)))
		comes("refund without a gift", notice(refund(9, 50, noon)))
		comes("too large a refund", notice(gift(2, "race", "mastodon.social", 100, "bob")))
		record(t, store, notice(refund(2, 500, noon)))
		waiting, err = i.Waiting(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, waiting.Quarantined)
		assert.Equal(t, at["contradiction"], waiting.Oldest)
		assert.Equal(t, agrees(t, store).Review, waiting.Review)
		assert.NotZero(t, waiting.Review)
		arrivals, err = i.Arrivals(t.Context())
		require.NoError(t, err)
		assert.Equal(t, clock.now(), arrivals.Newest)

		id, err := i.Keys(t.Context())
		require.NoError(t, err)
		assert.Equal(t, store.ID(), id)
		readings, err := i.Readings(t.Context())
		require.NoError(t, err)
		for _, r := range readings {
			assert.True(t, r.Good, "%s is %s", r.Name, r.Value)
		}
		head, err := i.Head(t.Context())
		require.NoError(t, err)
		want, err := store.Head(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, head)
		require.NoError(t, i.Intact(t.Context()))
		require.NoError(t, i.Writable(t.Context()))
		record(t, store, notice(gift(3, "race", "mastodon.social", 100, "cy"))) // it holds no lock
	})
}

func TestAnInspectionMakesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none.db")
	_, err := ledger.Inspect(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret)})
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.NoFileExists(t, file)
	onBoth(t, func(t *testing.T, url string) {
		if file, isFile := ledger.SQLiteFile(url); isFile {
			require.NoError(t, os.WriteFile(file, nil, 0o600))
		}
		i := inspect(t, url)
		have, want, err := i.Schema(t.Context())
		require.NoError(t, err)
		assert.Zero(t, have)
		assert.NotZero(t, want)
		_, err = i.Keys(t.Context())
		require.Error(t, err)
	})
}
