package stories_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/templates"
	"fedirally/templates/stories"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestEveryPageIsSound checks what has to hold in every state of every page.
func TestEveryPageIsSound(t *testing.T) {
	for _, story := range stories.All(site()) {
		t.Run(story.Name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, story.Page.Render(t.Context(), &out))
			doc, err := goquery.NewDocumentFromReader(&out)
			require.NoError(t, err)
			doc.Find("template").Remove() // what the script makes rows of
			assert.Equal(t, "en", doc.Find("html").AttrOr("lang", ""))
			assert.Equal(t, 1, doc.Find("h1").Length(), "one h1")
			assert.Equal(t, 1, doc.Find("main#main").Length())
			assert.Equal(t, "#main", doc.Find("body > a").First().AttrOr("href", ""), "the skip link comes first")
			assert.NotEmpty(t, doc.Find("title").Text())
			assert.NotEmpty(t, doc.Find(`meta[property="og:description"]`).AttrOr("content", ""))
			assert.Contains(t, doc.Find("footer").Text(), "not ActBlue")

			assert.Zero(t, doc.Find("[style], style, script:not([src]), iframe").Length(), "nothing that the policy forbids")
			doc.Find("img").Each(func(_ int, img *goquery.Selection) {
				assert.True(t, strings.HasPrefix(img.AttrOr("src", ""), "/icons/"), "pictures come from here")
				alt, found := img.Attr("alt")
				assert.True(t, found && alt == "", "the name stands beside it")
				assert.NotEmpty(t, img.AttrOr("width", ""), "room is kept for it")
				assert.NotEmpty(t, img.AttrOr("height", ""), "room is kept for it")
			})
			assert.Equal(t, 1, doc.Find("script").Length())
			doc.Find("input:not([type=hidden]), textarea").Each(func(_ int, input *goquery.Selection) {
				assert.Equal(t, 1, doc.Find(`label[for="`+input.AttrOr("id", "")+`"]`).Length(), "a label")
			})
			doc.Find("form").Each(func(_ int, form *goquery.Selection) {
				assert.Equal(t, "post", form.AttrOr("method", ""), "what people type stands in no address")
			})
			doc.Find("*").Each(func(_ int, s *goquery.Selection) {
				for _, attribute := range s.Nodes[0].Attr {
					assert.False(t, strings.HasPrefix(attribute.Key, "on"), "inline handler %s", attribute.Key)
				}
			})
			doc.Find("table").Each(func(_ int, table *goquery.Selection) {
				assert.Equal(t, 1, table.Find("caption").Length())
				table.Find("th").Each(func(_ int, th *goquery.Selection) {
					assert.Contains(t, []string{"col", "row"}, th.AttrOr("scope", ""))
					assert.NotEmpty(t, strings.TrimSpace(th.Text()))
				})
			})
			doc.Find("nav").Each(func(_ int, nav *goquery.Selection) {
				assert.NotEmpty(t, nav.AttrOr("aria-label", ""))
			})
			doc.Find("svg svg, svg").Each(func(_ int, svg *goquery.Selection) {
				hidden := svg.AttrOr("aria-hidden", "") == "true" || svg.ParentsFiltered("svg").Length() > 0
				assert.True(t, hidden || svg.AttrOr("aria-label", "") != "", "a drawing is hidden or has a text")
			})
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				id := s.AttrOr("id", "")
				assert.Equal(t, 1, doc.Find(`[id="`+id+`"]`).Length(), "id %s", id)
			})
		})
	}
}

func site() templates.Site {
	return templates.Site{
		Stylesheet: "/static/app.css", Script: "/static/live.js", Icon: "/static/icon.svg",
		PublicURL: "https://rally.example.org", SourceURL: "https://code.example.org/fedirally", KeepDays: 90, KeepOutsideDays: 30,
	}
}

func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "golden")
	known := map[string]bool{}
	for _, story := range stories.All(site()) {
		t.Run(story.Name, func(t *testing.T) {
			assert.False(t, known[story.Name], "two stories of one name")
			known[story.Name] = true
			assert.NotEmpty(t, story.Group)
			assert.NotEmpty(t, story.Title)
			var out bytes.Buffer
			require.NoError(t, story.Page.Render(t.Context(), &out))
			// One element a line, so that a difference can be read.
			got := strings.ReplaceAll(out.String(), "><", ">\n<") + "\n"
			path := filepath.Join(dir, story.Name+".html")
			if *update {
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run with -update to write it")
			assert.Equal(t, string(want), got)
		})
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, known[strings.TrimSuffix(filepath.Base(file), ".html")], "a golden file without a story: %s", file)
	}
}
