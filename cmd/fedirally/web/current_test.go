package web

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A ranking that answers, and is not told what is new, is behind all the same.
func TestBoardsThatMayBeBehindSaySo(t *testing.T) {
	var behind, refusing atomic.Bool
	s := open(t, func(c *Config) {
		c.Current = func() bool { return !behind.Load() }
		c.Refusing = refusing.Load
	})
	stale := func() bool { return s.see(t, "/drives/vote").Find(".stale").Length() > 0 }
	ready := func() string {
		w := s.get("/readyz")
		assert.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	assert.False(t, stale())
	assert.JSONEq(t, `{"status":"ok"}`, ready())

	behind.Store(true)
	s.pass(freshFor)
	assert.True(t, stale())
	assert.JSONEq(t, `{"status":"degraded","degraded":["boards"]}`, ready())
	refusing.Store(true)
	assert.JSONEq(t, `{"status":"degraded","degraded":["boards","intake"]}`, ready())

	behind.Store(false)
	s.pass(freshFor)
	assert.False(t, stale())
	assert.JSONEq(t, `{"status":"degraded","degraded":["intake"]}`, ready())
	refusing.Store(false)
	assert.JSONEq(t, `{"status":"ok"}`, ready())
}
