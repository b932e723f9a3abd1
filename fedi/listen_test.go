package fedi_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

// mention is a notification of somebody who asks for something.
func mention(acct, text string) feditest.Notification {
	return feditest.Notification{
		From:    feditest.Sender{ID: "of " + acct, Username: strings.Split(acct, "@")[0], Acct: acct},
		Content: `<p><a href="https://social.example/@raceboard" class="u-url mention">@<span>raceboard</span></a> ` + text + `</p>`, Visibility: "public",
	}
}

func TestMentionsAreReadInOrderAndOnce(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		c := newClock()
		server := open(t, feditest.Options{Style: style, Now: c.Now})
		listener := fedi.NewListener(connect(t, server, c.Now))
		account, err := listener.Account(t.Context())
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(account, server.URL()+" "), account)

		place := begin(t, listener, c.Now().Add(-time.Hour))
		heard, err := listener.Mentions(t.Context(), place)
		require.NoError(t, err)
		assert.Equal(t, fedi.Heard{Last: place}, heard, name)
		for i := range 100 {
			server.Notify(mention("early@a.example", fmt.Sprint("early ", i)))
		}
		heard, err = listener.Mentions(t.Context(), place)
		require.NoError(t, err)
		require.Len(t, heard.Mentions, 80)
		assert.Equal(t, "early 0", heard.Mentions[0].Text)
		assert.True(t, heard.More)
		c.pass(2 * time.Hour)
		place = begin(t, fedi.NewListener(connect(t, server, c.Now)), c.Now().Add(-time.Hour))

		want := []string{}
		for i := range 205 {
			if i%10 == 0 {
				server.Notify(feditest.Notification{Type: "follow", From: feditest.Sender{ID: "f", Acct: "f@a.example"}})
			}
			c.pass(time.Millisecond)
			server.Notify(mention("ann@a.example", fmt.Sprint("later ", i)))
			want = append(want, fmt.Sprint("later ", i))
		}
		var texts []string
		pages := 0
		assert.Equal(t, place, begin(t, fedi.NewListener(connect(t, server, c.Now)), c.Now().Add(-time.Hour)), "walking back over three pages")
		for more := true; more; pages++ {
			heard, err = listener.Mentions(t.Context(), place)
			require.NoError(t, err)
			for _, m := range heard.Mentions {
				texts = append(texts, m.Text)
				assert.Equal(t, m.ID, max(m.ID, place), "%s comes after %s", m.ID, place)
			}
			place, more = heard.Last, heard.More
		}
		assert.Equal(t, want, texts, name)
		assert.Equal(t, 4, pages)
		server.Fail(1, feditest.Throttled, "GET /api/v1/notifications")
		_, err = listener.Mentions(t.Context(), place)
		var limited *fedi.RateLimitError
		require.ErrorAs(t, err, &limited)
	}
}

// begin walks back to where mentions are not older than that.
func begin(t *testing.T, listener *fedi.Listener, since time.Time) string {
	t.Helper()
	for range 10 {
		place, found, err := listener.Begin(t.Context(), since)
		require.NoError(t, err)
		if found {
			return place
		}
	}
	require.FailNow(t, "it does not come to an end")
	return ""
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	c := newClock()
	server := open(t, feditest.Options{Now: c.Now, Domain: "Bücher.example", ContactID: "of boss"})
	listener := fedi.NewListener(connect(t, server, c.Now))
	bot := mention("robot@b.example", "link")
	bot.From.Bot = true
	shy := mention("shy@b.example", "link")
	shy.From.Note = `<p>Hi! <a href="https://b.example/tags/NoBots" class="mention hashtag" rel="tag">#<span>NoBots</span></a></p>`
	plain := mention("plain@b.example", "link")
	plain.From.Fields = [][2]string{{"bots", "please #nobot."}}
	not := mention("not@b.example", "link")
	not.From.Note = "I build #nobotany things"
	self := mention("raceboard", "link")
	self.From.ID = "111222333444555666"
	odd := mention("odd name@b.example", "link")
	odd.From.Acct = "a b@evil.example\n@everybody@b.example"
	port := mention("dev@localhost:8089", "link")
	boss, double := mention("boss", "opt out"), mention("boss@b.example", "opt out")
	double.From.ID = "of boss"
	for _, n := range []feditest.Notification{mention("Ann@B.Example", "link"), mention("local", "link"), bot, shy, plain, not, self, odd, port, boss, double} {
		server.Notify(n)
	}
	heard, err := listener.Mentions(t.Context(), "0")
	require.NoError(t, err)
	asked := map[string]fedi.Mention{}
	for _, m := range heard.Mentions {
		asked[m.Asker.Acct] = m
	}
	assert.Len(t, asked, 10, "what cannot be called is not answered")
	for acct, want := range map[string]fedi.Asker{
		"Ann@B.Example":      {Full: "ann@b.example", Host: "b.example"},
		"local":              {Full: "local@bücher.example", Host: "xn--bcher-kva.example", Local: true},
		"robot@b.example":    {Full: "robot@b.example", Host: "b.example", Bot: true},
		"shy@b.example":      {Full: "shy@b.example", Host: "b.example", Shy: true},
		"plain@b.example":    {Full: "plain@b.example", Host: "b.example", Shy: true},
		"not@b.example":      {Full: "not@b.example", Host: "b.example"},
		"raceboard":          {Full: "raceboard@bücher.example", Host: "xn--bcher-kva.example", Local: true, Bot: true},
		"dev@localhost:8089": {Full: "dev@localhost:8089"},
	} {
		got := asked[acct].Asker
		got.ID, got.Acct = "", ""
		assert.Equal(t, want, got, "%s: %q %q local %t bot %t shy %t", acct, got.Full, got.Host, got.Local, got.Bot, got.Shy) // it prints as nothing
	}
	for acct, want := range map[string]bool{"boss": true, "local": false, "boss@b.example": false, "Ann@B.Example": false} {
		is, err := listener.IsContact(t.Context(), asked[acct].Asker)
		require.NoError(t, err)
		assert.Equal(t, want, is, acct)
	}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v", heard.Mentions[0], heard.Mentions[0], heard.Mentions[0], slog.AnyValue(heard.Mentions[0]).Resolve()), "nn", "it prints as nothing")
}

func TestWhomAMentionIsFor(t *testing.T) {
	t.Parallel()
	c := newClock()
	server := open(t, feditest.Options{Now: c.Now})
	client := connect(t, server, c.Now)
	ours, err := client.Post(t.Context(), fedi.Toot{Text: "hello", Visibility: leaderboard.Unlisted}, "a")
	require.NoError(t, err)
	first := server.Notify(mention("ann@a.example", "first"))
	for _, tt := range []struct{ acct, text, parent, visibility string }{
		{"ann@a.example", "to the bot", ours.ID, "unlisted"},
		{"ann@a.example", "to herself", first.StatusID, "private"},
		{"bob@a.example", "to ann", first.StatusID, "direct"},
		{"bob@a.example", "to somebody", "12345", "mutuals_only"},
	} {
		n := mention(tt.acct, tt.text)
		n.InReplyTo, n.Visibility = tt.parent, tt.visibility
		server.Notify(n)
	}
	heard, err := fedi.NewListener(client).Mentions(t.Context(), "0")
	require.NoError(t, err)
	require.Len(t, heard.Mentions, 5)
	for i, want := range []struct {
		aside      bool
		visibility leaderboard.Visibility
	}{{false, leaderboard.Public}, {false, leaderboard.Unlisted}, {false, fedi.FollowersOnly}, {true, fedi.Direct}, {true, fedi.Direct}} {
		m := heard.Mentions[i]
		assert.Equal(t, want.aside, m.Aside, m.Text)
		assert.Equal(t, want.visibility, m.Visibility, m.Text)
		assert.Equal(t, c.Now(), m.At)
	}
	assert.Equal(t, ours.ID, heard.Mentions[1].Parent)
}

func TestAPolicyThatHoldsMentionsBack(t *testing.T) {
	t.Parallel()
	c := newClock()
	server := open(t, feditest.Options{Now: c.Now})
	client := connect(t, server, c.Now)
	levels, _ := say(fedi.Check(t.Context(), client, fedi.Wants{}), "mentions")
	assert.Empty(t, levels)
	server.SetPolicy("for_private_mentions", "filter")
	levels, text := say(fedi.Check(t.Context(), client, fedi.Wants{}), "mentions")
	assert.Equal(t, []fedi.Level{fedi.Advice}, levels)
	assert.Contains(t, text, "private mentions")
	server.SetPolicy("for_new_accounts", "drop")
	levels, text = say(fedi.Check(t.Context(), client, fedi.Wants{}), "mentions")
	assert.Equal(t, []fedi.Level{fedi.Fault, fedi.Advice}, levels)
	assert.Contains(t, text, "new accounts")
	assert.NotContains(t, text, "do not follow it")
}
