package main

import (
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
)

// TestNoAskerIsReadableAnywhere has a server answer somebody who is made of a marker, and
// looks for it in the log, in what commands say, and in the bytes of the database.
func TestNoAskerIsReadableAnywhere(t *testing.T) {
	env, fediverse := botEnv(t, feditest.Options{})
	logs := &lockedBuffer{}
	served := maps.Clone(env)
	served[envAdminAddr] = "127.0.0.1:0"
	s := serveHere(t, served, slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, env, "instance", "add", "mastodon.social")
	ask := func(text string) {
		fediverse.Notify(feditest.Notification{
			From:    feditest.Sender{ID: "1", Username: marker, Acct: marker + "@" + strings.ToLower(marker) + ".example", Note: marker},
			Content: "<p>" + marker + " " + text + "</p>", Visibility: "direct",
		})
	}
	answers := func() (texts []string) {
		for _, post := range fediverse.Posts() {
			if post.InReplyTo != "" {
				texts = append(texts, post.Text)
			}
		}
		return texts
	}
	ask("link")
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Len(c, answers(), 1) }, time.Minute, 50*time.Millisecond)
	assert.Contains(t, answers()[0], "@"+marker)
	assert.Contains(t, answers()[0], "/instances/"+strings.ToLower(marker)+".example?n=a")
	var said strings.Builder
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		list := must(t, env, "bot", "outbox")
		assert.Contains(c, list, "Answers: 1 in the last 24 hours, 0 to be posted; 0 accounts want none.")
		said.WriteString(list)
	}, 20*time.Second, 50*time.Millisecond)
	for _, args := range [][]string{{"bot", "outbox", "--json"}, {"bot", "outbox", "--text"}, {"instance", "list"}, {"audit"}} {
		said.WriteString(must(t, env, args...))
	}
	said.WriteString(metricsText(t, s))
	findsNoMarker(t, "what commands and metrics say", said.String())
	findsNoMarker(t, "the log", logs.String())
	findsNoMarker(t, "the database", rawBytes(t, env[envDatabaseURL]))
	assert.Contains(t, logs.String(), "the bot was mentioned")
}
