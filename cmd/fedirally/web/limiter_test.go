package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLimiter(t *testing.T) {
	now := start
	l := newLimiter(2, 3, func() time.Time { return now })
	for range 3 {
		assert.Zero(t, l.ask(1))
	}
	assert.Equal(t, 500*time.Millisecond, l.ask(1))
	assert.Equal(t, 500*time.Millisecond, l.ask(1), "asking in vain does not make it longer")
	assert.Zero(t, l.ask(2), "others are not held up")
	now = now.Add(500 * time.Millisecond)
	assert.Zero(t, l.ask(1))
	assert.NotZero(t, l.ask(1))
	now = now.Add(time.Hour)
	for range 3 {
		assert.Zero(t, l.ask(1), "a long silence gives back all, and no more")
	}
	assert.NotZero(t, l.ask(1))
	now = now.Add(-24 * time.Hour)
	assert.Less(t, l.ask(1), 2*time.Second, "a clock that is set back locks nobody out")
}

func TestLimiterForgets(t *testing.T) {
	now := start
	l := newLimiter(1, 10, func() time.Time { return now })
	for range 10 {
		l.ask(1)
	}
	now = now.Add(9 * time.Second)
	l.ask(2)
	assert.Len(t, l.known, 2)
	now = now.Add(time.Second)
	l.ask(3)
	assert.Len(t, l.known, 2, "who has been silent for long enough is as good as new")
	assert.NotContains(t, l.known, uint64(1))
	assert.Equal(t, len(l.known), l.lately.Len())
}

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(0.001, 1, func() time.Time { return start })
	for id := range uint64(mostVisitors) {
		assert.Zero(t, l.ask(id))
	}
	assert.NotZero(t, l.ask(0), "and so 1 has asked least lately")
	for id := range uint64(100) {
		l.ask(mostVisitors + id)
	}
	assert.Len(t, l.known, mostVisitors)
	assert.Equal(t, mostVisitors, l.lately.Len())
	assert.Contains(t, l.known, uint64(0))
	assert.NotContains(t, l.known, uint64(1))
	assert.NotZero(t, l.ask(0), "a crowd of others does not wash away a limit that is being used")
}

func TestCrowd(t *testing.T) {
	c := newCrowd(2)
	leave, entered := c.enter(1)
	assert.True(t, entered)
	_, entered = c.enter(1)
	assert.True(t, entered)
	_, entered = c.enter(1)
	assert.False(t, entered)
	other, entered := c.enter(2)
	assert.True(t, entered)
	leave()
	_, entered = c.enter(1)
	assert.True(t, entered)
	other()
	assert.Equal(t, map[uint64]int{1: 2}, c.open, "who has nothing open is not remembered")
}
