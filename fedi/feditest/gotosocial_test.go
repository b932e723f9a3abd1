package feditest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mattn/go-mastodon"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
)

// What GoToSocial does in small things, as version 0.20 was seen to do it.
func TestTheMannersOfGoToSocial(t *testing.T) {
	t.Parallel()
	server := open(t, feditest.Options{Style: feditest.GoToSocial()})
	ctx, library := t.Context(), client(server)

	_, posted := post(ctx, t, server, "", url.Values{
		"status": {"Hello <b>\n\nhttps://rally.example/drives/x?n=1&m=2 #NewsToday"}, "spoiler_text": {"politics"},
	})
	assert.Equal(t, `<p>Hello &lt;b&gt;<br><br><a href="https://rally.example/drives/x?n=1&amp;m=2" rel="nofollow noreferrer noopener" target="_blank">`+
		`https://rally.example/drives/x?n=1&amp;m=2</a> <a href="`+server.URL()+`/tags/NewsToday" class="mention hashtag" rel="tag">#<span>NewsToday</span></a></p>`,
		posted["content"])
	assert.Equal(t, server.URL()+"/@raceboard/statuses/"+server.Posts()[0].ID, posted["url"])
	assert.Equal(t, false, posted["sensitive"], "a warning alone hides no more than the text")

	media, err := library.UploadMediaFromMedia(ctx, &mastodon.Media{File: strings.NewReader("\x89PNG\r\n\x1a\n")})
	require.NoError(t, err)
	toot := &mastodon.Toot{Status: "x", SpoilerText: "politics", MediaIDs: []mastodon.ID{media.ID}}
	pictured, err := library.PostStatus(ctx, toot)
	require.NoError(t, err)
	assert.True(t, pictured.Sensitive)
	require.NoError(t, library.GetMediaStatus(ctx, media), "it is still told of")
	_, err = library.PostStatus(ctx, toot)
	require.ErrorContains(t, err, "400 Bad Request: Bad Request: media already attached")
	_, err = library.UploadMediaFromMedia(ctx, &mastodon.Media{File: strings.NewReader("no picture")})
	require.ErrorContains(t, err, "422 Unprocessable Entity: Unprocessable Entity: error processing media")

	assert.Empty(t, list(t, server, "/api/v1/accounts/01HSIMVLATEDACC0VNT0000002/statuses"), "of nobody")
}

func TestWhatGoToSocialDoesNotTell(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scopes string
		path   string
		want   int
	}{
		{"profile", "/api/v1/apps/verify_credentials", http.StatusForbidden},
		{"read", "/api/v1/apps/verify_credentials", http.StatusNotFound},
		{"profile", "/.well-known/oauth-authorization-server", http.StatusNotFound},
		{"profile", "/api/v2/instance", http.StatusOK},
	} {
		server := open(t, feditest.Options{Style: feditest.GoToSocial(), Scopes: []string{tt.scopes}})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+tt.path, http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+server.Token())
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, tt.want, response.StatusCode, "%s with %s", tt.path, tt.scopes)
	}

	server := open(t, feditest.Options{Style: feditest.GoToSocial(), Scopes: []string{"write"}})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL()+"/api/v1/statuses", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+server.Token())
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotAcceptable, response.StatusCode, "a post without a form")
}
