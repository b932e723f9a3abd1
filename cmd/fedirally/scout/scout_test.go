package scout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/scout"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// world is what the instances answer. Those that are not in it are away.
type world struct {
	mu    sync.Mutex
	facts map[leaderboard.Host]leaderboard.Facts
	icons map[string][]byte
	asked []leaderboard.Host
}

func (w *world) Look(_ context.Context, host leaderboard.Host) (leaderboard.Facts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, host)
	facts, found := w.facts[host]
	if !found {
		return facts, errors.New("no such host")
	}
	return facts, nil
}

func (w *world) Icon(_ context.Context, address string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	icon, found := w.icons[address]
	if !found {
		return nil, errors.New("no such picture")
	}
	return icon, nil
}

var began = time.Date(2026, time.June, 10, 12, 0, 0, 0, time.UTC)

const secret = "a secret for tests, long enough"

// quiet is the file of a ledger that has nothing to look at: what the program ships is
// hidden in it. It is made once, because each of many writes waits for the disk.
var quiet = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "scout")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "quiet.db")
	store, err := ledger.Open(context.Background(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret)})
	if err != nil {
		return nil, err
	}
	_, shipped := leaderboard.WellKnown()
	for _, host := range shipped {
		err = errors.Join(err, store.SetInstance(context.Background(), host, leaderboard.Hidden, "test"))
	}
	if err = errors.Join(err, store.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func newScout(t *testing.T, w *world, now func() time.Time) (*scout.Scout, *ledger.Store) {
	base, err := quiet()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(file, base, 0o600))
	store, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret), Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	s, err := scout.New(scout.Config{Ledger: store, Looker: w, Holder: "me", Clock: now, Chance: func() float64 { return 0.5 }})
	require.NoError(t, err)
	return s, store
}

func TestTurn(t *testing.T) {
	t.Parallel()
	now := began
	w := &world{facts: map[leaderboard.Host]leaderboard.Facts{"a.example": {Fediverse: true, Title: "A", IconAddress: "i"}}, icons: map[string][]byte{"i": []byte("picture")}}
	s, store := newScout(t, w, func() time.Time { return now })
	ctx := t.Context()
	require.NoError(t, s.Turn(ctx))
	assert.Empty(t, w.asked, "nothing is due")
	for _, host := range []leaderboard.Host{"a.example", "b.example"} {
		require.NoError(t, store.SetInstance(ctx, host, leaderboard.Known, "test"))
	}
	for range 4 {
		require.NoError(t, s.Turn(ctx))
	}
	assert.Equal(t, []leaderboard.Host{"a.example", "b.example"}, w.asked, "each once a day")
	a, _, err := store.Profile(ctx, "a.example")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.Profile{
		Host: "a.example", Facts: w.facts["a.example"], Icon: []byte("picture"), Digest: a.Digest, Read: began, Looked: began, Next: leaderboard.NextLook(began, 0, 0.5),
	}, a)
	assert.Len(t, a.Digest, 20)
	b, _, err := store.Profile(ctx, "b.example")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.Profile{Host: "b.example", Looked: began, Next: leaderboard.NextLook(began, 1, 0.5), Failures: 1}, b)

	now = a.Next
	delete(w.facts, "a.example")
	require.NoError(t, s.Turn(ctx))
	require.NoError(t, s.Turn(ctx))
	kept, _, err := store.Profile(ctx, "a.example")
	require.NoError(t, err)
	assert.Equal(t, a.Facts, kept.Facts, "what was known stays")
	assert.Equal(t, began, kept.Read)
	assert.Equal(t, 1, kept.Failures)
}

func TestPictures(t *testing.T) {
	t.Parallel()
	w := &world{facts: map[leaderboard.Host]leaderboard.Facts{}, icons: map[string][]byte{"one": []byte("1"), "two": []byte("2")}}
	s, _ := newScout(t, w, func() time.Time { return began })
	look := func(address string) string {
		w.facts["a.example"] = leaderboard.Facts{Fediverse: true, IconAddress: address}
		profile, err := s.Look(t.Context(), "a.example")
		require.NoError(t, err)
		return string(profile.Icon)
	}
	assert.Equal(t, "1", look("one"))
	delete(w.icons, "one")
	assert.Equal(t, "1", look("one"), "the same one cannot be had today")
	assert.Empty(t, look("three"), "a new one cannot be had")
	assert.Equal(t, "2", look("two"))
	assert.Empty(t, look(""))
}

func TestPendingInstancesThatAnswerBecomeKnown(t *testing.T) {
	t.Parallel()
	w := &world{facts: map[leaderboard.Host]leaderboard.Facts{"cats.example": {}}}
	s, store := newScout(t, w, func() time.Time { return began })
	for host, tt := range map[leaderboard.Host]struct {
		before, after leaderboard.InstanceState
		facts         leaderboard.Facts
	}{
		"pending.example": {leaderboard.Pending, leaderboard.Known, leaderboard.Facts{Fediverse: true}},
		"cats.example":    {leaderboard.Pending, leaderboard.Pending, leaderboard.Facts{}},
		"hidden.example":  {leaderboard.Hidden, leaderboard.Hidden, leaderboard.Facts{Fediverse: true}},
	} {
		require.NoError(t, store.SetInstance(t.Context(), host, tt.before, "test"))
		w.facts[host] = tt.facts
		_, err := s.Look(t.Context(), host)
		if tt.facts.Fediverse {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, scout.ErrNoInstance)
		}
		instance, _, err := store.Instance(t.Context(), host)
		require.NoError(t, err)
		assert.Equal(t, tt.after, instance.State, host)
		assert.Equal(t, tt.before != tt.after, instance.Found, host)
	}
}

// Of two servers one looks; the other does when the first has ended.
func TestOneLooksAtATime(t *testing.T) {
	t.Parallel()
	now := began
	w := &world{facts: map[leaderboard.Host]leaderboard.Facts{}}
	first, store := newScout(t, w, func() time.Time { return now })
	second, err := scout.New(scout.Config{Ledger: store, Looker: w, Holder: "another", Clock: first.Clock, Chance: first.Chance})
	require.NoError(t, err)
	for _, host := range []leaderboard.Host{"a.example", "b.example", "c.example"} {
		require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Known, "test"))
	}
	require.NoError(t, first.Turn(t.Context()))
	require.NoError(t, second.Turn(t.Context()))
	assert.Equal(t, []leaderboard.Host{"a.example"}, w.asked)
	ended, end := context.WithCancel(t.Context())
	end()
	first.Run(ended)
	require.NoError(t, second.Turn(t.Context()))
	assert.Equal(t, []leaderboard.Host{"a.example", "b.example"}, w.asked)
	now = now.Add(2 * time.Minute) // the second one is gone and has not given up
	require.NoError(t, first.Turn(t.Context()))
	assert.Equal(t, []leaderboard.Host{"a.example", "b.example", "c.example"}, w.asked)
}

// A week of an instance that is up and one that is away.
func TestRunForAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{facts: map[leaderboard.Host]leaderboard.Facts{"a.example": {Fediverse: true}}}
		s, store := newScout(t, w, time.Now)
		for _, host := range []leaderboard.Host{"a.example", "b.example"} {
			require.NoError(t, store.SetInstance(t.Context(), host, leaderboard.Known, "test"))
		}
		s.Pace = time.Hour
		ctx, end := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.Run(ctx) })
		time.Sleep(7 * 24 * time.Hour)
		end()
		running.Wait()
		count := func(host leaderboard.Host) (n int) {
			for _, asked := range w.asked {
				if asked == host {
					n++
				}
			}
			return n
		}
		assert.Equal(t, 7, count("a.example"))
		assert.Equal(t, 3, count("b.example"), "after a day, two and four")
	})
}
