package fedi

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Limits are what a server lets a post have.
type Limits struct {
	// MaxCharacters bounds the content warning and the text together.
	MaxCharacters int
	// PerURL is what each address counts for, however long it is; 0: its own length.
	PerURL int
	// Runes says that the server counts code points and addresses in full, whatever it
	// says of addresses.
	Runes bool
	// Description bounds the text that describes a picture.
	Description int
	// ImageTypes are the kinds of pictures that are taken; none: it does not say.
	ImageTypes []string
	// ImageBytes bounds a picture; 0: it does not say.
	ImageBytes int64
}

// DefaultLimits are those of Mastodon, for a server that does not say.
func DefaultLimits() Limits { return Limits{MaxCharacters: 500, PerURL: 23, Description: 1500} }

// limits asks in the second version of the document, then in the first. What a server
// does not say is as on Mastodon.
func (c *Client) limits(ctx context.Context) (Limits, error) {
	var refusal *RefusalError
	for _, path := range []string{"/api/v2/instance", "/api/v1/instance"} {
		document, _, err := c.get(ctx, path, nil)
		if errors.As(err, &refusal) && refusal.Status/100 == 4 {
			continue
		}
		if err != nil {
			return Limits{}, err
		}
		return readLimits(document), nil
	}
	return DefaultLimits(), nil
}

func readLimits(document tree) Limits {
	limits := DefaultLimits()
	statuses, media := document.at("configuration", "statuses"), document.at("configuration", "media_attachments")
	for _, found := range []tree{document.at("max_toot_chars"), statuses.at("max_characters")} {
		if n, ok := found.number(); ok && n > 0 {
			limits.MaxCharacters = int(min(n, 1_000_000))
		}
	}
	if n, ok := statuses.at("characters_reserved_per_url").number(); ok && n >= 0 {
		limits.PerURL = int(min(n, 1_000_000))
	}
	for _, found := range []tree{document.at("description_limit"), media.at("description_limit")} {
		if n, ok := found.number(); ok && n > 0 {
			limits.Description = int(min(n, 1_000_000))
		}
	}
	if n, ok := media.at("image_size_limit").number(); ok && n > 0 {
		limits.ImageBytes = n
	}
	for _, kind := range media.at("supported_mime_types").list() {
		limits.ImageTypes = append(limits.ImageTypes, kind.text())
	}
	// GoToSocial names a length for addresses, and counts them in full all the same.
	source := strings.ToLower(document.at("source_url").text())
	if strings.Contains(source, "gotosocial") || document.at("account_domain").has() {
		limits.Runes = true
	}
	return limits
}

// takes reports whether a PNG of that size may be uploaded, as far as is known.
func (l Limits) takes(size int) bool {
	kind := len(l.ImageTypes) == 0 || slices.Contains(l.ImageTypes, "image/png") ||
		slices.Contains(l.ImageTypes, "application/octet-stream")
	return kind && (l.ImageBytes == 0 || int64(size) <= l.ImageBytes)
}

// addressPattern finds what servers take for an address. Punctuation at its end is none
// of it.
var addressPattern = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// Length counts a post as the server does: the warning and the text, in graphemes, each
// address at its own rate.
func (l Limits) Length(warning, text string) int {
	return l.count(warning) + l.count(text)
}

func (l Limits) count(text string) int {
	if l.Runes {
		return utf8.RuneCountInString(text)
	}
	if l.PerURL == 0 {
		return uniseg.GraphemeClusterCount(text)
	}
	// Mastodon takes nothing for an address whose host is no public name, and counts it in
	// full. Boards have such addresses only in trials, and then the greater number is
	// the safe one.
	return uniseg.GraphemeClusterCount(addressPattern.ReplaceAllStringFunc(text, func(address string) string {
		reserved := l.PerURL
		if !publicAddress(address) {
			reserved = max(reserved, uniseg.GraphemeClusterCount(address))
		}
		return strings.Repeat("x", reserved)
	}))
}

// publicAddress reports whether the host of an address has a top-level name.
func publicAddress(address string) bool {
	_, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	name := rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		name = rest[:i]
	}
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && dot < len(name)-1 && (name[dot+1] < '0' || name[dot+1] > '9')
}
