package actblue

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestFormLink(t *testing.T) {
	const base = "https://secure.actblue.com/donate/race"
	for _, c := range []struct{ name, form, want string }{
		{"a form's name", "race", base + "?refcode=fedi_my__inst_example"},
		{"space around", " race\n", base + "?refcode=fedi_my__inst_example"},
		{"a link", base, base + "?refcode=fedi_my__inst_example"},
		{"http becomes https", "http://secure.actblue.com/donate/race", base + "?refcode=fedi_my__inst_example"},
		{"no scheme", "secure.actblue.com/donate/race", base + "?refcode=fedi_my__inst_example"},
		{"the bare domain, in capitals", "HTTPS://ActBlue.com/donate/Race/", "https://actblue.com/donate/Race/?refcode=fedi_my__inst_example"},
		{"an old link", "https://secure.actblue.com/contribute/page/race", "https://secure.actblue.com/contribute/page/race?refcode=fedi_my__inst_example"},
		{"a fragment is dropped", base + "?a=1#express_lane=true", base + "?a=1&refcode=fedi_my__inst_example"},
		{"order and spelling stay", base + "?amount=25&z=%7e%20+x&recurring=true&a", base + "?amount=25&z=%7e%20+x&recurring=true&a&refcode=fedi_my__inst_example"},
		{"our own code is replaced", base + "?refcode=fedi_mastodon_social&amount=5", base + "?amount=5&refcode=fedi_my__inst_example"},
		{"an empty refcode", base + "?refcode=&amount=5", base + "?amount=5&refcode=fedi_my__inst_example"},
		{"a refcode of its own moves", base + "?refcode=em%2D1", base + "?refcode=fedi_my__inst_example&refcode2=em%2D1"},
		{"refcode2 is taken", base + "?refcode=em1&refcode2=x", base + "?refcode2=x&refcode=fedi_my__inst_example&refcodeSource=em1"},
		{"both are taken", base + "?refcodeSource=y&refcode=em1&REFCODE2=x", base + "?refcodeSource=y&REFCODE2=x&refcode=fedi_my__inst_example&refcodeSource2=em1"},
		{"two refcodes", base + "?refcode=em1&%72efcode=em2&refcode[]=em3", base + "?refcode=fedi_my__inst_example&refcode2=em1&refcodeSource=em2&refcodeSource2=em3"},
		{"express lane", base + "?express_lane=true&amount=5", base + "?amount=5&refcode=fedi_my__inst_example"},
		{"express lane, disguised", base + "?EXPRESS_LANE=1&express%5Flane=1&express%255flane=1&express_lane[]=1&+express_lane&a=1;express_lane=1", base + "?a=1&refcode=fedi_my__inst_example"},
		{"stray characters", base + `?a="é <`, base + "?a=%22%C3%A9%20%3C&refcode=fedi_my__inst_example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			link, err := FormLink(c.form, "my-inst.example")
			require.NoError(t, err)
			assert.Equal(t, c.want, link)
		})
	}
}

func TestFormLinkRefuses(t *testing.T) {
	for _, form := range []string{
		"", " ", "two words", "-race", "race?x=1", strings.Repeat("a", 200),
		"https://example.com/donate/race", "https://actblue.com.example/donate/race", "https://notactblue.com/donate/race",
		"https://secure.actblue.com@example.com/donate/race", "https://user@secure.actblue.com/donate/race",
		"https://secure.actblue.com:8443/donate/race", "ftp://secure.actblue.com/donate/race", "javascript://secure.actblue.com/donate/race",
		"https://secure.actblue.com/", "https://secure.actblue.com/donate/", "https://secure.actblue.com/donate/a/b",
		"https://secure.actblue.com/donate/..", "https://secure.actblue.com/donate/a%2Fb", "https://secure.actblue.com/entities/1",
		"https://secure.actblue.com/donate/race?a=%zz", "https://secure.actblue.com/donate/race?%=1", "https://[::1",
		"https://secure.actblue.com/donate/race?" + strings.Repeat("a", 5000),
	} {
		_, err := FormLink(form, "mastodon.social")
		require.ErrorIs(t, err, ErrLink, form)
	}
	for _, host := range []leaderboard.Host{"", "*", "localhost", "UPPER.example", "a..example"} {
		_, err := FormLink("race", host)
		assert.ErrorIs(t, err, leaderboard.ErrHost, host)
	}
}

func FuzzFormLink(f *testing.F) {
	for _, query := range []string{
		strings.Repeat(" ", maxLink-100), "", "refcode=a&refcode2=b", "express_lane=true", "a=1;EXPRESS%5flane=1", "%25%36%35xpress_lane", "express_lane[x]", "=&&;", "a#b",
	} {
		f.Add("https://secure.actblue.com/donate/race?" + query)
	}
	f.Add("race")
	f.Fuzz(func(t *testing.T, form string) {
		link, err := FormLink(form, "mastodon.social")
		if err != nil {
			return
		}
		parsed, err := url.Parse(link)
		require.NoError(t, err)
		assert.Equal(t, "https", parsed.Scheme)
		assert.True(t, parsed.Host == "actblue.com" || strings.HasSuffix(parsed.Host, ".actblue.com"), link)
		for _, pair := range strings.FieldsFunc(parsed.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
			key, _, _ := strings.Cut(pair, "=")
			for range 10 {
				assert.NotContains(t, strings.ToLower(key), "express_lane", link)
				if decoded, err := url.QueryUnescape(key); err == nil {
					key = decoded
				}
			}
		}
		assert.Equal(t, []string{"fedi_mastodon_social"}, parsed.Query()["refcode"], link)
		assert.Equal(t, -1, strings.IndexFunc(link, func(r rune) bool { return r <= ' ' || r >= 0x7f }), link)
		again, err := FormLink(link, "mastodon.social")
		require.NoError(t, err)
		twice, err := FormLink(again, "mastodon.social")
		require.NoError(t, err)
		assert.Equal(t, again, twice, "a link of ours stays as it is")
	})
}
