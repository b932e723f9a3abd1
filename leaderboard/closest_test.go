package leaderboard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	known := []leaderboard.Host{"mastodon.social", "mastodon.sdf.org", "mas.to", "mstdn.social", "fosstodon.org", "mastodon.online"}
	for written, want := range map[leaderboard.Host][]leaderboard.Host{
		"mastadon.social":   {"mastodon.social"},
		"mastodno.social":   {"mastodon.social"}, // two letters swapped
		"mastodonsocial":    {"mastodon.social"},
		"masstodon.social":  {"mastodon.social"},
		"mastodon.socal":    {"mastodon.social"},
		"fosstodon.rog":     {"fosstodon.org"},
		"fostodon.ogr":      {"fosstodon.org"},
		"mas.ot":            {"mas.to"},
		"mastodon.social":   {}, // it is known: nothing to suggest
		"wholly.elsewhere":  {},
		"a.to":              {}, // too short to tell
		"mstdon.social":     {"mstdn.social", "mastodon.social"},
		"mastodon.onl1ne":   {"mastodon.online"},
		"maaastodon.social": {"mastodon.social"},
	} {
		assert.Equal(t, want, leaderboard.Closest(written, known, 3), written)
	}
	assert.Len(t, leaderboard.Closest("mstdon.social", known, 1), 1)
}

// One slip is always found, whichever it is.
func TestClosestFindsOneSlip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.StringMatching(`[a-z]{6,12}\.[a-z]{3}`).Draw(t, "host")
		at := rapid.IntRange(0, len(host)-2).Draw(t, "at")
		var slip string
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			slip = host[:at] + "9" + host[at+1:]
		case 1:
			slip = host[:at] + host[at+1:]
		case 2:
			slip = host[:at] + "9" + host[at:]
		default:
			slip = host[:at] + host[at+1:at+2] + host[at:at+1] + host[at+2:]
		}
		if slip == host {
			return
		}
		assert.Equal(t, []leaderboard.Host{leaderboard.Host(host)},
			leaderboard.Closest(leaderboard.Host(slip), []leaderboard.Host{leaderboard.Host(host)}, 3))
	})
}
