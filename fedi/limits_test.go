package fedi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fedirally/fedi"
)

// Documents in the manner of servers of many kinds, with their gaps and oddities.
func TestLimitsOfManyServers(t *testing.T) {
	t.Parallel()
	usual := fedi.DefaultLimits()
	with := func(change func(*fedi.Limits)) fedi.Limits {
		limits := fedi.DefaultLimits()
		change(&limits)
		return limits
	}
	for name, tt := range map[string]struct {
		document string
		want     fedi.Limits
	}{
		"all of it": {
			`{"domain":"a.example","configuration":{"urls":{"streaming":"wss://a.example"},
			"statuses":{"max_characters":750,"characters_reserved_per_url":23},
			"media_attachments":{"description_limit":900,"image_size_limit":16777216,"supported_mime_types":["image/png"]}}}`,
			with(func(l *fedi.Limits) {
				l.MaxCharacters, l.Description, l.ImageBytes, l.ImageTypes = 750, 900, 16777216, []string{"image/png"}
			}),
		},
		"addresses in full":             {`{"configuration":{"statuses":{"characters_reserved_per_url":0,"max_characters":5000}}}`, with(func(l *fedi.Limits) { l.PerURL, l.MaxCharacters = 0, 5000 })},
		"GoToSocial":                    {`{"account_domain":"a.example","source_url":"https://code.example/gotosocial","configuration":{"statuses":{"max_characters":5000,"characters_reserved_per_url":25}}}`, with(func(l *fedi.Limits) { l.PerURL, l.MaxCharacters, l.Runes = 25, 5000, true })},
		"no addresses of the server":    {`{"configuration":{"statuses":{"max_characters":200000}}}`, with(func(l *fedi.Limits) { l.MaxCharacters = 200000 })},
		"nulls":                         {`{"configuration":{"urls":{"streaming":null},"statuses":null,"media_attachments":null}}`, usual},
		"numbers in quotes":             {`{"configuration":{"statuses":{"max_characters":"3000"}}}`, with(func(l *fedi.Limits) { l.MaxCharacters = 3000 })},
		"the first version, in its way": {`{"uri":"a.example","max_toot_chars":5000,"description_limit":5000}`, with(func(l *fedi.Limits) { l.MaxCharacters, l.Description = 5000, 5000 })},
		"no configuration":              {`{"uri":"https://a.example","thumbnail":null}`, usual},
		"lists for objects":             {`{"configuration":[],"max_toot_chars":[1]}`, usual},
		"a list":                        {`[1]`, usual},
		"nothing":                       {``, usual},
		"nonsense":                      {`{"configuration":{"statuses":{"max_characters":-5,"characters_reserved_per_url":-1}}}`, usual},
	} {
		assert.Equal(t, tt.want, fedi.ReadLimits(tt.document), name)
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	long := "https://rally.example/drives/autumn/instances/fosstodon.example?n=12345"
	mastodon, full, runes := fedi.DefaultLimits(), fedi.Limits{PerURL: 0}, fedi.Limits{PerURL: 25, Runes: true}
	for _, tt := range []struct {
		name, warning, text   string
		mastodon, full, runes int
	}{
		{"nothing", "", "", 0, 0, 0},
		{"plain", "", "hello\n", 6, 6, 6},
		{"warning", "politics", "hello", 13, 13, 13},
		{"a flag", "", "🏳️‍🌈!", 2, 2, 5},
		{"accents", "", "e\u0301", 1, 1, 2},
		{"an address", "", "at " + long + " now", 30, 7 + len(long), 7 + len(long)},
		{"a short one", "", "https://a.example", 23, 17, 17},
		{"two", "", long + "\n" + long, 47, 1 + 2*len(long), 1 + 2*len(long)},
		{"not an address", "", "rally.example/drives", 20, 20, 20},
		{"no public name", "", "http://localhost:8080/drives/demo?n=1", 37, 37, 37},
		{"no public name, and short", "", "http://[::1]/", 23, 13, 13},
		{"a number of the network", "", "http://127.0.0.1:8080/drives/demo?n=1", 37, 37, 37},
	} {
		assert.Equal(t, tt.mastodon, mastodon.Length(tt.warning, tt.text), tt.name)
		assert.Equal(t, tt.full, full.Length(tt.warning, tt.text), tt.name)
		assert.Equal(t, tt.runes, runes.Length(tt.warning, tt.text), tt.name)
	}
	assert.Equal(t, 1000, mastodon.Length("", strings.Repeat("x", 1000)))
}
