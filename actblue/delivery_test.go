package actblue

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// observer keeps what it is told.
type observer struct {
	mu   sync.Mutex
	told []Delivery
}

func (o *observer) observe(d Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, d)
}

// take gives what was told since the last time.
func (o *observer) take() []Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	told := o.told
	o.told = nil
	return told
}

// TestReceiverTellsWhatBecameOfADelivery makes every outcome happen once. Each is
// told once, and before the sender hears of it.
func TestReceiverTellsWhatBecameOfADelivery(t *testing.T) {
	var o observer
	d := openDoor(t, func(c *Config) { c.Observed = o.observe })
	good := sample(t, "contribution")
	errFull := errors.New("disk full")
	reached := map[Outcome]bool{}
	for _, c := range []struct {
		outcome      Outcome
		status       int
		method, path string
		body         io.Reader
		change       func(*http.Request)
		broken       error
	}{
		{Accepted, http.StatusOK, http.MethodPost, "contributions", bytes.NewReader(good), nil, nil},
		{Accepted, http.StatusOK, http.MethodPost, "refunds/", bytes.NewReader(sample(t, "refund")), nil, nil},
		{WrongAddress, http.StatusNotFound, http.MethodPost, "gifts", bytes.NewReader(good), nil, nil},
		{WrongMethod, http.StatusMethodNotAllowed, http.MethodGet, "contributions", http.NoBody, nil, nil},
		{Unauthorized, http.StatusUnauthorized, http.MethodPost, "contributions", bytes.NewReader(good), func(r *http.Request) { r.SetBasicAuth(testUser, "guess") }, nil},
		{TooLarge, http.StatusRequestEntityTooLarge, http.MethodPost, "contributions", bytes.NewReader(make([]byte, maxBody+1)), nil, nil},
		{NotJSON, http.StatusBadRequest, http.MethodPost, "cancellations", bytes.NewReader([]byte("{")), nil, nil},
		{NotRecorded, http.StatusServiceUnavailable, http.MethodPost, "contributions", bytes.NewReader(good), nil, errFull},
	} {
		d.shelf.mu.Lock()
		d.shelf.err = c.broken
		d.shelf.mu.Unlock()
		answer := d.send(t, c.method, WebhookPath+c.path, c.body, c.change)
		assert.Equal(t, c.status, answer.status, c.outcome)
		told := o.take()
		require.Len(t, told, 1, c.outcome)
		assert.Equal(t, c.outcome, told[0].Outcome)
		kind, _ := kindOf(WebhookPath + c.path)
		assert.Equal(t, kind, told[0].Kind)
		require.ErrorIs(t, told[0].Err, c.broken)
		if c.outcome == Accepted {
			assert.Equal(t, leaderboard.Receipt{Recorded: 1}, told[0].Receipt)
		}
		reached[c.outcome] = true
	}

	slow := openDoor(t, func(c *Config) { c.Observed, c.BodyTimeout = o.observe, 50*time.Millisecond })
	require.Equal(t, "503", slow.dribble(t, testPassword))
	told := o.take()
	require.Len(t, told, 1)
	require.Error(t, told[0].Err)
	reached[told[0].Outcome] = true

	for _, outcome := range Outcomes() {
		assert.True(t, reached[outcome], "%s was not tried", outcome)
	}
}
