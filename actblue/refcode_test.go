package actblue

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func TestHostCode(t *testing.T) {
	for host, code := range map[leaderboard.Host]string{
		"mastodon.social":         "fedi_mastodon_social",
		"my-inst.example.org":     "fedi_my__inst_example_org",
		"xn--bcher-kva.example":   "fedi_xn____bcher__kva_example",
		"a.b-c--d.example":        "fedi_a_b__c____d_example",
		"social.example.co.uk":    "fedi_social_example_co_uk",
		"1a.example":              "fedi_1a_example",
		"mastodon.xn--p1ai":       "fedi_mastodon_xn____p1ai",
		"verylonglabel-1.example": "fedi_verylonglabel__1_example",
	} {
		assert.Equal(t, code, EncodeHost(host))
		decoded, ok := DecodeHost(code)
		assert.True(t, ok, code)
		assert.Equal(t, host, decoded)
	}
}

func TestDecodeHostIsLenientInCaseAndSpaceOnly(t *testing.T) {
	for _, code := range []string{" fedi_mastodon_social\n", "FEDI_Mastodon_SOCIAL"} {
		host, ok := DecodeHost(code)
		assert.True(t, ok, code)
		assert.Equal(t, leaderboard.Host("mastodon.social"), host)
	}
	for _, code := range []string{
		"", "fedi", "fedi_", "fedi__", "fedi_mastodon", "mastodon_social", "fedimastodon_social",
		"fedi__mastodon_social", "fedi_mastodon_social_", "fedi_mastodon_social__", "fedi_mastodon___social",
		"fedi_a_____b_example", "fedi_mastodon.social", "fedi_my-inst_example_org", "fedi_mastodon social",
		"fedi_bücher_example", "fedi_co_uk", "fedi_host_local", "fedi_127_0_0_1", "fedi_@user_mastodon_social",
		"fedi_" + strings.Repeat("a", 64) + "_example", "fedi_" + strings.Repeat("a_", 200) + "example",
	} {
		_, ok := DecodeHost(code)
		assert.False(t, ok, code)
	}
}

// hosts draws canonical hosts, hyphens and punycode included.
func hosts() *rapid.Generator[leaderboard.Host] {
	text := rapid.StringMatching(`([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){1,4}[a-z]{2,8}|b[üöä]{1,3}cher\.example`)
	return rapid.Custom(func(t *rapid.T) leaderboard.Host {
		return rapid.Map(text, func(s string) leaderboard.Host {
			host, err := leaderboard.ParseHost(s)
			if err != nil {
				return ""
			}
			return host
		}).Filter(func(host leaderboard.Host) bool { return host != "" }).Draw(t, "host")
	})
}

func TestEveryHostSurvivesItsCode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := hosts().Draw(t, "host")
		code := EncodeHost(host)
		decoded, ok := DecodeHost(code)
		if !ok || decoded != host {
			t.Fatalf("%q became %q became %q (%v)", host, code, decoded, ok)
		}
		if strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Fatalf("%q is outside what ActBlue documents", code)
		}
	})
}

func FuzzDecodeHost(f *testing.F) {
	for _, seed := range []string{
		"fedi_mastodon_social", "fedi_my__inst_example_org", "FEDI_a_b ", "fedi_a___b_c", "fedi__a_b", "fedi_a.b_c", "fedi_a-b_c", "fedi_\u212a_example", "x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, refcode string) {
		host, ok := DecodeHost(refcode)
		if !ok {
			assert.Empty(t, host)
			return
		}
		assert.Equal(t, strings.ToLower(strings.TrimSpace(refcode)), EncodeHost(host))
		parsed, err := leaderboard.ParseHost(string(host))
		require.NoError(t, err)
		assert.Equal(t, host, parsed)
	})
}
