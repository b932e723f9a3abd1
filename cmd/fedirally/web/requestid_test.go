package web

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// logLine is what these tests read of a line.
type logLine struct {
	Msg       string
	Level     string
	RequestID string `json:"request_id"`
}

func readLines(t *testing.T, logs string) []logLine {
	t.Helper()
	var all []logLine
	decoder := json.NewDecoder(strings.NewReader(logs))
	for {
		var line logLine
		err := decoder.Decode(&line)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all = append(all, line)
	}
}

// TestEveryLineOfARequestTellsItsID holds what the rooms below log, with nothing
// but the context, against the id that the answer names.
func TestEveryLineOfARequestTellsItsID(t *testing.T) {
	s := open(t, func(c *Config) {
		log := c.Logger
		c.Webhooks = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			log.WarnContext(r.Context(), "a room below")
			log.With("room", "below").InfoContext(r.Context(), "with attributes")
			w.WriteHeader(http.StatusOK)
		})
	})
	s.ledger.change(func(l *ledger) { l.explode = true })
	seen := map[string]bool{}
	for _, c := range []struct {
		method, target, header string
		says                   []string
	}{
		{http.MethodPost, "/webhooks/actblue/refunds", "", []string{"a room below", "with attributes", "request"}},
		{http.MethodGet, "/drives/vote", "", []string{"request"}},
		{http.MethodGet, "/nope", "mine", []string{"request"}},
		{http.MethodGet, "/drives/vote/give/mas.to", "", []string{"panic", "request"}},
	} {
		before := len(s.logs.String())
		r := httptest.NewRequest(c.method, c.target, nil)
		r.Header.Set("X-Request-Id", c.header)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		require.NotEmpty(t, id)
		require.NotEqual(t, c.header, id, "what a client says is not taken over")
		require.False(t, seen[id], "two requests have one id")
		seen[id] = true
		var says []string
		for _, line := range readLines(t, s.logs.String()[before:]) {
			assert.Equal(t, id, line.RequestID, "%s: %s", c.target, line.Msg)
			says = append(says, line.Msg)
		}
		assert.Equal(t, c.says, says, c.target)
	}
}

// TestAReadingForAllTellsWhoAskedFirst: what fails while a board is read for
// everybody is found by the request that set it off.
func TestAReadingForAllTellsWhoAskedFirst(t *testing.T) {
	s := open(t)
	s.get("/drives/vote")
	s.ledger.change(func(l *ledger) { l.gone = errBroken })
	s.pass(2 * freshFor)
	id := s.get("/drives/vote").Header().Get("X-Request-Id")
	found := false
	for _, line := range readLines(t, s.logs.String()) {
		if line.Level == "WARN" {
			found = true
			assert.Equal(t, id, line.RequestID, line.Msg)
		}
	}
	assert.True(t, found, s.logs.String())
}

func TestLinesOfNoRequestHaveNoID(t *testing.T) {
	var logs strings.Builder
	slog.New(RequestIDs(slog.NewJSONHandler(&logs, nil))).WithGroup("g").Info("alone")
	assert.NotContains(t, logs.String(), "request_id")
}
