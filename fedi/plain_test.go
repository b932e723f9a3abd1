package fedi_test

import (
	"html"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"fedirally/fedi"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, content, want string }{
		{"nothing", "", ""},
		{"a paragraph", "<p>Hello &amp; welcome &lt;3</p>", "Hello & welcome <3"},
		{"two and a break", "<p>One<br>two<br />three</p><p>four</p>", "One\ntwo\nthree\n\nfour"},
		{"a mention", `<p><span class="h-card" translate="no"><a href="https://a.example/@bot" class="u-url mention">@<span>bot</span></a></span> which place?</p>`, "which place?"},
		{"a hashtag", `<p>see <a href="https://a.example/tags/NewsToday" class="mention hashtag" rel="tag">#<span>NewsToday</span></a></p>`, "see #NewsToday"},
		{"a link, cut for the eye", `<a href="https://rally.example/drives"><span class="invisible">https://</span><span class="ellipsis">rally.example/dri</span><span class="invisible">ves</span></a>`, "https://rally.example/drives"},
		{"a mention that is not closed", `<p><a class="mention">@bot<p>stop</p></p><p>now</p>`, "now"},
		{"a list", "<ul><li>one</li><li>two</li></ul>", "one\ntwo"},
		{"script and style", "<style>p{}</style><script>alert(1)</script>text", "text"},
		{"spaces", "<p>  much \t  \u00a0 space  </p>\n\n\n<p></p><p>end</p>", "much space\n\nend"},
		{"control characters", "a\x00b\u0085c\x1b[31md", "ab c[31md"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
		{"no HTML at all", "1 < 2 & 3 > 2", "1 < 2 & 3 > 2"},
		{"a comment", "a<!-- hidden -->b", "ab"},
	} {
		assert.Equal(t, tt.want, fedi.Plain(tt.content), tt.name)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(`<p><span class="h-card"><a href="x" class="u-url mention">@<span>bot</span></a></span> mastodon.example<br>&lt;b&gt;</p>`)
	f.Add("<a class=mention>@x")
	f.Add("<script><style></script>&#0;&#xFFFFFF;")
	f.Add("plain  text\n\n\n\nand more")
	f.Fuzz(func(t *testing.T, content string) {
		text := fedi.Plain(content)
		assert.True(t, utf8.ValidString(text))
		for _, r := range text {
			if unicode.IsControl(r) && r != '\n' {
				t.Fatalf("a control character: %q", text)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			assert.Equal(t, strings.Join(strings.Fields(line), " "), line, "one space between words")
		}
		assert.NotContains(t, text, "\n\n\n")
		// What is text comes out as it went in.
		assert.Equal(t, text, fedi.Plain(html.EscapeString(text)))
	})
}
