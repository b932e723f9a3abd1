package ledger_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
)

// clock is a clock that stands still until it is set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock(at time.Time) *clock { return &clock{at: at} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// TestAClockHasToHold moves the clock as machines' clocks are moved, and looks
// whether it may be trusted with what cannot be undone.
func TestAClockHasToHold(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		looks := func(want bool, at time.Time, why string) {
			t.Helper()
			clock.set(at)
			held, err := store.ClockHeld(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, held, why)
		}
		looks(false, noon, "nothing is known of it")
		looks(false, noon.Add(23*time.Hour), "not yet for a day")
		looks(true, noon.Add(24*time.Hour), "for a day")
		looks(true, noon.Add(70*time.Hour), "though the server was off for a night and a day")

		year := noon.AddDate(1, 0, 0)
		looks(false, year, "a year ahead")
		looks(false, year.Add(time.Hour), "for an hour")
		back := noon.Add(72 * time.Hour)
		looks(false, back, "set right again, which nobody can know")
		looks(false, back.Add(time.Hour), "")
		looks(true, back.Add(24*time.Hour), "")
		looks(true, back.Add(30*time.Hour), "")
		looks(true, back.Add(30*time.Hour-time.Minute), "another server's clock is a little behind")
		looks(false, back.Add(20*time.Hour), "and this one's by hours")
		agrees(t, store)
	})
}
