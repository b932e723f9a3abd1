package fedi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
)

func TestServerAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ given, want, fault string }{
		{"https://social.example", "https://social.example", ""},
		{" social.example/ ", "https://social.example", ""},
		{"https://example.org/social/", "https://example.org/social", ""},
		{"http://127.0.0.1:3000", "http://127.0.0.1:3000", ""},
		{"http://localhost:3000", "http://localhost:3000", ""},
		{"http://[::1]:3000", "http://[::1]:3000", ""},
		{"", "", "missing"},
		{"http://social.example", "", "in the clear"},
		{"ftp://social.example", "", "in the clear"},
		{"https://", "", "write it as"},
		{"https://me:secret@social.example", "", "write it as"},
		{"https://social.example/?a=b", "", "write it as"},
		{"https://social example", "", "write it as"},
	} {
		client, err := fedi.New(fedi.Config{Server: tt.given, Token: "t", Now: time.Now})
		if tt.fault != "" {
			require.ErrorContains(t, err, tt.fault, "%q", tt.given)
			assert.NotContains(t, err.Error(), "secret")
			continue
		}
		require.NoError(t, err, "%q", tt.given)
		assert.Equal(t, tt.want, client.Server())
	}
	_, err := fedi.New(fedi.Config{Server: "http://social.example"})
	for _, missing := range []string{"in the clear", "access token", "clock"} {
		assert.ErrorContains(t, err, missing)
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			server := open(t, feditest.Options{Style: style, Now: c.Now})
			client := connect(t, server, c.Now)
			account, err := client.Account(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "raceboard", account.Handle)
			assert.True(t, account.Bot && account.Picture && account.Name)
			assert.Contains(t, account.Note, "Run by the people")
			assert.Equal(t, []string{"Board: https://rally.example"}, account.Fields)
			assert.Equal(t, style.MaxCharacters, account.Limits.MaxCharacters)
			assert.Equal(t, style.PerURL, account.Limits.PerURL)
			assert.Equal(t, style.Runes, account.Limits.Runes)

			asked := len(server.Requests())
			_, err = client.Account(t.Context())
			require.NoError(t, err)
			assert.Len(t, server.Requests(), asked, "it is remembered")
			c.pass(7 * time.Hour)
			server.Fail(1, feditest.Unavailable, "")
			again, err := client.Account(t.Context())
			require.NoError(t, err, "what was known is better than nothing")
			assert.Equal(t, account, again)
			assert.Len(t, server.Requests(), asked+1)
			server.Fail(1, feditest.Unauthorized, "")
			_, err = client.Account(t.Context())
			require.ErrorContains(t, err, "401: The access token was revoked")
			for _, request := range server.Requests() {
				assert.Equal(t, "Fedirally/test (+https://rally.example)", request.Agent)
			}
		})
	}
}

func TestOldServersHaveLimitsToo(t *testing.T) {
	t.Parallel()
	style := feditest.Mastodon()
	style.OnlyV1, style.MaxCharacters = true, 1234
	server := open(t, feditest.Options{Style: style})
	client, err := fedi.Dial(t.Context(), fedi.Config{Server: server.URL(), Token: server.Token(), Now: time.Now})
	require.NoError(t, err)
	account, err := client.Account(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1234, account.Limits.MaxCharacters)
	_, err = fedi.Dial(t.Context(), fedi.Config{Server: server.URL(), Token: "another", Now: time.Now})
	require.ErrorContains(t, err, "401")
}

func TestPostAndFind(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			style.MediaPolls, style.Limit = 2, 0
			server := open(t, feditest.Options{Style: style, Now: c.Now})
			client := connect(t, server, c.Now)
			ctx, link := t.Context(), func(n int) string { return fmt.Sprintf("https://rally.example/drives/x?a=b&n=%d", n) }
			account, err := client.Account(ctx)
			require.NoError(t, err)
			find := func(n int, since time.Time) (fedi.Posted, bool, error) {
				return client.Find(ctx, account.ID, link(n), since)
			}

			began := c.Now()
			media, err := client.Upload(ctx, png, "what it shows", time.Millisecond)
			require.NoError(t, err)
			first, err := client.Post(ctx, toot(link(1)), "key-1", media)
			require.NoError(t, err)
			posted := server.Posts()[0]
			assert.Equal(t, "key-1", posted.Key)
			assert.Equal(t, "unlisted", posted.Visibility)
			assert.Equal(t, "US politics", posted.Warning)
			assert.Equal(t, "en", posted.Language)
			assert.Equal(t, "what it shows", posted.Media[0].Alt)
			for n := 10; n < 110; n++ {
				c.pass(time.Minute)
				_, err := client.Post(ctx, toot(link(n)), fmt.Sprint("key-", n))
				require.NoError(t, err)
			}
			found, is, err := find(1, began)
			require.NoError(t, err)
			assert.True(t, is, "three pages back, and not one whose number begins the same")
			assert.Equal(t, first, found)
			_, is, err = find(2, began)
			require.NoError(t, err)
			assert.False(t, is)
			_, is, err = find(10, c.Now())
			require.NoError(t, err)
			assert.False(t, is, "it was posted too long ago to be the one")
			before := len(server.Requests())
			_, is, err = find(2, c.Now())
			require.NoError(t, err)
			assert.False(t, is)
			assert.Len(t, server.Requests()[before:], 3, "as far back as the hour before")

			for _, fault := range []feditest.Fault{feditest.Garbled, feditest.Unavailable, feditest.CutBefore, feditest.Forbidden, feditest.Endless} {
				server.Fail(2, fault, "GET /api/v1/accounts") // net/http asks twice where a connection breaks
				_, _, err := find(2, began)
				require.Error(t, err, "%s: not finding it is not knowing", fault)
				server.Calm()
			}
		})
	}
}

// A media server that never gets ready ends the wait, and so does one that loses it.
func TestUploadsThatFail(t *testing.T) {
	t.Parallel()
	style := feditest.Mastodon()
	style.MediaPolls, style.Limit = 1000, 0
	server := open(t, feditest.Options{Style: style})
	client := connect(t, server, time.Now)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.Upload(ctx, png, "x", time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	server = open(t, feditest.Options{Style: style}) // the first may still hear of what was given up
	client = connect(t, server, time.Now)
	server.Fail(1, feditest.BrokenServer, "GET /api/v1/media")
	_, err = client.Upload(t.Context(), png, "x", time.Millisecond)
	require.ErrorContains(t, err, "500 Internal Server Error")
	_, err = client.Upload(t.Context(), []byte("no picture"), "x", time.Millisecond)
	require.ErrorContains(t, err, "422: Validation failed: File content type is invalid")
}

// net/http sends a request with an Idempotency-Key again by itself when a connection
// that it has used before breaks. Where the key is ignored that would be a second post.
func TestABrokenConnectionDoesNotPostTwice(t *testing.T) {
	t.Parallel()
	for _, fault := range []feditest.Fault{feditest.CutAfter, feditest.CutBefore} {
		server := open(t, feditest.Options{Style: feditest.GoToSocial()})
		client := connect(t, server, time.Now)
		_, err := client.Account(t.Context()) // a connection that can be used again
		require.NoError(t, err)
		before := len(server.Requests())
		server.Fail(1, fault, "POST")
		_, err = client.Post(t.Context(), toot("https://rally.example/?n=1"), "key")
		require.Error(t, err)
		assert.Len(t, server.Requests()[before:], 1, fault)
	}
}

func TestRedirectsLeadNowhere(t *testing.T) {
	t.Parallel()
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	var posts int
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts++
		}
		to := other.URL
		if strings.HasPrefix(r.URL.Path, "/api/v1/statuses") {
			to = "/elsewhere"
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	}))
	defer moved.Close()
	client, err := fedi.New(fedi.Config{Server: moved.URL, Token: "t", Now: time.Now})
	require.NoError(t, err)
	_, err = client.Account(t.Context())
	var redirected *fedi.RedirectError
	require.ErrorAs(t, err, &redirected)
	assert.Equal(t, other.URL, redirected.To)
	_, err = client.Post(t.Context(), toot("https://rally.example/?n=1"), "key")
	require.ErrorAs(t, err, &redirected, "a post is not turned into anything else")
	assert.Equal(t, 1, posts, "nor sent again, even to the same server")
	assert.Zero(t, elsewhere)
}

// Servers write links in their own ways, and some leave them as text.
func TestFindingALinkInWhatServersMakeOfIt(t *testing.T) {
	t.Parallel()
	link := "https://rally.example/drives/x?n=12"
	for _, tt := range []struct {
		name, answer string
		found, sure  bool
	}{
		{"a link", `[{"id":"5","url":"u","content":"<p><a href=\"https://rally.example/drives/x?n=12\">rally.example</a></p>"}]`, true, true},
		{"text", `[{"id":"5","url":"u","content":"see https://rally.example/drives/x?n=12 now"}]`, true, true},
		{"a number for an identifier", `[{"id":5,"url":"u","content":"https://rally.example/drives/x?n=12"}]`, true, true},
		{"a longer number", `[{"id":"5","content":"<a href=\"https://rally.example/drives/x?n=123\">https://rally.example/drives/x?n=123</a>"}]`, false, true},
		{"a shorter number", `[{"id":"5","content":"https://rally.example/drives/x?n=1"}]`, false, true},
		{"nothing posted", `[]`, false, true},
		{"no list", `{"error":"try later"}`, false, false},
		{"null", `null`, false, false},
		{"posts without identifiers", `[{"content":"x"}]`, false, false},
		{"the same page again and again", `[{"id":"7","content":"x","created_at":"2096-01-01T00:00:00Z"}]`, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := tt.answer
				if r.URL.Query().Get("max_id") == "5" {
					answer = "[]"
				}
				_, _ = w.Write([]byte(answer))
			}))
			defer server.Close()
			client, err := fedi.New(fedi.Config{Server: server.URL, Token: "t", Now: time.Now})
			require.NoError(t, err)
			found, is, err := client.Find(t.Context(), "1", link, time.Now())
			assert.Equal(t, tt.sure, err == nil, "%v", err)
			assert.Equal(t, tt.found, is)
			if err != nil {
				assert.NotContains(t, err.Error(), "too many", "it has not gone on asking")
			}
			if is {
				assert.Equal(t, fedi.Posted{ID: "5", URL: "u"}, found)
			}
		})
	}
}

func TestWaitsThatServersAskFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		status int
		header map[string]string
		want   time.Duration
	}{
		{"Mastodon", 429, map[string]string{"X-RateLimit-Reset": "2026-11-24T12:03:00.123456Z"}, 3*time.Minute + 123456*time.Microsecond},
		{"GoToSocial", 429, map[string]string{"X-Ratelimit-Reset": "2026-11-24T12:03:00.500Z"}, 3*time.Minute + 500*time.Millisecond},
		{"a server whose clock is an hour late", 429, map[string]string{
			"X-RateLimit-Reset": "2026-11-24T11:03:00.000Z", "Date": "Tue, 24 Nov 2026 11:00:00 GMT",
		}, 3 * time.Minute},
		{"Unix time", 429, map[string]string{"X-RateLimit-Reset": "1795521900"}, 5 * time.Minute},
		{"seconds", 429, map[string]string{"Retry-After": "90"}, 90 * time.Second},
		{"a date", 429, map[string]string{"Retry-After": "Tue, 24 Nov 2026 12:10:00 GMT"}, 10 * time.Minute},
		{"busy", 503, map[string]string{"Retry-After": "30"}, 30 * time.Second},
		{"nothing", 429, nil, 5 * time.Minute},
		{"nonsense", 429, map[string]string{"X-RateLimit-Reset": "soon", "Retry-After": "later"}, 5 * time.Minute},
		{"over already", 429, map[string]string{"Retry-After": "-5"}, 5 * time.Second},
		{"for ever", 429, map[string]string{"X-RateLimit-Reset": "2096-11-24T12:03:00Z"}, 12 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var requests int
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header()["Date"] = nil
				for name, value := range tt.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tt.status)
			}))
			defer server.Close()
			client, err := fedi.New(fedi.Config{Server: server.URL, Token: "t", Now: func() time.Time { return now }})
			require.NoError(t, err)
			_, err = client.Post(t.Context(), toot("https://rally.example/?n=1"), "key")
			var limited *fedi.RateLimitError
			require.ErrorAs(t, err, &limited)
			assert.Equal(t, tt.want, limited.Reset.Sub(now))
			assert.Equal(t, 1, requests, "the library does not try by itself")
		})
	}
}

// Connections are used again, and bodies that do not end are let go.
func TestBodies(t *testing.T) {
	t.Parallel()
	connections := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>" + strings.Repeat("sorry ", 2000)))
	}))
	defer server.Close()
	client, err := fedi.New(fedi.Config{Server: server.URL, Token: "t", Now: time.Now})
	require.NoError(t, err)
	for range 5 {
		_, err := client.Post(t.Context(), toot("https://rally.example/?n=1"), "key")
		require.ErrorContains(t, err, "502 Bad Gateway")
	}
	assert.Len(t, connections, 1)

	flood := open(t, feditest.Options{})
	flooded := connect(t, flood, time.Now)
	flood.Fail(1, feditest.Endless, "GET /api/v1/accounts")
	_, err = flooded.Account(t.Context())
	require.ErrorContains(t, err, "too long")
}
