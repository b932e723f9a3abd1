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
