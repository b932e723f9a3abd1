package fedi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
)

// say gives what was found of a subject: the level, the text and what to do.
func say(findings []fedi.Finding, subject string) (levels []fedi.Level, text string) {
	var lines []string
	for _, f := range findings {
		if f.Subject == subject {
			levels = append(levels, f.Level)
			lines = append(lines, f.Says+" | "+f.Do)
		}
	}
	return levels, strings.Join(lines, "\n")
}

func TestAnAccountInOrder(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		c := newClock()
		server := open(t, feditest.Options{Style: style, Now: c.Now})
		findings := fedi.Check(t.Context(), connect(t, server, c.Now), fedi.Wants{})
		assert.Len(t, findings, 5)
		for _, f := range findings {
			assert.Equal(t, fedi.Fine, f.Level, "%s: %v", name, f)
			assert.Empty(t, f.Do)
			assert.NotEmpty(t, f.Says)
		}
		assert.Empty(t, server.Posts(), "it posts nothing")
	}
	assert.ElementsMatch(t, feditest.LeastScopes(), fedi.LeastScopes())
}

func TestWhatIsWrongWithAnAccount(t *testing.T) {
	t.Parallel()
	fine := feditest.Profile{Username: "board", DisplayName: "Board", Note: "By @sam@a.example", Bot: true, Avatar: true}
	with := func(change func(*feditest.Profile)) feditest.Profile {
		profile := fine
		change(&profile)
		return profile
	}
	short, old, hidden := feditest.Mastodon(), feditest.Mastodon(), feditest.GoToSocial()
	short.MaxCharacters = 300
	old.OnlyV1 = true
	for _, tt := range []struct {
		name     string
		options  feditest.Options
		contacts []string
		skew     time.Duration
		subject  string
		levels   []fedi.Level
		says     []string
	}{
		{name: "no bot", options: feditest.Options{Profile: with(func(p *feditest.Profile) { p.Bot = false })}, subject: "bot flag", levels: []fedi.Level{fedi.Fault}, says: []string{"not marked as automated | tick it"}},
		{name: "nobody", options: feditest.Options{Profile: with(func(p *feditest.Profile) { p.Note = "Figures of a race." })}, contacts: []string{"sam@a.example"}, subject: "profile", levels: []fedi.Level{fedi.Fault}, says: []string{"does not say who runs"}},
		{name: "somebody", options: feditest.Options{Profile: fine}, subject: "profile", levels: []fedi.Level{fedi.Fine}},
		{name: "the right one", options: feditest.Options{Profile: fine}, contacts: []string{"", "@SAM@a.example"}, subject: "profile", levels: []fedi.Level{fedi.Fine}},
		{name: "a web address", options: feditest.Options{Profile: fine}, contacts: []string{"https://rally.example"}, subject: "profile", levels: []fedi.Level{fedi.Fine}},
		{name: "another one", options: feditest.Options{Profile: fine}, contacts: []string{"kim@b.example"}, subject: "profile", levels: []fedi.Level{fedi.Fault}, says: []string{"write a contact into it"}},
		{name: "no face", options: feditest.Options{Profile: with(func(p *feditest.Profile) { p.Avatar, p.DisplayName = false, " " })}, subject: "profile", levels: []fedi.Level{fedi.Advice, fedi.Advice}, says: []string{"no display name", "no picture"}},
		{name: "Markdown", options: feditest.Options{Style: hidden, Profile: with(func(p *feditest.Profile) { p.Markdown = true })}, subject: "posts", levels: []fedi.Level{fedi.Advice}, says: []string{"as Markdown", "| set the format of its posts to plain text"}},
		{name: "plain text", options: feditest.Options{Style: hidden, Profile: fine}, subject: "posts"},
		{name: "locked", options: feditest.Options{Profile: with(func(p *feditest.Profile) { p.Locked = true })}, subject: "followers", levels: []fedi.Level{fedi.Advice}, says: []string{"by hand | unlock"}},
		{name: "scopes that are missing", options: feditest.Options{Scopes: []string{"profile", "write:statuses"}}, subject: "scopes", levels: []fedi.Level{fedi.Fault, fedi.Fault, fedi.Fault}, says: []string{"lacks read:statuses, without which the bot cannot find its own posts again", "lacks write:media", "lacks read:notifications"}},
		{name: "scopes that are missing, on a server that does not tell", options: feditest.Options{Style: hidden, Scopes: []string{"profile"}}, subject: "scopes", levels: []fedi.Level{fedi.Fault, fedi.Fault, fedi.Fault, fedi.Fault}, says: []string{"lacks read:statuses", "lacks write:statuses", "lacks write:media", "lacks read:notifications"}},
		{name: "everything", options: feditest.Options{Scopes: []string{"read", "write", "follow"}}, subject: "scopes", levels: []fedi.Level{fedi.Advice}, says: []string{"more than the bot needs: read write follow", "make one with: profile read:statuses"}},
		{name: "read:accounts where profile does", options: feditest.Options{Scopes: []string{"read:accounts", "read:statuses", "read:notifications", "write:statuses", "write:media"}}, subject: "scopes", levels: []fedi.Level{fedi.Advice}, says: []string{"more than the bot needs: read:accounts |"}},
		{name: "read:accounts where there is no profile", options: feditest.Options{Style: old, Scopes: []string{"read:accounts", "read:statuses", "read:notifications", "write:statuses", "write:media"}}, subject: "scopes", levels: []fedi.Level{fedi.Fine}, says: []string{"and no more"}},
		{name: "little room", options: feditest.Options{Style: short}, subject: "limits", levels: []fedi.Level{fedi.Advice}, says: []string{"300 characters"}},
		{name: "a clock", skew: 3 * time.Minute, subject: "clock", levels: []fedi.Level{fedi.Advice}, says: []string{"differ by 3m0s"}},
		{name: "a clock that is wrong", skew: -40 * time.Minute, subject: "clock", levels: []fedi.Level{fedi.Fault}, says: []string{"differ by 40m0s", "may not find"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tt.options.Now = func() time.Time { return c.Now().Add(tt.skew) }
			server := open(t, tt.options)
			findings := fedi.Check(t.Context(), connect(t, server, c.Now), fedi.Wants{Contacts: tt.contacts})
			levels, text := say(findings, tt.subject)
			assert.Equal(t, tt.levels, levels, "%v", findings)
			for _, want := range tt.says {
				assert.Contains(t, text, want)
			}
			assert.Empty(t, server.Posts())
		})
	}
}

func TestAServerThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault               feditest.Fault
		subject, says, doIt string
	}{
		{feditest.Unauthorized, "token", "does not take it", "Preferences > Development"},
		{feditest.Forbidden, "token", "may not say whose it is", "see whether the account is in order"},
		{feditest.Throttled, "server", "asks to wait until", "wait until then"},
		{feditest.Elsewhere, "server", "elsewhere.invalid", "set http://elsewhere.invalid"},
		{feditest.BrokenServer, "server", "500", "see whether the address is right"},
		{feditest.Garbled, "server", "not JSON", "see whether the address is right"},
	} {
		server := open(t, feditest.Options{})
		server.Fail(1, tt.fault, "GET /api/v1/accounts/verify_credentials")
		findings := fedi.Check(t.Context(), connect(t, server, time.Now), fedi.Wants{})
		require.Len(t, findings, 1)
		assert.Equal(t, fedi.Fault, findings[0].Level)
		assert.Equal(t, tt.subject, findings[0].Subject)
		assert.Contains(t, findings[0].Says, tt.says)
		assert.Contains(t, findings[0].Do, tt.doIt)
	}
	server := open(t, feditest.Options{})
	server.Fail(1, feditest.Unavailable, "GET /api/v2/instance")
	levels, text := say(fedi.Check(t.Context(), connect(t, server, time.Now), fedi.Wants{}), "limits")
	assert.Equal(t, []fedi.Level{fedi.Fault}, levels)
	assert.Contains(t, text, "503")

	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"hello":1}`)) }))
	defer other.Close()
	client, err := fedi.New(fedi.Config{Server: other.URL, Token: "t", Now: time.Now})
	require.NoError(t, err)
	_, text = say(fedi.Check(t.Context(), client, fedi.Wants{}), "account")
	assert.Contains(t, text, "may not speak the Mastodon API")
}
