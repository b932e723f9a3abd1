package directory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

const (
	host = leaderboard.Host("social.example")
	// discovery is a list of NodeInfo documents with one in it.
	discovery = `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://social.example:PORT/nodeinfo/2.0"}]}`
	node      = `{"version":"2.0","software":{"name":"Mastodon","version":"4.5.1"},"protocols":["activitypub"],
		"usage":{"users":{"total":2000,"activeMonth":300,"activeHalfyear":400},"localPosts":9},"metadata":{"nodeName":"Node"}}`
	second = `{"domain":"social.example","title":"Social & friends","version":"4.5.1","usage":{"users":{"active_month":290}},
		"icon":[{"src":"https://social.example/s.png","size":"48x48"},{"src":"https://social.example/l.png","size":"512x512"},{"src":"/m.png","size":"144x144"}],
		"thumbnail":{"url":"https://social.example/banner.png"},"contact":{"email":"x@social.example","account":{"acct":"admin","username":"admin"}}}`
	first = `{"uri":"https://social.example","title":"First","version":"2.7.2 (compatible; Pleroma 2.6.0)","stats":{"user_count":"17"},
		"thumbnail":"https://social.example/t.png","contact_account":null}`
)

func TestLook(t *testing.T) {
	t.Parallel()
	whole := leaderboard.Facts{
		Fediverse: true, Title: "Social & friends", Software: "mastodon", Version: "4.5.1", Active: 300, ActiveFrom: leaderboard.FromNodeInfo,
		Total: 2000, Contact: "admin@social.example", IconAddress: "https://social.example/m.png",
	}
	with := func(change func(*leaderboard.Facts)) leaderboard.Facts {
		facts := whole
		change(&facts)
		return facts
	}
	for name, tt := range map[string]struct {
		says documents
		want leaderboard.Facts
	}{
		"all of it": {documents{"/.well-known/nodeinfo": discovery, "/nodeinfo/2.0": node, "/api/v2/instance": second, "/api/v1/instance": first}, whole},
		"no NodeInfo": {documents{"/api/v2/instance": second}, with(func(f *leaderboard.Facts) {
			f.Software, f.Active, f.ActiveFrom, f.Total = "", 290, leaderboard.FromInstance, 0
		})},
		"NodeInfo alone": {documents{"/.well-known/nodeinfo": discovery, "/nodeinfo/2.0": node}, with(func(f *leaderboard.Facts) {
			f.Title, f.Contact, f.IconAddress = "Node", "", ""
		})},
		"the first version": {documents{"/api/v1/instance": first}, leaderboard.Facts{
			Fediverse: true, Title: "First", Software: "pleroma", Version: "2.6.0", Total: 17, IconAddress: "https://social.example/t.png",
		}},
		"the first, where the second is nonsense": {documents{"/api/v1/instance": first, "/api/v2/instance": `{"error":"no"}`}, leaderboard.Facts{
			Fediverse: true, Title: "First", Software: "pleroma", Version: "2.6.0", Total: 17, IconAddress: "https://social.example/t.png",
		}},
		"NodeInfo that hides people": {documents{
			"/.well-known/nodeinfo": discovery, "/nodeinfo/2.0": `{"software":{"name":"sharkey"},"protocols":["activitypub"],"usage":{"users":{"total":12,"activeMonth":null}}}`,
			"/api/v2/instance": second,
		}, with(func(f *leaderboard.Facts) {
			f.Software, f.Total, f.Active, f.ActiveFrom = "sharkey", 12, 290, leaderboard.FromInstance
		})},
		"a page about cats":      {documents{"/": "<html>cats</html>"}, leaderboard.Facts{}},
		"JSON about cats":        {documents{"/": `{"cats":[1,2,3]}`}, leaderboard.Facts{}},
		"a chat server":          {documents{"/.well-known/nodeinfo": discovery, "/nodeinfo/2.0": `{"software":{"name":"chat"},"protocols":["xmpp"]}`}, leaderboard.Facts{}},
		"links of somebody else": {documents{"/.well-known/nodeinfo": `{"links":[{"rel":"x/schema/2.0","href":"https://other.example:PORT/n"}]}`}, leaderboard.Facts{}},
		"links on another port":  {documents{"/.well-known/nodeinfo": `{"links":[{"rel":"x/schema/2.0","href":"https://social.example:22/n"}]}`}, leaderboard.Facts{}},
		"links in the clear":     {documents{"/.well-known/nodeinfo": `{"links":[{"rel":"x/schema/2.0","href":"http://social.example:PORT/n"}]}`}, leaderboard.Facts{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town := newTown(t)
			town.write(string(host), tt.says)
			town.write("other.example", documents{"/n": node})
			got, err := town.client.Look(t.Context(), host)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.False(t, town.was("other.example/n"))
			assert.Equal(t, map[string]bool{"Fedirally/test (+https://rally.example)": true}, town.agents)
		})
	}
}

func TestLookTakesTheBestNodeInfo(t *testing.T) {
	t.Parallel()
	town := newTown(t)
	town.write("social.example", documents{"/.well-known/nodeinfo": `{"links":[
		{"rel":"http://nodeinfo.diaspora.software/ns/schema/1.0","href":"/1.0"},{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"https://web.social.example:PORT/2.1"},
		{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"/2.0"},{"rel":"http://nodeinfo.diaspora.software/ns/schema/3.0","href":"/3.0"}]}`})
	town.write("web.social.example", documents{"/2.1": node})
	got, err := town.client.Look(t.Context(), host)
	require.NoError(t, err)
	assert.EqualValues(t, 300, got.Active)
}

func TestLookAsksThreadsNothing(t *testing.T) {
	t.Parallel()
	town := newTown(t)
	got, err := town.client.Look(t.Context(), "www.threads.net")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.Facts{Fediverse: true, Title: "Threads", Software: "threads"}, got)
	assert.Empty(t, town.asked)
}

func TestNamesOfTwoFaces(t *testing.T) {
	t.Parallel()
	calls := func(name string) documents {
		return documents{"/api/v2/instance": `{"domain":"` + name + `","title":"T","contact":{"account":{"acct":"admin"}}}`}
	}
	for name, tt := range map[string]struct {
		claims string
		there  documents // at the claimed name
		want   leaderboard.Host
	}{
		"its own":                        {"social.example", nil, ""},
		"a neighbour's":                  {"example.example", nil, ""},
		"another host of its domain":     {"www.social.example", nil, "www.social.example"},
		"somebody else's":                {"famous.example", calls("famous.example"), ""},
		"one that does not answer":       {"nobody.example", nil, ""},
		"one that sends us back":         {"handles.example", documents{"/.well-known/nodeinfo": "=>https://social.example:PORT/.well-known/nodeinfo"}, "handles.example"},
		"one that sends us elsewhere":    {"handles.example", documents{"/.well-known/nodeinfo": "=>https://other.example:PORT/.well-known/nodeinfo"}, ""},
		"one whose links lead back":      {"handles.example", documents{"/.well-known/nodeinfo": discovery}, "handles.example"},
		"one whose host-meta leads back": {"handles.example", documents{"/.well-known/host-meta": "=>https://social.example:PORT/x"}, "handles.example"},
		"an address":                     {"127.0.0.1", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town := newTown(t)
			town.write("social.example", calls(tt.claims))
			town.write(tt.claims, tt.there)
			if tt.claims == "social.example" {
				town.write("social.example", calls(tt.claims))
			}
			got, err := town.client.Look(t.Context(), host)
			require.NoError(t, err)
			assert.True(t, got.Fediverse)
			assert.Equal(t, tt.want, got.Canonical)
			at := tt.want
			if at == "" {
				at = host
			}
			assert.Equal(t, "admin@"+string(at), got.Contact)
		})
	}
}

func TestRobotsThatNameUs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		robots string
		asked  bool
	}{
		"everybody":       {"User-agent: *\nDisallow: /", true},
		"us":              {"User-agent: *\nAllow: /\n\nUser-agent: FediRally\nDisallow: /api/", false},
		"us among others": {"user-agent: gptbot\nuser-agent: fedirally/1\ndisallow: /\n", false},
		"the next group":  {"user-agent: fedirally\ndisallow: /private\nuser-agent: gptbot\ndisallow: /\n", true},
		"an exception":    {"user-agent: fedirally\ndisallow: /\nallow: /api/v2", true},
		"a pattern":       {"user-agent: fedirally\ndisallow: /*/instance$", false},
		"not this one":    {"user-agent: fedirally\ndisallow: /*/instances$\ndisallow: /v2*x", true},
		"nothing":         {"user-agent: fedirally\ndisallow:\n", true},
	} {
		assert.Equal(t, tt.asked, readRobots(tt.robots).allows("/api/v2/instance"), name)
	}
	town := newTown(t)
	town.write("social.example", documents{"/robots.txt": "User-agent: Fedirally\nDisallow: /", "/api/v2/instance": second})
	_, err := town.client.Look(t.Context(), host)
	require.ErrorIs(t, err, ErrRobots)
	assert.Equal(t, []string{"social.example/robots.txt"}, town.asked)
}
