package fedi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// need is something that the bot does, and the scopes that allow it, the least first.
type need struct {
	what   string
	scopes []string
}

// needs are all that the bot does. On Mastodon before 4.3 there is no scope "profile",
// and read:accounts takes its place.
func needs(profile, follows bool) []need {
	who := []string{"profile", "read:accounts", "read"}
	if !profile {
		who = who[1:]
	}
	all := []need{
		{"know whose account it is", who},
		{"find its own posts again, so as to post nothing twice", []string{"read:statuses", "read"}},
		{"see who mentions it", []string{"read:notifications", "read"}},
		{"post", []string{"write:statuses", "write"}},
		{"post pictures", []string{"write:media", "write"}},
	}
	if follows {
		all = append(all, need{"see who wants to follow it", []string{"read:follows", "read"}},
			need{"let followers in", []string{"write:follows", "write"}})
	}
	return all
}

// LeastScopes are the scopes that the bot's token needs, and no more.
func LeastScopes() []string {
	var least []string
	for _, need := range needs(true, false) {
		least = append(least, need.scopes[0])
	}
	return least
}

// scopes asks what the token may do, as far as the server tells: it knows what the
// token's application was registered for. It reports false if the server does not tell.
func (c *Client) scopes(ctx context.Context) ([]string, bool) {
	document, _, err := c.get(ctx, "/api/v1/apps/verify_credentials", nil)
	if err != nil {
		return nil, false // older servers want the scope "read" for this, and some do not have it
	}
	var scopes []string
	for _, scope := range document.at("scopes").list() {
		scopes = append(scopes, scope.text())
	}
	if len(scopes) == 0 {
		scopes = strings.Fields(document.at("scopes").text())
	}
	return scopes, len(scopes) > 0
}

// hasProfile reports whether the server knows the scope "profile".
func (c *Client) hasProfile(ctx context.Context) bool {
	document, _, err := c.get(ctx, "/.well-known/oauth-authorization-server", nil)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(document.at("scopes_supported").list(), func(scope tree) bool { return scope.text() == "profile" })
}

// compareScopes tells what of the needs the scopes do not allow, and which scopes allow
// more than is needed.
func compareScopes(scopes []string, needed []need) (missing, more []string) {
	best := map[string]bool{}
	for _, need := range needed {
		found := false
		for i, scope := range need.scopes {
			if slices.Contains(scopes, scope) && !found {
				found = true
				best[scope] = i == 0
			}
		}
		if !found {
			missing = append(missing, need.scopes[0])
		}
	}
	for _, scope := range scopes {
		if !best[scope] {
			more = append(more, scope)
		}
	}
	return missing, more
}

// probe tries what the token may do, in ways that change nothing: it reads a little, and
// posts what no server takes. It gives the scopes that are missing.
func (c *Client) probe(ctx context.Context, account string) []string {
	forbidden := func(err error) bool {
		var refusal *RefusalError
		return errors.As(err, &refusal) && refusal.Status == http.StatusForbidden
	}
	little := url.Values{"limit": {"1"}}
	var missing []string
	for _, try := range []struct {
		scope string
		do    func() error
	}{
		{"read:statuses", func() error {
			_, _, err := c.get(ctx, "/api/v1/accounts/"+url.PathEscape(account)+"/statuses", little)
			return err
		}},
		{"read:notifications", func() error {
			_, _, err := c.get(ctx, "/api/v1/notifications", little)
			return err
		}},
		{"write:statuses", func() error { return c.postNothing(ctx, "/api/v1/statuses") }},
		{"write:media", func() error { return c.postNothing(ctx, "/api/v2/media") }},
	} {
		if forbidden(try.do()) {
			missing = append(missing, try.scope)
		}
	}
	return missing
}

// postNothing sends an empty form. Whoever may not post hears so; whoever may, hears
// that a post needs a text.
func (c *Client) postNothing(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server+path, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.api.Config.AccessToken)
	response, err := c.http.Do(request)
	if err != nil {
		return told(err)
	}
	defer response.Body.Close()
	return &RefusalError{Status: response.StatusCode}
}
