package web

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoeverWantsItSettledWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, takes := 0, freshFor/2
		m := newMemo(time.Now, func(context.Context) (int, error) {
			asked++
			time.Sleep(takes)
			return asked, nil
		})
		first, err := m.get(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, first)

		time.Sleep(freshFor)
		go func() { _, _ = m.get(t.Context()) }()
		synctest.Wait()
		old, err := m.get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, old, "served while the question is under way")
		settled, err := m.settled(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2, settled)
		assert.Equal(t, 2, asked, "and not asked once more")

		time.Sleep(freshFor)
		takes = 2 * freshFor
		for range 5 {
			go func() {
				value, err := m.settled(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, 3, value)
			}()
		}
		time.Sleep(10 * freshFor)
		synctest.Wait()
		assert.Equal(t, 3, asked, "five who come together ask once, however long it takes")
	})
}

// Where what is asked hangs, only the first has to wait until that is known.
func TestWhatOwnsUpToBeingOldKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type answer struct {
			number int
			old    bool
		}
		var m *memo[answer]
		asked, hangs := 0, false
		m = newMemo(time.Now, func(ctx context.Context) (answer, error) {
			asked++
			if hangs {
				<-ctx.Done()
				last, _ := m.last()
				return answer{last.number, true}, nil
			}
			return answer{asked, false}, nil
		})
		m.ownsUp = func(a answer) bool { return a.old }
		get := func(ask func(context.Context) (answer, error)) (answer, time.Duration) {
			begin := time.Now()
			got, err := ask(t.Context())
			require.NoError(t, err)
			return got, time.Since(begin)
		}
		_, _ = get(m.get)
		hangs = true
		time.Sleep(time.Hour)
		got, waited := get(m.get)
		assert.Equal(t, answer{1, true}, got)
		assert.Equal(t, askTimeout, waited, "it does not say that it is an hour old: a new one is waited for")

		time.Sleep(time.Hour)
		got, waited = get(m.get)
		assert.Equal(t, answer{1, true}, got)
		assert.Equal(t, askBriefly, waited)
		got, waited = get(m.get)
		assert.Equal(t, answer{1, true}, got)
		assert.Zero(t, waited, "the question of the one before is still under way")

		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, 3, asked)
		hangs = false
		got, waited = get(m.get)
		assert.Equal(t, answer{4, false}, got, "what is back is seen at once")
		assert.Zero(t, waited)
	})
}

func TestAnswersFromTheFutureAreNotFresh(t *testing.T) {
	now, asked := time.Date(2026, time.June, 10, 12, 0, 0, 0, time.UTC), 0
	m := newMemo(func() time.Time { return now }, func(context.Context) (int, error) {
		asked++
		return asked, nil
	})
	for _, turn := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour, -time.Hour} {
		now = now.Add(turn)
		for _, ask := range []func(context.Context) (int, error){m.get, m.settled} {
			value, err := ask(t.Context())
			require.NoError(t, err)
			assert.Equal(t, asked, value)
		}
	}
	assert.Equal(t, 4, asked, "once after each time that the clock was set")
}
