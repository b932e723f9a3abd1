package fedi_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

func TestFollowRequests(t *testing.T) {
	t.Parallel()
	for name, style := range map[string]feditest.Style{"numbers": feditest.Mastodon(), "ULIDs": feditest.GoToSocial()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := feditest.Open(t.Context(), feditest.Options{
				Style: style, Scopes: append(feditest.LeastScopes(), "read:follows", "write:follows"),
			})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, server.Close()) })
			client, err := fedi.New(fedi.Config{Server: server.URL(), Token: server.Token(), Now: time.Now})
			require.NoError(t, err)
			none, err := client.FollowRequests(t.Context())
			require.NoError(t, err)
			assert.Empty(t, none)

			const many = 190 // more than two pages
			created := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
			for i := range many {
				server.AskToFollow(feditest.Follower{
					Sender: feditest.Sender{ID: strconv.Itoa(9000 - i), Acct: fmt.Sprintf("user%d@i%d.example", i, i), Bot: i == 7}, Created: created,
				})
			}
			asking, err := client.FollowRequests(t.Context())
			require.NoError(t, err)
			require.Len(t, asking, many)
			byAccount := map[string]fedi.FollowRequest{}
			for _, request := range asking {
				byAccount[request.Account] = request
			}
			assert.Len(t, byAccount, many)
			assert.Equal(t, fedi.FollowRequest{Account: "8993", Acct: "user7@i7.example", Host: "i7.example", Bot: true, Created: created}, byAccount["8993"])

			require.NoError(t, client.LetFollow(t.Context(), "9000"))
			require.NoError(t, client.RefuseFollow(t.Context(), "8999"))
			require.Error(t, client.LetFollow(t.Context(), "9000"), "it does not ask any more")
			asking, err = client.FollowRequests(t.Context())
			require.NoError(t, err)
			assert.Len(t, asking, many-2)
			assert.True(t, server.Followers()[0].Let)
			assert.True(t, server.Followers()[1].Refused)
		})
	}
}

func TestFollowRequestsWithoutTheScope(t *testing.T) {
	t.Parallel()
	server, err := feditest.Open(t.Context(), feditest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	client, err := fedi.New(fedi.Config{Server: server.URL(), Token: server.Token(), Now: time.Now})
	require.NoError(t, err)
	_, err = client.FollowRequests(t.Context())
	var refusal *fedi.RefusalError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, 403, refusal.Status)
}

func TestFollowRule(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rule := fedi.FollowRule{Age: 30 * 24 * time.Hour, Now: now, Refused: func(host leaderboard.Host) bool { return host == "bad.example" }}
	good := fedi.FollowRequest{Account: "1", Acct: "ada@good.example", Host: "good.example", Created: now.AddDate(-1, 0, 0)}
	for name, tt := range map[string]struct {
		change func(*fedi.FollowRequest)
		why    string
	}{
		"welcome":         {func(*fedi.FollowRequest) {}, ""},
		"blocked":         {func(r *fedi.FollowRequest) { r.Host = "bad.example" }, "blocked"},
		"bot":             {func(r *fedi.FollowRequest) { r.Bot = true }, "bot"},
		"new":             {func(r *fedi.FollowRequest) { r.Created = now.AddDate(0, 0, -29) }, "younger than 30 days"},
		"just old":        {func(r *fedi.FollowRequest) { r.Created = now.AddDate(0, 0, -30) }, ""},
		"no age":          {func(r *fedi.FollowRequest) { r.Created = time.Time{} }, "how old"},
		"no instance":     {func(r *fedi.FollowRequest) { r.Host = "" }, "which instance"},
		"from the future": {func(r *fedi.FollowRequest) { r.Created = now.AddDate(1, 0, 0) }, "younger"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := good
			tt.change(&request)
			let, why := rule.Judge(request)
			assert.Equal(t, tt.why == "", let)
			assert.Contains(t, why, tt.why)
		})
	}
}
