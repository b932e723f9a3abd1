package leaderboard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestParseHost(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	for text, want := range map[string]leaderboard.Host{
		"mastodon.social": "mastodon.social", "Mastodon.SOCIAL": "mastodon.social", "mastodon.social.": "mastodon.social",
		"  fosstodon.org\n": "fosstodon.org", "a.b.c.example": "a.b.c.example", "0.example": "0.example", "m-1.example": "m-1.example",
		"münster.im": "xn--mnster-3ya.im", "MÜNSTER.IM": "xn--mnster-3ya.im", "XN--MNSTER-3YA.im": "xn--mnster-3ya.im",
		"mu\u0308nster.im": "xn--mnster-3ya.im", "例え。テスト": "xn--r8jz45g.xn--zckzah", "ｆｏｏ．example": "foo.example",
		"straße.example": "xn--strae-oqa.example", "user.github.io": "user.github.io", "github.io": "github.io",
		"example.co.uk": "example.co.uk", label63 + ".example": leaderboard.Host(label63 + ".example"),
	} {
		got, err := leaderboard.ParseHost(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, got, "%q", text)
	}
}

func TestParseHostRefuses(t *testing.T) {
	for name, texts := range map[string][]string{
		"nothing":             {"", " ", ".", "..", ".example", "a..example"},
		"single labels":       {"mastodon", "com", "localhost", "xn--mnster-3ya"},
		"addresses":           {"127.0.0.1", "1.2.3.4.", "10.1", "0x7f.1", "a.0x1", "１２７.0.0.1", "::1", "[::1]", "[2001:db8::1]", "2001:db8::1", "fe80::1%eth0"},
		"public suffixes":     {"co.uk", "CO.UK.", "com.au", "org.uk"},
		"private networks":    {"server.local", "x.localhost", "a.internal", "a.invalid", "1.0.0.127.in-addr.arpa", "box.lan", "nas.home"},
		"other characters":    {"under_score.example", "a b.example", "a/b.example", "a@b.example", "a:80.example", "*.example", "a!.example", "a\x00.example", "é\xff.example"},
		"hyphens at the edge": {"-a.example", "a-.example", "a.-example"},
		"false punycode":      {"xn--a.example", "xn--.example", "xn--mastodon-.social"},
		"too long":            {strings.Repeat("a", 64) + ".example", strings.Repeat("abcdefgh.", 32) + "example", strings.Repeat("a", 5000)},
		"more than a domain":  {"https://mastodon.social", "mastodon.social/", "mastodon.social:443", "@mastodon.social"},
	} {
		for _, text := range texts {
			got, err := leaderboard.ParseHost(text)
			require.ErrorIs(t, err, leaderboard.ErrHost, "%s: %q gives %q", name, text, got)
			assert.Empty(t, got)
		}
	}
}

func TestFindHost(t *testing.T) {
	const want = leaderboard.Host("mastodon.social")
	for name, texts := range map[string][]string{
		"domain":                    {"mastodon.social", " Mastodon.Social. "},
		"web address":               {"https://mastodon.social", "HTTP://MASTODON.SOCIAL/", "https://mastodon.social:443/x", "https://mastodon.social?x=@a@b.example", "https://mastodon.social#@a@b.example", "web+ap://mastodon.social/@ada"},
		"profile":                   {"https://mastodon.social/@ada", "https://mastodon.social/@ada@fosstodon.org", "https://mastodon.social/users/ada"},
		"address with a user":       {"https://ada@mastodon.social/", "https://ada:secret@mastodon.social/"},
		"address without a scheme":  {"mastodon.social/", "mastodon.social/about", "mastodon.social:443", "mastodon.social/users/ada"},
		"profile without a scheme":  {"mastodon.social/@ada", "mastodon.social/@ada/1234", "mastodon.social/@ada@fosstodon.org", "Mastodon.Social:443/@ada"},
		"handle":                    {"@ada@mastodon.social", "ada@mastodon.social", "@Ada@Mastodon.Social", " @ada@mastodon.social ", "@ada@mastodon.social/", "@ada@mastodon.social."},
		"account address":           {"acct:ada@mastodon.social", "ACCT:ada@mastodon.social", "acct:@ada@mastodon.social"},
		"the instance as if a user": {"@mastodon.social"},
	} {
		for _, text := range texts {
			got, err := leaderboard.FindHost(text)
			if assert.NoError(t, err, "%s: %q", name, text) {
				assert.Equal(t, want, got, "%s: %q", name, text)
			}
		}
	}
	got, err := leaderboard.FindHost("@jörg@münster.im")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.Host("xn--mnster-3ya.im"), got)
	for _, text := range []string{
		"", "@", "@@", "ada", "@ada", "ada@", "@ada@", "ada@localhost", "@ada@127.0.0.1", "https://127.0.0.1/@ada", "https://[::1]/@ada",
		"https://", "https:///x", "https:///@ada@mastodon.social", "://mastodon.social", "acct:", "ada lovelace@mastodon.social", "@a da@mastodon.social", "@ada@mastodon.social hello",
		"/@ada@mastodon.social", "ada@b@c.example/x y", "co.uk", "@ada@co.uk", "not given", "https://mastodon.social:http/",
	} {
		got, err := leaderboard.FindHost(text)
		assert.ErrorIs(t, err, leaderboard.ErrHost, "%q gives %q", text, got)
	}
}

func TestHostDisplay(t *testing.T) {
	assert.Equal(t, "münster.im", leaderboard.Host("xn--mnster-3ya.im").Display())
	assert.Equal(t, "mastodon.social", leaderboard.Host("mastodon.social").Display())
	assert.Equal(t, "xn--a.example", leaderboard.Host("xn--a.example").Display())
}

func FuzzFindHost(f *testing.F) {
	for _, seed := range []string{
		"mastodon.social", "@ada@mastodon.social", "https://mastodon.social/@ada", "mastodon.social/@ada", "acct:a@b.example", "[::1]:80",
		"münster.im", "XN--MNSTER-3YA.im.", "例え。テスト", "a_b.c", "ß.example", "1.2.3.4", "xn--a.example", "a\u200d.example", "K.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, err := leaderboard.FindHost(text)
		if err != nil {
			require.ErrorIs(t, err, leaderboard.ErrHost)
			require.Empty(t, host)
			return
		}
		require.Empty(t, strings.Trim(string(host), "abcdefghijklmnopqrstuvwxyz0123456789.-"), "%q gives %q", text, host)
		require.Contains(t, host, ".")
		again, err := leaderboard.ParseHost(string(host))
		require.NoError(t, err, "%q gives %q", text, host)
		require.Equal(t, host, again, "%q gives %q", text, host)
		again, err = leaderboard.ParseHost(host.Display())
		require.NoError(t, err, "%q shows as %q", host, host.Display())
		require.Equal(t, host, again, "%q shows as %q", host, host.Display())
	})
}
