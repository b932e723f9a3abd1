package fedi

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// mostHTML bounds the HTML of a post that is read.
const mostHTML = 256 << 10

// Plain is the text of a post whose content is HTML: breaks and paragraphs become line
// ends, mentions are left out, and of everything else the text stays. Whatever comes,
// the result is valid UTF-8 without control characters other than line ends.
func Plain(content string) string {
	var b strings.Builder
	mention, hidden := false, 0
	walk(content, func(token html.Token) {
		switch token.Type {
		case html.TextToken:
			if !mention && hidden == 0 {
				b.WriteString(token.Data)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch token.Data {
			case "a":
				mention = isMention(token)
			case "br":
				b.WriteByte('\n')
			case "li", "div", "blockquote":
				b.WriteByte('\n')
			case "script", "style":
				if token.Type == html.StartTagToken {
					hidden++
				}
			}
		case html.EndTagToken:
			switch token.Data {
			case "a":
				mention = false
			case "p":
				mention = false
				b.WriteString("\n\n")
			case "script", "style":
				hidden = max(hidden-1, 0)
			}
		case html.ErrorToken, html.CommentToken, html.DoctypeToken:
		}
	})
	return tidyText(b.String())
}

// addresses are where the links of a post lead.
func addresses(content string) []string {
	var found []string
	walk(content, func(token html.Token) {
		if token.Type == html.StartTagToken && token.Data == "a" {
			for _, attribute := range token.Attr {
				if attribute.Key == "href" {
					found = append(found, attribute.Val)
				}
			}
		}
	})
	return found
}

func walk(content string, visit func(html.Token)) {
	if len(content) > mostHTML {
		content = content[:mostHTML]
	}
	tokens := html.NewTokenizer(strings.NewReader(strings.ToValidUTF8(content, "\uFFFD")))
	for tokens.Next() != html.ErrorToken {
		visit(tokens.Token())
	}
}

// isMention reports whether a link names an account. Hashtags have the class as well.
func isMention(link html.Token) bool {
	for _, attribute := range link.Attr {
		if attribute.Key == "class" {
			classes := " " + attribute.Val + " "
			return strings.Contains(classes, " mention ") && !strings.Contains(classes, " hashtag ")
		}
	}
	return false
}

// tidyText leaves one space between words, at most one empty line between lines, and
// nothing that is no text.
func tidyText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimRight(strings.Join(kept, "\n"), "\n")
}
