package feditest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// pageOf cuts a page out of a list that is oldest first, and gives it newest first with
// the Link header that leads on. It knows limit, max_id, since_id and min_id.
func pageOf[T any](all []T, id func(T) string, r *http.Request, base string, usual, most int) ([]T, http.Header) {
	query := r.URL.Query()
	limit := usual
	if n, err := strconv.Atoi(query.Get("limit")); err == nil && n > 0 {
		limit = min(n, most)
	}
	var within []T
	for _, one := range all {
		switch {
		case query.Get("max_id") != "" && compareIDs(id(one), query.Get("max_id")) >= 0:
		case query.Get("since_id") != "" && compareIDs(id(one), query.Get("since_id")) <= 0:
		case query.Get("min_id") != "" && compareIDs(id(one), query.Get("min_id")) <= 0:
		default:
			within = append(within, one)
		}
	}
	if query.Get("min_id") != "" {
		within = within[:min(limit, len(within))] // those that come right after it
	} else {
		within = within[max(len(within)-limit, 0):] // the newest
	}
	page := slices.Clone(within)
	slices.Reverse(page)
	header := http.Header{}
	if len(page) > 0 {
		link := func(key, value, rel string) string {
			next := url.Values{}
			for name, values := range query {
				if name != "max_id" && name != "since_id" && name != "min_id" {
					next[name] = values
				}
			}
			next.Set(key, value)
			return "<" + base + r.URL.Path + "?" + next.Encode() + `>; rel="` + rel + `"`
		}
		header.Set("Link", link("max_id", id(page[len(page)-1]), "next")+", "+link("min_id", id(page[0]), "prev"))
	}
	return page, header
}
