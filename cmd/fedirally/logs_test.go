package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestADeliveryIsFoundByItsRequestID follows deliveries, good and unwelcome, from
// the answer to the lines that the receiver wrote.
func TestADeliveryIsFoundByItsRequestID(t *testing.T) {
	logs := &lockedBuffer{}
	s := serveHere(t, settingsOf("sqlite:"+filepath.Join(t.TempDir(), "test.db")), slog.New(slog.NewJSONHandler(logs, nil)))
	for says, path := range map[string]string{"ActBlue delivery recorded": "contributions", "ActBlue delivery refused": "nowhere"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			s.address().String()+"/webhooks/actblue/"+path, bytes.NewReader(benchNotice(1)))
		require.NoError(t, err)
		request.SetBasicAuth(testUser, testPassword)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		id := response.Header.Get("X-Request-Id")
		require.NotEmpty(t, id)
		var told []string
		for line := range strings.Lines(logs.String()) {
			var read struct {
				Msg string
				ID  string `json:"request_id"`
			}
			require.NoError(t, json.Unmarshal([]byte(line), &read))
			if read.ID == id {
				told = append(told, read.Msg)
			}
		}
		assert.Contains(t, told, says)
	}
}

func TestTheLogLevelIsASetting(t *testing.T) {
	for text, level := range map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	} {
		env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
		env[envLogLevel] = text
		chosen, err := settingsFrom(t, forServing, env)
		require.NoError(t, err)
		var out bytes.Buffer
		logger := (&program{world: world{err: &out}}).logger(chosen.logLevel)
		logger.Log(t.Context(), level-1, "unheard")
		logger.Log(t.Context(), level, "heard")
		assert.Equal(t, 1, strings.Count(out.String(), "heard"), "%q: %s", text, out.String())
	}
}
