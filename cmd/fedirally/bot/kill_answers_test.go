package bot_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

// TestKilledBotAnswersEachMentionOnce kills the bot while people mention it, and while
// its server fails at random and keeps no Idempotency-Key.
func TestKilledBotAnswersEachMentionOnce(t *testing.T) {
	kills := 8
	if os.Getenv("FEDIRALLY_LONG") != "" {
		kills = 60 // no more than the budget of an hour lets be answered
	}
	onBoth(t, func(t *testing.T, url string) {
		style := feditest.GoToSocial()
		style.Limit = 0
		server, err := feditest.Open(t.Context(), feditest.Options{Style: style, Late: lateBy, Seed: 5})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, server.Close()) })
		on := account{server.URL(), server.Token(), 300 * time.Millisecond}
		s := newStage(t, url, nil)
		s.set(time.Now())
		_, err = s.store.EditDrive(t.Context(), "summer", "test", true, func(d *leaderboard.Drive) error {
			d.Start, d.End = time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
			return nil
		})
		require.NoError(t, err)
		server.Chaos(0.2, feditest.Unavailable, feditest.GatewayPage, feditest.BrokenServer, feditest.CutBefore, feditest.CutAfter,
			feditest.Garbled, feditest.HangAfter, feditest.LateWrite)
		rng := rand.New(rand.NewPCG(uint64(kills), 2))
		asked := map[string]string{}
		for i := range kills {
			acct := fmt.Sprintf("u%d@i%d.example", i, i%3)
			asked[server.Notify(mention(acct, "link")).StatusID] = acct
			kill := startBot(t, url, on)
			time.Sleep(time.Duration(20+rng.IntN(160)) * time.Millisecond)
			kill(t)
		}
		end := startBot(t, url, on)
		answered := func() map[string]int {
			times := map[string]int{}
			for _, post := range server.Posts() {
				if post.InReplyTo != "" {
					times[post.InReplyTo]++
					assert.Contains(t, post.Text, "@"+asked[post.InReplyTo]+" ")
				}
			}
			return times
		}
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.Len(c, answered(), kills)
			talk, err := s.store.Talk(t.Context())
			require.NoError(c, err)
			assert.Zero(c, talk.Waiting)
		}, 2*time.Minute, 50*time.Millisecond)
		end(t)
		time.Sleep(2 * lateBy) // what is late is there by now
		for status, times := range answered() {
			assert.Equal(t, 1, times, asked[status])
		}
	})
}
