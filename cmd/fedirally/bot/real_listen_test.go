package bot_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi"
	"fedirally/leaderboard"
)

// TestRealMentions has a second account on a real server mention the bot, past the client
// that is tested. FEDIRALLY_TEST_MASTODON_OTHER_TOKEN is the token of that account, which may
// read and write; the rest is as for [TestKilledBotOnARealServer]. It deletes what that account
// wrote, because a new ledger hears again what is younger than six hours.
func TestRealMentions(t *testing.T) {
	server, token, other := os.Getenv("FEDIRALLY_TEST_MASTODON_SERVER"), os.Getenv("FEDIRALLY_TEST_MASTODON_TOKEN"), os.Getenv("FEDIRALLY_TEST_MASTODON_OTHER_TOKEN")
	if server == "" || token == "" || other == "" {
		t.Skip("it takes a real server with two accounts, which no package installs: see CONTRIBUTING.md, \"A real server\"")
	}
	s := newStage(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil)
	s.set(time.Now())
	_, err := s.store.EditDrive(t.Context(), "summer", "test", true, func(d *leaderboard.Drive) error {
		d.Start, d.End = time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
		return nil
	})
	require.NoError(t, err)
	client, err := fedi.New(fedi.Config{Server: server, Token: token, Now: time.Now})
	require.NoError(t, err)
	own, err := client.Account(t.Context())
	require.NoError(t, err)
	b := s.newBot("real", func(c *bot.Config) {
		c.Client, c.Clock, c.Tick, c.ListenTick = client, time.Now, time.Second, time.Second
		c.Pace = fedi.Pace{Gap: 100 * time.Millisecond}
		// Nothing is said by itself.
		c.Speech = func(speech leaderboard.Speech) leaderboard.Speech {
			speech.PerDay, speech.DigestHour, speech.Thanks = 0, -1, false
			return speech
		}
	})
	ann := mastodon.NewClient(&mastodon.Config{Server: server, AccessToken: other})
	say := func(text, visibility string, to mastodon.ID) mastodon.ID {
		post, err := ann.PostStatus(t.Context(), &mastodon.Toot{Status: "@" + own.Handle + " " + text, Visibility: visibility, InReplyToID: to})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, ann.DeleteStatus(context.WithoutCancel(t.Context()), post.ID)) })
		return post.ID
	}
	below := func(c require.TestingT, id mastodon.ID) []*mastodon.Status {
		around, err := ann.GetStatusContext(t.Context(), id)
		require.NoError(c, err)
		var direct []*mastodon.Status
		for _, post := range around.Descendants {
			if post.InReplyToID == string(id) {
				direct = append(direct, post)
			}
		}
		return direct
	}
	turnUntil := func(done func(c *assert.CollectT)) {
		require.EventuallyWithT(t, func(c *assert.CollectT) { b.Turn(t.Context()); done(c) }, 30*time.Second, 500*time.Millisecond)
	}
	link, score := say("link please", "public", ""), say("<b>Score</b>?", "direct", "")
	turnUntil(func(c *assert.CollectT) {
		assert.Len(c, below(c, link), 1)
		assert.Len(c, below(c, score), 1)
	})
	answer, quiet := below(t, link)[0], below(t, score)[0]
	assert.Equal(t, "unlisted", answer.Visibility)
	assert.Equal(t, "direct", quiet.Visibility)
	assert.Equal(t, "US politics, fundraising", answer.SpoilerText)
	require.Len(t, answer.Mentions, 1)
	assert.Contains(t, fedi.Plain(answer.Content), "https://rally.example/drives/summer")
	t.Log(fedi.Plain(answer.Content))

	thanks := say("thank you!", "unlisted", answer.ID)
	stop := say("Stop.", "unlisted", answer.ID)
	turnUntil(func(c *assert.CollectT) { assert.Len(c, below(c, stop), 1) })
	again := say("link", "unlisted", "")
	for range 4 {
		time.Sleep(1100 * time.Millisecond)
		b.Turn(t.Context())
	}
	assert.Empty(t, below(t, thanks))
	assert.Empty(t, below(t, again))
	assert.Len(t, below(t, link), 1, "each once")
	talk, err := s.store.Talk(t.Context())
	require.NoError(t, err)
	assert.Zero(t, talk.Waiting)
	assert.Positive(t, talk.Stopped)
	assert.True(t, strings.HasPrefix(fedi.Plain(below(t, stop)[0].Content), "Understood") || strings.HasPrefix(fedi.Plain(below(t, stop)[0].Content), "As you wish"))
}
