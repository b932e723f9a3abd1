package feditest

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

var (
	addressPattern = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)
	mentionPattern = regexp.MustCompile(`@([A-Za-z0-9_]+)@[A-Za-z0-9.-]+[A-Za-z0-9]`)
	hashtagPattern = regexp.MustCompile(`(^|\s)#([\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*)`)
)

// Length counts a post as servers of the style do.
func (s Style) Length(warning, text string) int {
	if s.Runes {
		return utf8.RuneCountInString(warning) + utf8.RuneCountInString(text)
	}
	if s.PerURL > 0 {
		text = addressPattern.ReplaceAllString(text, strings.Repeat("x", s.PerURL))
	}
	text = mentionPattern.ReplaceAllString(text, "@$1")
	return uniseg.GraphemeClusterCount(warning) + uniseg.GraphemeClusterCount(text)
}

// content is the text as the HTML that servers give: paragraphs, breaks, and links for
// addresses, which are cut for the eye.
func content(text, base string) string {
	var b strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>")
		for i, line := range strings.Split(paragraph, "\n") {
			if i > 0 {
				b.WriteString("<br />")
			}
			b.WriteString(lineContent(line, base))
		}
		b.WriteString("</p>")
	}
	return b.String()
}

// bareContent is the text as GoToSocial gives it: one paragraph, and addresses in full.
func bareContent(text, base string) string {
	var b strings.Builder
	rest := strings.TrimSpace(text)
	for at := addressPattern.FindStringIndex(rest); at != nil; at = addressPattern.FindStringIndex(rest) {
		address := html.EscapeString(rest[at[0]:at[1]])
		b.WriteString(plainContent(rest[:at[0]], base))
		b.WriteString(`<a href="` + address + `" rel="nofollow noreferrer noopener" target="_blank">` + address + `</a>`)
		rest = rest[at[1]:]
	}
	b.WriteString(plainContent(rest, base))
	return "<p>" + strings.ReplaceAll(b.String(), "\n", "<br>") + "</p>"
}

func lineContent(line, base string) string {
	var b strings.Builder
	rest := line
	for {
		at := addressPattern.FindStringIndex(rest)
		if at == nil {
			break
		}
		b.WriteString(plainContent(rest[:at[0]], base))
		address := rest[at[0]:at[1]]
		scheme, shown, _ := strings.Cut(address, "://")
		hidden := ""
		if runes := []rune(shown); len(runes) > 30 {
			shown, hidden = string(runes[:30]), string(runes[30:])
		}
		b.WriteString(`<a href="` + html.EscapeString(address) + `" target="_blank" rel="nofollow noopener" translate="no">` +
			`<span class="invisible">` + scheme + `://</span><span class="ellipsis">` + html.EscapeString(shown) +
			`</span><span class="invisible">` + html.EscapeString(hidden) + `</span></a>`)
		rest = rest[at[1]:]
	}
	b.WriteString(plainContent(rest, base))
	return b.String()
}

func plainContent(text, base string) string {
	return hashtagPattern.ReplaceAllString(html.EscapeString(text),
		`$1<a href="`+base+`/tags/$2" class="mention hashtag" rel="tag">#<span>$2</span></a>`)
}
