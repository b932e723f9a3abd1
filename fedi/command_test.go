package fedi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fedirally/fedi"
)

func TestParseCommand(t *testing.T) {
	t.Parallel()
	for command, texts := range map[fedi.Command][]string{
		fedi.AskLink: {
			"link", "LINK", "Link!", "/link", "!link", "#link", "please give me the link", "@board@a.example link",
			"@board @other link", "Can I have my link, please?", "how can I donate?", "where do I give?", "my link\nthanks",
			"give me the link for my score", "“link”", "link\u200b",
		},
		fedi.AskScore: {"score", "Score?", "what's the score", "what’s our score?", "standings please", "Show me our rank", "how is our place"},
		fedi.AskTop:   {"top", "top 5", "TOP!", "who is leading?", "Show me the top, please", "hello dear bot, the leaderboard please"},
		fedi.AskHelp:  {"help", "Help!", "HELP ME", "?", "commands?"},
		fedi.AskStop:  {"stop", "STOP", "Stop!", "please stop", "stop it, bot", "Stop mentioning me.", "stop, please. Thanks!", "unsubscribe", "stop replying to me"},
		fedi.AskOptOut: {
			"opt out", "Opt-out", "OPTOUT", "opt-out!", "please opt out", "we'd like to opt out", "opt us out", "please opt our instance out",
			"opting out", "opt out, please stop",
		},
		fedi.AskNothing: {"thanks", "Thank you so much!", "thx", "Wow, great!", "ok", "👍", "🎉 🎉", "...", "well done, bot"},
		fedi.AskUnknown: {
			"", "  \n ", "@board@a.example", "who are you", "me", "thank me", "don't thank me", "Don’t thank me!", "do not thank me",
			"don't stop the race!", "Stop the count of everything", "Nobody can stop us", "stopp", "I love what you all are doing and want more links",
			"we don't opt out", "opt in", "scoreboards", "the quick brown fox jumped over the top", "ça va", "مرحبا",
		},
	} {
		for _, text := range texts {
			assert.Equal(t, command, fedi.ParseCommand(text), "%q", text)
		}
	}
	long := strings.Repeat("word ", 100_000)
	assert.Equal(t, fedi.AskUnknown, fedi.ParseCommand(long+"link"))
}

// The words of a person come as HTML, in the manner of many kinds of servers.
func TestCommandsInHTML(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		want    fedi.Command
	}{
		"Mastodon":   {`<p><span class="h-card" translate="no"><a href="https://a.example/@score" class="u-url mention">@<span>score</span></a></span> top</p>`, fedi.AskTop},
		"GoToSocial": {`<p><span class="h-card"><a href="http://localhost/@link" class="u-url mention" rel="nofollow">@<span>link</span></a></span> score please</p>`, fedi.AskScore},
		"Pleroma":    {`<span class="h-card"><a class="u-url mention" data-user="A" href="https://a.example/users/b" rel="ugc">@<span>b</span></a></span> help<br/>`, fedi.AskHelp},
		"Misskey":    {`<p><a href="https://a.example/@top" class="u-url mention">@top@a.example</a><span> link</span></p>`, fedi.AskLink},
		"plain":      {`@board@a.example &nbsp;<b>st</b>op`, fedi.AskStop},
		"a hashtag":  {`<p>@board <a href="https://a.example/tags/link" class="mention hashtag" rel="tag">#<span>link</span></a></p>`, fedi.AskLink},
		"entities":   {`<p>what&#39;s the sc&#111;re</p>`, fedi.AskScore},
		"a script":   {`<script>stop</script><p>top`, fedi.AskTop},
		"two lines":  {`<p>score</p><p>thanks</p>`, fedi.AskScore},
		"an image":   {`<img src=x onerror="link"><p>who are you</p>`, fedi.AskUnknown},
	} {
		assert.Equal(t, tt.want, fedi.ParseCommand(fedi.Plain(tt.content)), name)
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"link", "<p>don’t stop</p>", "@a@b.example opt-out", "''' '", "👍", "<a class=\"mention\">x", "\xff"} {
		f.Add(seed)
	}
	known := []fedi.Command{
		fedi.AskUnknown, fedi.AskLink, fedi.AskScore, fedi.AskTop, fedi.AskHelp, fedi.AskStop, fedi.AskOptOut, fedi.AskNothing,
	}
	f.Fuzz(func(t *testing.T, text string) {
		command := fedi.ParseCommand(fedi.Plain(text))
		assert.Contains(t, known, command)
		if command == fedi.AskStop {
			lower := strings.ToLower(fedi.Plain(text))
			assert.True(t, strings.Contains(lower, "stop") || strings.Contains(lower, "unsubscribe"), "%q", text)
		}
		spaced := "  @someone@a.example \n" + strings.ToValidUTF8(text, "") + "  "
		assert.Equal(t, fedi.ParseCommand(strings.ToValidUTF8(text, "")), fedi.ParseCommand(spaced), "%q", text)
	})
}
