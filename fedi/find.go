package fedi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	searchPage = 40
	// searchPages bounds how far back is looked: a thousand posts. Nobody's bot posts as
	// many while a toot waits.
	searchPages = 25
	// searchSlack is how much the server's clock and ours may differ.
	searchSlack = time.Hour
)

// find looks for a post of the account that has the link in it and was made since
// then. When it cannot tell it returns an error, and never false.
func (c *Client) find(ctx context.Context, account, link string, since time.Time) (Posted, bool, error) {
	path := "/api/v1/accounts/" + url.PathEscape(account) + "/statuses"
	query := url.Values{"limit": {strconv.Itoa(searchPage)}}
	for range searchPages {
		document, _, err := c.get(ctx, path, query)
		if err != nil {
			return Posted{}, false, fmt.Errorf("looking through the latest posts: %w", err)
		}
		if _, isList := document.value.([]any); !isList {
			return Posted{}, false, errors.New("looking through the latest posts: the server did not answer with a list")
		}
		page := document.list()
		if len(page) == 0 {
			return Posted{}, false, nil
		}
		older := true
		for _, post := range page {
			made, err := time.Parse(time.RFC3339Nano, post.at("created_at").text())
			before := err == nil && made.Before(since.Add(-searchSlack))
			// Another ledger may have given out the same number, long ago.
			if !before && holds(post, link) {
				return Posted{ID: post.at("id").text(), URL: post.at("url").text()}, true, nil
			}
			older = older && before
		}
		last := page[len(page)-1].at("id").text()
		if older {
			return Posted{}, false, nil
		}
		if last == "" || last == query.Get("max_id") {
			return Posted{}, false, errors.New("looking through the latest posts: the server does not give older ones")
		}
		query.Set("max_id", last)
	}
	return Posted{}, false, errors.New("looking through the latest posts: there are too many")
}

// holds reports whether a post has that very address in it, as a link or as text.
func holds(post tree, link string) bool {
	content := post.at("content").text()
	if slices.Contains(addresses(content), link) {
		return true
	}
	return slices.Contains(strings.Fields(Plain(content)), link)
}
