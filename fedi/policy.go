package fedi

import (
	"context"
	"strings"
)

// checkMentions tells whether mentions reach the bot. Since Mastodon 4.3 a policy may
// put those of strangers aside, where the bot does not look. A server without one
// holds nothing back.
func (c *Client) checkMentions(ctx context.Context) []Finding {
	var policy tree
	for _, path := range []string{"/api/v2/notifications/policy", "/api/v1/notifications/policy"} {
		document, _, err := c.get(ctx, path, nil)
		if err == nil {
			policy = document
			break
		}
	}
	if !policy.has() {
		return nil
	}
	var strangers, private []string
	for _, from := range []struct {
		key, old, who string
		list          *[]string
	}{
		{"for_not_following", "filter_not_following", "people whom it does not follow", &strangers},
		{"for_not_followers", "filter_not_followers", "people who do not follow it", &strangers},
		{"for_new_accounts", "filter_new_accounts", "new accounts", &strangers},
		{"for_private_mentions", "filter_private_mentions", "private mentions", &private},
	} {
		word := policy.at(from.key).text()
		if word == "filter" || word == "drop" || policy.at(from.old).yes() {
			*from.list = append(*from.list, from.who)
		}
	}
	const do = "under Preferences > Notifications, or behind the settings of the column of notifications, accept them"
	var findings []Finding
	if len(strangers) > 0 {
		findings = append(findings, Finding{
			Fault, "mentions", "the server puts aside what comes from " + strings.Join(strangers, ", ") + ": most who ask the bot get no answer", do,
		})
	}
	if len(private) > 0 {
		findings = append(findings, Finding{
			Advice, "mentions", "the server puts aside private mentions of people whom the bot does not follow: they get no answer", do,
		})
	}
	return findings
}
