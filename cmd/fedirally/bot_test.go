package main

import (
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
)

// botEnv is an environment with a bot's account on a simulated server, and a drive that
// opens now.
func botEnv(t *testing.T, options feditest.Options) (map[string]string, *feditest.Server) {
	t.Helper()
	fediverse, err := feditest.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, fediverse.Close()) })
	env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
	env[envMastodonServer], env[envMastodonToken], env[envPublicURL] = fediverse.URL(), fediverse.Token(), "https://rally.example"
	must(t, env, "drive", "add", "--slug", "bench", "--title", "The bench race", "--form", "bench", "--goal", "1000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example", "--min-donors", "2", "--contact", "contact@rally.example",
		"--start", time.Now().Add(-time.Minute).Format(time.RFC3339))
	return env, fediverse
}

// A server with an account speaks by itself, and a person can see what it said.
func TestServerSpeaks(t *testing.T) {
	env, fediverse := botEnv(t, feditest.Options{})
	serveHere(t, env, quiet)
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Len(c, fediverse.Posts(), 1) }, 20*time.Second, 50*time.Millisecond)
	post := fediverse.Posts()[0]
	assert.Contains(t, post.Text, "The bench race")
	assert.Contains(t, post.Text, "https://rally.example/drives/bench?n=1")
	assert.True(t, strings.HasPrefix(fediverse.Requests()[0].Agent, "Fedirally/"), fediverse.Requests()[0].Agent)
	assert.Contains(t, fediverse.Requests()[0].Agent, "(+https://rally.example)")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		list := must(t, env, "bot", "outbox")
		assert.Contains(c, list, "posted")
		assert.Contains(c, list, post.URL)
	}, 10*time.Second, 50*time.Millisecond)
	assert.Contains(t, must(t, env, "bot", "outbox", "--text"), "US politics, fundraising")
}

// The link of a toot leads to the page, which ignores the toot's number.
func TestTheNumberInALinkIsIgnored(t *testing.T) {
	env, _ := botEnv(t, feditest.Options{})
	must(t, env, "instance", "add", "host1.example")
	s := serveHere(t, env, quiet)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for _, path := range []string{"/drives/bench", "/drives/bench/instances/host1.example"} {
			with, body := fetchText(c, s.address().String()+path+"?n=12")
			assert.Equal(c, http.StatusOK, with)
			assert.Contains(c, body, `<link rel="canonical" href="https://rally.example`+path+`">`)
		}
	}, 10*time.Second, 50*time.Millisecond)
}

// A bot's server that does not answer is nobody's trouble but the bot's.
func TestIntakeAndPagesDoNotWaitForTheBotsServer(t *testing.T) {
	env, fediverse := botEnv(t, feditest.Options{})
	fediverse.Chaos(1, feditest.HangBefore)
	s := serveHere(t, env, quiet)
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.NotEmpty(c, fediverse.Requests()) }, 20*time.Second, 20*time.Millisecond)
	for i := range 20 {
		require.NoError(t, postGift(http.DefaultClient, s.address().String(), i+1))
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Contains(c, read(c, s.address().String()+"/drives/bench"), "The bench race")
		assert.Contains(c, read(c, s.address().String()+"/readyz"), "ok")
	}, 10*time.Second, 20*time.Millisecond)
	assert.Empty(t, fediverse.Posts())
}

func TestBotCheck(t *testing.T) {
	env, _ := botEnv(t, feditest.Options{})
	out := must(t, env, "bot", "check")
	assert.Contains(t, out, "@raceboard")
	assert.Contains(t, out, "the token may do what the bot needs, and no more")

	env, _ = botEnv(t, feditest.Options{Scopes: []string{"profile", "read:statuses"}, Profile: feditest.Profile{Username: "odd", Note: "hello"}})
	code, out, _ := command(t, env, "bot", "check")
	assert.Equal(t, 1, code)
	for _, fault := range []string{"lacks write:statuses", "not marked as automated", "does not say who runs this bot"} {
		assert.Contains(t, out, fault)
	}

	env[envMastodonToken] = "wrong"
	code, out, errs := command(t, env, "bot", "check")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "the server does not take it")
	assert.NotContains(t, out+errs, "wrong token")

	delete(env, envMastodonServer)
	delete(env, envMastodonToken)
	code, _, errs = command(t, env, "bot", "check")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "MASTODON_SERVER")
}

func TestBotSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(map[string]string)
		want   string
	}{
		"no token":       {func(env map[string]string) { delete(env, envMastodonToken) }, "MASTODON_ACCESS_TOKEN (or MASTODON_ACCESS_TOKEN_FILE) is missing"},
		"no server":      {func(env map[string]string) { delete(env, envMastodonServer) }, "MASTODON_SERVER is missing"},
		"in the clear":   {func(env map[string]string) { env[envMastodonServer] = "http://social.example" }, "https://"},
		"no public page": {func(env map[string]string) { delete(env, envPublicURL) }, "PUBLIC_URL is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
			env[envMastodonServer], env[envMastodonToken], env[envPublicURL] = "https://social.example", "a very secret token", "https://rally.example"
			tt.change(env)
			code, _, errs := command(t, env, "serve")
			assert.Equal(t, 1, code)
			assert.Contains(t, errs, tt.want)
			assert.NotContains(t, errs, "a very secret token")
		})
	}
}

// A rehearsal writes the outbox, prints how each toot reads, and posts nothing; a person
// lets it be posted, or does not.
func TestBotRehearsal(t *testing.T) {
	env, fediverse := botEnv(t, feditest.Options{})
	out := must(t, env, "bot", "run", "--dry-run", "--once")
	assert.Contains(t, out, "held")
	assert.Contains(t, out, "https://rally.example/drives/bench?n=1")
	assert.Contains(t, out, "[US politics, fundraising]")
	assert.Contains(t, must(t, env, "bot", "run", "--dry-run", "--once"), "nothing to say")
	assert.Empty(t, fediverse.Posts())

	must(t, env, "bot", "run", "--once")
	assert.Empty(t, fediverse.Posts(), "it waits for a person")
	must(t, env, "bot", "outbox", "approve", "1")
	must(t, env, "bot", "run", "--once")
	assert.Len(t, fediverse.Posts(), 1)
	code, _, errs := command(t, env, "bot", "outbox", "approve", "1")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "toot 1")
	code, _, _ = command(t, env, "bot", "outbox", "drop", "1")
	assert.Equal(t, 1, code)
}

func TestBotThanksByCommand(t *testing.T) {
	env, fediverse := botEnv(t, feditest.Options{})
	must(t, env, "instance", "add", "host1.example")
	must(t, env, "bot", "speech", "bench", "--approve", "--per-day", "0")
	s := serveHere(t, env, quiet)
	for _, i := range []int{1, 201} { // both of host1.example
		require.NoError(t, postGift(http.DefaultClient, s.address().String(), i))
	}
	assert.Contains(t, must(t, env, "bot", "thank", "bench", "--host", "host1.example"), "waits for approval")
	code, _, errs := command(t, env, "bot", "thank", "bench", "--host", "host1.example")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "already")
	code, _, errs = command(t, env, "bot", "thank", "bench", "--host", "not a host")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "--host")
	toots := mustJSON[struct{ Toots []tootDocument }](t, env, "bot", "outbox", "--json", "--state", "held")
	for _, toot := range toots.Toots {
		must(t, env, "bot", "outbox", "approve", strconv.FormatInt(toot.ID, 10))
	}
	assert.NotEmpty(t, toots.Toots)
	_ = fediverse
}

func TestBotFollow(t *testing.T) {
	env, fediverse := botEnv(t, feditest.Options{
		Profile: feditest.Profile{Username: "locked", Bot: true, Locked: true, DisplayName: "Race", Avatar: true, Note: "contact@rally.example"},
		Scopes:  append(feditest.LeastScopes(), "read:follows", "write:follows"),
	})
	assert.Contains(t, must(t, env, "bot", "follow"), "Nobody waits")
	fediverse.AskToFollow(feditest.Follower{Sender: feditest.Sender{ID: "1", Acct: "ada@good.example"}, Created: time.Now().AddDate(-2, 0, 0)})
	fediverse.AskToFollow(feditest.Follower{Sender: feditest.Sender{ID: "2", Acct: "eve@good.example", Bot: true}, Created: time.Now()})
	assert.Contains(t, must(t, env, "bot", "follow"), "it is a bot")
	must(t, env, "bot", "follow", "let", "@ada@good.example")
	must(t, env, "bot", "follow", "refuse", "eve@good.example")
	assert.True(t, fediverse.Followers()[0].Let)
	assert.True(t, fediverse.Followers()[1].Refused)
	code, _, errs := command(t, env, "bot", "follow", "let", "ada@good.example")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "does not wait")

	env[envLetFollow] = "30"
	assert.Contains(t, must(t, env, "bot", "check"), "the token may do what the bot needs, and no more")
	env[envLetFollow] = "soon"
	code, _, errs = command(t, env, "bot", "check")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, envLetFollow)
}

func TestBotSpeechIsSetAndShown(t *testing.T) {
	env, _ := botEnv(t, feditest.Options{})
	shown := must(t, env, "bot", "speech", "bench")
	assert.Contains(t, shown, "Bridgy Fed")
	must(t, env, "bot", "speech", "bench", "--visibility", "public", "--warning", "none", "--hashtag", "Vote,Race", "--per-day", "2",
		"--gap", "3h", "--amounts", "50,500.50", "--donors", "5,10", "--digest-hour", "none", "--no-thanks", "--language", "de", "--first", "3", "--least", "5")
	document := mustJSON[speechDocument](t, env, "bot", "speech", "bench", "--json")
	assert.EqualValues(t, "public", document.Visibility)
	assert.Empty(t, document.Warning)
	assert.Equal(t, []string{"Vote", "Race"}, document.Hashtags)
	assert.Equal(t, []int64{5, 10}, document.Donors)
	assert.EqualValues(t, 50050, document.AmountsCents[1])
	assert.False(t, document.Thanks)
	assert.Equal(t, -1, document.DigestHour)
	for _, wrong := range [][]string{
		{"--visibility", "direct"}, {"--gap", "1s"}, {"--amounts", "10,5"}, {"--hashtag", "#Vote 2026"}, {"--per-day", "99"},
	} {
		code, _, errs := command(t, env, append([]string{"bot", "speech", "bench"}, wrong...)...)
		assert.NotZero(t, code, wrong)
		assert.NotEmpty(t, errs)
	}
	assert.Equal(t, document, mustJSON[speechDocument](t, env, "bot", "speech", "bench", "--json"), "nothing of what was wrong is kept")
}

func TestBotWords(t *testing.T) {
	env, _ := botEnv(t, feditest.Options{})
	assert.Contains(t, must(t, env, "bot", "words", "bench", "--kind", "lead"), "lead (shipped)")
	must(t, env, "bot", "words", "set", "--slug", "bench", "--kind", "opened", "{drive} geht los: {goal} für {beneficiary}.")
	assert.Contains(t, must(t, env, "bot", "words", "bench", "--kind", "opened"), "geht los")
	assert.Contains(t, must(t, env, "bot", "run", "--dry-run", "--once"), "The bench race geht los: $1,000 für Example.")
	for text, want := range map[string]string{
		"{hots} leads": "did you mean {host}", "@{host} leads": "would be called", strings.Repeat("long ", 200) + "{host}": "the server takes",
	} {
		code, _, errs := command(t, env, "bot", "words", "set", "--slug", "bench", "--kind", "lead", text)
		assert.Equal(t, 1, code)
		assert.Contains(t, errs, want)
	}
	must(t, env, "bot", "words", "reset", "bench", "--kind", "opened")
	assert.NotContains(t, must(t, env, "bot", "words", "bench", "--kind", "opened"), "geht los")
	code, _, _ := command(t, env, "bot", "words", "bench", "--kind", "gossip")
	assert.Equal(t, 1, code)
}

func TestDoctorLooksAtTheBot(t *testing.T) {
	env, _ := botEnv(t, feditest.Options{})
	_, out, _ := command(t, env, "doctor", "--wait", "5s")
	assert.Contains(t, out, "bot's token: it is that of @raceboard")
	assert.Contains(t, out, "toots: 0 posted")
	env[envMastodonToken] = "wrong"
	_, out, _ = command(t, env, "doctor", "--wait", "5s")
	assert.Contains(t, out, "failure  bot's token")
}
