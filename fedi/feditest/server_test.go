package feditest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
)

// clock is set by hand.
type clock struct{ now time.Time }

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 24, 12, 1, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T, options feditest.Options) *feditest.Server {
	t.Helper()
	server, err := feditest.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return server
}

func client(server *feditest.Server) *mastodon.Client {
	return mastodon.NewClient(&mastodon.Config{Server: server.URL(), AccessToken: server.Token()})
}

// post posts by hand, with a key, and gives status and answer.
func post(ctx context.Context, t *testing.T, server *feditest.Server, key string, form url.Values) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL()+"/api/v1/statuses", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+server.Token())
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	var answer map[string]any
	_ = json.Unmarshal(body, &answer)
	return response.StatusCode, answer
}

// list asks for a list by hand.
func list(t *testing.T, server *feditest.Server, path string) []map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+path, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+server.Token())
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var answer []map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer
}

func styles() map[string]feditest.Style {
	return map[string]feditest.Style{"mastodon": feditest.Mastodon(), "gotosocial": feditest.GoToSocial()}
}

// The library reads what the server writes, in every style.
func TestTheLibraryUnderstandsIt(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			server := open(t, feditest.Options{Style: style, Now: c.Now})
			ctx, library := t.Context(), client(server)

			account, err := library.GetAccountCurrentUser(ctx)
			require.NoError(t, err)
			assert.Equal(t, "raceboard", account.Acct)
			assert.True(t, account.Bot)
			instance, err := library.GetInstance(ctx)
			require.NoError(t, err)
			assert.Equal(t, "social.example", instance.URI)

			picture := []byte("\x89PNG\r\n\x1a\n and so on")
			media, err := library.UploadMediaFromMedia(ctx, &mastodon.Media{File: strings.NewReader(string(picture)), Description: "a picture"})
			require.NoError(t, err)
			status, err := library.PostStatus(ctx, &mastodon.Toot{
				Status: "Hello <b>\n\nhttps://rally.example/drives/x?n=1&m=2 #NewsToday", SpoilerText: "politics",
				Language: "en", Visibility: "unlisted", MediaIDs: []mastodon.ID{media.ID},
			})
			require.NoError(t, err)
			assert.Equal(t, "unlisted", status.Visibility)
			assert.Contains(t, status.Content, "Hello &lt;b&gt;")
			assert.Contains(t, status.Content, `href="https://rally.example/drives/x?n=1&amp;m=2"`)
			require.Len(t, status.MediaAttachments, 1)

			c.now = c.now.Add(time.Second)
			_, err = library.PostStatus(ctx, &mastodon.Toot{Status: "Later", InReplyToID: status.ID})
			require.NoError(t, err)
			found, err := library.GetAccountStatuses(ctx, account.ID, &mastodon.Pagination{Limit: 1})
			require.NoError(t, err)
			require.Len(t, found, 1)
			assert.Contains(t, found[0].Content, "Later", "the newest comes first")
			earlier, err := library.GetAccountStatuses(ctx, account.ID, &mastodon.Pagination{MaxID: found[0].ID})
			require.NoError(t, err)
			require.Len(t, earlier, 1)
			assert.Equal(t, status.ID, earlier[0].ID)

			for query, want := range map[string]int{"": 2, "?exclude_replies=true": 1, "?only_media=true": 1, "?limit=1": 1} {
				assert.Len(t, list(t, server, "/api/v1/accounts/"+string(account.ID)+"/statuses"+query), want, query)
			}

			posts := server.Posts()
			require.Len(t, posts, 2)
			assert.Equal(t, picture, posts[0].Media[0].Data)
			assert.Equal(t, "a picture", posts[0].Media[0].Alt)
			assert.True(t, posts[0].Sensitive, "a warning makes it so")
			assert.Equal(t, c.now, posts[1].At)
			require.NoError(t, library.DeleteStatus(ctx, status.ID))
			_, err = library.GetStatus(ctx, status.ID)
			require.ErrorContains(t, err, "404")
			assert.True(t, server.Posts()[0].Deleted)
		})
	}
}

func TestKeysAreKeptOrNot(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			server := open(t, feditest.Options{Style: style, Now: c.Now})
			say := func(key, words string) string {
				status, answer := post(t.Context(), t, server, key, url.Values{"status": {words}})
				require.Equal(t, http.StatusOK, status)
				id, isText := answer["id"].(string)
				require.True(t, isText)
				return id
			}
			first := say("k", "one")
			assert.NotEqual(t, first, say("other", "another"))
			c.now = c.now.Add(59 * time.Minute)
			again := say("k", "one again")
			assert.Equal(t, style.KeepsKeys, first == again)
			c.now = c.now.Add(time.Minute)
			assert.NotEqual(t, first, say("k", "after an hour"))
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	flag := "🏳️‍🌈" // one grapheme, four code points
	link := "https://rally.example/" + strings.Repeat("x", 77)
	for _, tt := range []struct {
		name     string
		form     url.Values
		mastodon int
		gts      int
	}{
		{"nothing", url.Values{}, 422, 400},
		{"blank", url.Values{"status": {" \n "}}, 422, 400},
		{"an unknown visibility", url.Values{"status": {"x"}, "visibility": {"secret"}}, 422, 422},
		{"just so long", url.Values{"status": {strings.Repeat("x", 490)}, "spoiler_text": {strings.Repeat("y", 10)}}, 200, 200},
		{"the warning counts", url.Values{"status": {strings.Repeat("x", 490)}, "spoiler_text": {strings.Repeat("y", 11)}}, 422, 400},
		{"graphemes or code points", url.Values{"status": {strings.Repeat(flag, 400)}}, 200, 400},
		{"an address counts 23 or in full", url.Values{"status": {link + " " + strings.Repeat("x", 476)}}, 200, 400},
		{"media that is not there", url.Values{"status": {"x"}, "media_ids[]": {"5"}}, 422, 400},
		{"a parent that is not there", url.Values{"status": {"x"}, "in_reply_to_id": {"5"}}, 404, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, style := range styles() {
				want := tt.mastodon
				if name == "gotosocial" {
					want = tt.gts
				}
				style.MaxCharacters = 500
				server := open(t, feditest.Options{Style: style})
				status, answer := post(t.Context(), t, server, "", tt.form)
				assert.Equal(t, want, status, "%s: %v", name, answer["error"])
				if want != http.StatusOK {
					assert.NotEmpty(t, answer["error"])
					assert.Empty(t, server.Posts())
				}
			}
		})
	}
}

func TestMediaThatTakesItsTime(t *testing.T) {
	t.Parallel()
	style := feditest.Mastodon()
	style.MediaPolls = 2
	server := open(t, feditest.Options{Style: style})
	ctx, library := t.Context(), client(server)
	media, err := library.UploadMediaFromMedia(ctx, &mastodon.Media{File: strings.NewReader("\x89PNG\r\n\x1a\n"), Description: "x"})
	require.NoError(t, err)
	assert.Empty(t, media.URL)
	_, err = library.PostStatus(ctx, &mastodon.Toot{Status: "x", MediaIDs: []mastodon.ID{media.ID}})
	require.ErrorContains(t, err, "have not finished processing")
	for range 2 {
		var answer *mastodon.APIError
		require.ErrorAs(t, library.GetMediaStatus(ctx, media), &answer)
		assert.Equal(t, http.StatusPartialContent, answer.StatusCode)
	}
	require.NoError(t, library.GetMediaStatus(ctx, media))
	_, err = library.PostStatus(ctx, &mastodon.Toot{Status: "x", MediaIDs: []mastodon.ID{media.ID}})
	require.NoError(t, err)
	_, err = library.UploadMediaFromMedia(ctx, &mastodon.Media{File: strings.NewReader("no picture")})
	require.ErrorContains(t, err, "content type is invalid")
	_, err = library.UploadMediaFromMedia(ctx, &mastodon.Media{
		File: strings.NewReader("\x89PNG\r\n\x1a\n"), Description: strings.Repeat("x", 1501),
	})
	require.ErrorContains(t, err, "too long")
}

func TestScopesAreNeeded(t *testing.T) {
	t.Parallel()
	server := open(t, feditest.Options{Scopes: []string{"read:accounts", "write"}})
	ctx, library := t.Context(), client(server)
	_, err := library.GetAccountCurrentUser(ctx)
	require.NoError(t, err)
	_, err = library.PostStatus(ctx, &mastodon.Toot{Status: "write holds write:statuses"})
	require.NoError(t, err)
	_, err = library.GetNotifications(ctx, nil)
	require.ErrorContains(t, err, "403")
	_, err = library.GetAccountStatuses(ctx, "111222333444555666", nil)
	require.ErrorContains(t, err, "403")
	library.Config.AccessToken = "another"
	_, err = library.GetAccountCurrentUser(ctx)
	require.ErrorContains(t, err, "401")
}

func TestNotificationsInPages(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			server := open(t, feditest.Options{Style: style, Now: c.Now})
			var ids []mastodon.ID
			for range 5 {
				c.now = c.now.Add(time.Minute)
				n := server.Notify(feditest.Notification{
					From: feditest.Sender{ID: "9", Username: "sam", Acct: "sam@fosstodon.example"}, Content: "<p>hello</p>", Visibility: "unlisted",
				})
				ids = append(ids, mastodon.ID(n.ID))
			}
			server.Notify(feditest.Notification{Type: "follow", From: feditest.Sender{ID: "9"}})

			seen := func(pg *mastodon.Pagination) []mastodon.ID {
				found, err := client(server).GetNotificationsExclude(t.Context(), &[]string{"follow"}, pg)
				require.NoError(t, err)
				got := make([]mastodon.ID, len(found))
				for i, n := range found {
					got[i] = n.ID
				}
				return got
			}
			assert.Equal(t, []mastodon.ID{ids[4], ids[3]}, seen(&mastodon.Pagination{Limit: 2}))
			assert.Equal(t, []mastodon.ID{ids[2], ids[1]}, seen(&mastodon.Pagination{MinID: ids[0], Limit: 2}), "those right after it")
			assert.Equal(t, []mastodon.ID{ids[4], ids[3]}, seen(&mastodon.Pagination{SinceID: ids[0], Limit: 2}), "the newest")
			page := &mastodon.Pagination{Limit: 2}
			seen(page)
			assert.Equal(t, ids[3], page.MaxID, "the Link header leads on")
			assert.Positive(t, ids[4].Compare(ids[3]), "in the order of the library")
			// A reply to somebody else's post has a parent.
			_, err := client(server).PostStatus(t.Context(), &mastodon.Toot{Status: "@sam hello", InReplyToID: mastodon.ID(server.Notify(feditest.Notification{Content: "<p>x</p>"}).StatusID)})
			assert.NoError(t, err)
		})
	}
}
