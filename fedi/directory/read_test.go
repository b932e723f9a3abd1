package directory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func treeOf(t testing.TB, text string) tree {
	document, ok := readTree([]byte(text))
	require.True(t, ok, text)
	return document
}

// Documents in the manner of many kinds of servers, with their gaps and oddities.
func TestNodeInfoOfManyServers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		document string
		want     nodeInfo
	}{
		"misskey": {
			`{"version":"2.1","software":{"name":"misskey","version":"2026.8.0"},"protocols":["activitypub"],"usage":{"users":{"total":12000,"activeHalfyear":null,"activeMonth":null},"localComments":0},"metadata":{"nodeName":"M"}}`,
			nodeInfo{true, "misskey", "2026.8.0", "M", "", 0, 12000},
		},
		"akkoma": {
			`{"software":{"name":"akkoma","version":"3.0.0"},"openRegistrations":"FALSE","protocols":["activitypub"],"usage":{"users":{"total":"44"}},"metadata":{"federation":{"mrf_simple":{"reject":["a.example"]}}}}`,
			nodeInfo{true, "akkoma", "3.0.0", "", "", 0, 44},
		},
		"gotosocial": {
			`{"software":{"name":"gotosocial","version":"0.20.0+git"},"protocols":["activitypub"],"usage":{"users":{"total":0}},"metadata":{}}`,
			nodeInfo{true, "gotosocial", "0.20.0+git", "", "", 0, 0},
		},
		"friendica": {
			`{"version":"1.0","software":{"name":"friendica","version":"2026.04"},"protocols":{"inbound":["friendica","activitypub"],"outbound":["friendica"]},"usage":[],"metadata":[]}`,
			nodeInfo{true, "friendica", "2026.04", "", "", 0, 0},
		},
		"lemmy": {
			`{"version":"2.1","software":{"name":"Lemmy","version":"0.19"},"protocols":["activitypub"],"usage":{"users":{"total":10.0,"activeMonth":1e1}}}`,
			nodeInfo{true, "lemmy", "0.19", "", "", 10, 10},
		},
		"wordpress": {
			`{"software":{"name":"wordpress","version":"6.9"},"protocols":"activitypub","usage":{"users":{"total":1,"activeMonth":1}}}`,
			nodeInfo{true, "wordpress", "6.9", "", "", 1, 1},
		},
		"diaspora": {
			`{"software":{"name":"diaspora","version":0.9},"protocols":["diaspora"],"usage":{"users":{"total":5,"activeMonth":2.5}}}`,
			nodeInfo{true, "diaspora", "0.9", "", "", 0, 5},
		},
		"no protocols": {
			`{"software":{"name":"hubzilla"},"protocols":[],"usage":null,"metadata":null}`,
			nodeInfo{true, "hubzilla", "", "", "", 0, 0},
		},
		"people below nought": {
			`{"software":{"name":"a"},"usage":{"users":{"total":-5,"activeMonth":99999999999999}}}`,
			nodeInfo{true, "a", "", "", "", 0, 0},
		},
		"no software":       {`{"software":[],"protocols":["activitypub"]}`, nodeInfo{}},
		"no such protocol":  {`{"software":{"name":"matrix"},"protocols":["matrix"]}`, nodeInfo{}},
		"a list":            {`[1,2]`, nodeInfo{}},
		"null":              {`null`, nodeInfo{}},
		"a software's text": {`{"software":"mastodon"}`, nodeInfo{}},
	} {
		assert.Equal(t, tt.want, readNodeInfo(treeOf(t, tt.document)), name)
	}
}

func TestInstanceDocumentsOfManyServers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		document string
		want     instance
	}{
		"firefish": {
			`{"domain":"f.example","title":"F","version":"4.2.8 (compatible; Firefish 20240909)","usage":{"users":{"active_month":7}},"thumbnail":{}}`,
			instance{spoken, "f.example", "F", "firefish", "20240909", 7, 0, "", ""},
		},
		"gotosocial": {
			`{"domain":"run.g.example","account_domain":"g.example","title":"G","version":"0.20.0","usage":{"users":{"active_month":0}},"thumbnail":{"url":"https://run.g.example/logo.webp"},"contact":{"email":""}}`,
			instance{spoken, "g.example", "G", "", "0.20.0", 0, 0, "", "https://run.g.example/logo.webp"},
		},
		"friendica": {
			`{"domain":"x.example","title":"X","version":"2.8.0 (compatible; Friendica 2026.04)","usage":[],"contact":{"account":[]},"icon":null}`,
			instance{spoken, "x.example", "X", "friendica", "2026.04", 0, 0, "", ""},
		},
		"an address as name": {
			`{"uri":"https://p.example/","title":"P","stats":{"user_count":12},"contact_account":{"username":"root"},"thumbnail":null}`,
			instance{spoken, "p.example", "P", "", "", 0, 12, "root", ""},
		},
		"an icon alone": {
			`{"domain":"i.example","version":"1","icon":{"src":"https://i.example/i.png"}}`,
			instance{spoken, "i.example", "", "", "1", 0, 0, "", "https://i.example/i.png"},
		},
		"no name":  {`{"title":"T","version":"1"}`, instance{}},
		"an error": {`{"error":"This method requires an authenticated user"}`, instance{}},
		"a list":   {`[]`, instance{}},
	} {
		assert.Equal(t, tt.want, readInstance(treeOf(t, tt.document)), name)
	}
}

// The documents that were captured from real servers are not part of the project.
func TestCapturedDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "fedi", "samples", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		name := filepath.Base(file)
		document, _ := readTree(body)
		switch {
		case strings.HasPrefix(name, "nodeinfo_"), name == "gts_nodeinfo_20.json":
			assert.True(t, readNodeInfo(document).spoken, name)
		case strings.HasPrefix(name, "instancev"), name == "gts_instance_v2.json":
			assert.Equal(t, spoken, readInstance(document).kind, name)
		default:
			assert.Equal(t, unspoken, readInstance(document).kind, name)
			assert.False(t, readNodeInfo(document).spoken, name)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  Social\n\tand  friends ":       "Social and friends",
		"<b>Bold</b> &amp; <i>free</i>":   "Bold & free",
		"a < b":                           "a < b",
		"\u202egro.live\u202c":            "gro.live",
		"\u2066x\u2069\u200b\u200e\ufeff": "x",
		"a\x00b\x1b[31mc\u0085d":          "ab[31mc d",
		"\u3164\u2800":                    "",
		"👩‍👩‍👧 ❤️":                        "👩‍👩‍👧 ❤️",
		"Blåhaj Zone é":                   "Blåhaj Zone é",
		"z\u0335\u0336\u0337\u0338\u0339": "z\u0335\u0336\u0337",
		"\xff\xfe":                        "",
		strings.Repeat("ü", 100):          strings.Repeat("ü", 60) + "…",
		strings.Repeat("👩‍", 5000) + "x":  "",
	} {
		got := plain(in, mostTitle)
		if len(in) > mostRaw {
			assert.LessOrEqual(t, len(got), mostCluster)
			continue
		}
		assert.Equal(t, want, got, "%q", in)
	}
	assert.Equal(t, "pixel-fed", software(" Pixel Fed!\u202e"))
}

func TestContact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"admin": "admin@a.example", "@Admin_1": "Admin_1@a.example", "admin@b.example": "admin@b.example", "x.y-z": "x.y-z@a.example",
		"": "", "a b": "", "<b>": "", "admin@localhost": "", "admin@b.example@c.example": "", strings.Repeat("x", 65): "", "mailto:x": "",
	} {
		assert.Equal(t, want, contact(in, "a.example"), in)
	}
}

func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{
		node, second, first, discovery, "null", "[]", "\ufeff{}", `{"links":{"rel":"/schema/2.1","href":"::"}}`, `{"software":{"name":1},"protocols":{"inbound":[[]]}}`,
		`{"domain":"a.example","title":"\u202e","icon":[{"src":"//x","size":"1x"}],"version":"(compatible; ) "}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		document, _ := readTree(body)
		nodeInfoLinks(document)
		facts := said{readNodeInfo(document), readInstance(document)}.facts(host)
		for _, text := range []string{facts.Title, facts.Software, facts.Version, contact(accountOf(document), host)} {
			checkText(t, text)
		}
		assert.GreaterOrEqual(t, facts.Active, int64(0))
		assert.LessOrEqual(t, facts.Active, int64(mostPeople))
		assert.Equal(t, facts.Active > 0, facts.ActiveFrom != leaderboard.NoCount)
		assert.True(t, facts.IconAddress == "" || strings.HasPrefix(facts.IconAddress, "https://"), facts.IconAddress)
		if facts.Canonical != "" {
			parsed, err := leaderboard.ParseHost(string(facts.Canonical))
			require.NoError(t, err)
			assert.Equal(t, parsed, facts.Canonical)
		}
	})
}

func checkText(t *testing.T, text string) {
	assert.True(t, utf8.ValidString(text))
	assert.LessOrEqual(t, uniseg.GraphemeClusterCount(text), 2*mostTitle, "%q", text)
	assert.LessOrEqual(t, len(text), 2*mostTitle*mostCluster)
	assert.Equal(t, strings.TrimSpace(text), text)
	for _, r := range text {
		assert.True(t, unicode.IsGraphic(r) || r == '\u200d', "%q", text)
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: fedirally\nDisallow: /*a*$\nAllow: /", "/api/v2/instance")
	f.Fuzz(func(_ *testing.T, text, path string) { readRobots(text).allows(path) })
}

func FuzzRedraw(f *testing.F) {
	f.Add(pngOf(f, flag(4, 4)))
	f.Add(jpegOf(f, flag(8, 8)))
	f.Add([]byte(webpDot))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Fuzz(func(t *testing.T, theirs []byte) {
		if ours, err := redraw(theirs); err == nil {
			assert.Less(t, len(ours), 64<<10)
		}
	})
}
