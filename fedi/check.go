package fedi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Level is how much a finding matters.
type Level string

// The levels.
const (
	Fine   Level = "fine"
	Advice Level = "advice" // it works, and could be better
	Fault  Level = "fault"  // it does not work, or breaks the manners of the Fediverse
)

// Finding is something that was looked at on the bot's account.
type Finding struct {
	Level Level `json:"level"`
	// Subject is what was looked at, and Says what was found.
	Subject string `json:"subject"`
	Says    string `json:"says"`
	// Do is what to do about it; empty if nothing.
	Do string `json:"do,omitempty"`
}

const (
	// smallRoom is the length below which toots lose their lists and tags.
	smallRoom = 400
	// skewToTell is from when on a clock that is wrong is worth a word, and worstSkew
	// from when on the bot's own posts may not be found again.
	skewToTell = time.Minute
	worstSkew  = searchSlack / 2
)

// Wants is what a bot's account is held against.
type Wants struct {
	// Contacts are how the people who run the bot can be reached, as it stands in the
	// drives: one of them should be in the profile.
	Contacts []string
	// Follows says that the bot lets followers in.
	Follows bool
}

// Check looks at everything that the bot needs of its account and its server. It posts
// nothing.
func Check(ctx context.Context, client *Client, wants Wants) []Finding {
	asked := client.now()
	document, header, err := client.get(ctx, "/api/v1/accounts/verify_credentials", nil)
	if err != nil {
		return []Finding{unreachable(err)}
	}
	account, err := readAccount(document)
	if err != nil {
		return []Finding{{Fault, "account", err.Error(), "set the address of a server that speaks the Mastodon API"}}
	}
	findings := []Finding{{Fine, "token", "it is that of @" + account.Handle + " on " + client.server, ""}}
	findings = append(findings, client.checkScopes(ctx, account, wants)...)
	findings = append(findings, checkProfile(account, wants)...)
	findings = append(findings, client.checkMentions(ctx)...)
	findings = append(findings, client.checkLimits(ctx))
	return append(findings, checkClock(header.Get("Date"), asked, client.now()))
}

func unreachable(err error) Finding {
	const again = "make a new application under Preferences > Development, with the scopes "
	var refusal *RefusalError
	var redirected *RedirectError
	var limited *RateLimitError
	f := Finding{Fault, "server", "it cannot be asked: " + err.Error(), "see whether the address is right and the server up"}
	switch {
	case errors.As(err, &redirected):
		f.Do = "set " + redirected.To + " as the bot's server, if that is the right one"
	case errors.As(err, &limited):
		f.Do = "wait until then"
	case errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized:
		f.Subject, f.Says = "token", "the server does not take it: "+err.Error()
		f.Do = again + strings.Join(LeastScopes(), " ") + ", and set its token"
	case errors.As(err, &refusal) && refusal.Status == http.StatusForbidden:
		f.Subject, f.Says = "token", "it may not say whose it is: "+err.Error()
		f.Do = again + strings.Join(LeastScopes(), " ") + "; and see whether the account is in order"
	}
	return f
}

func (c *Client) checkScopes(ctx context.Context, account Account, wants Wants) []Finding {
	needed := needs(c.hasProfile(ctx), wants.Follows)
	scopes, known := c.scopes(ctx)
	var missing, more []string
	if known {
		missing, more = compareScopes(scopes, needed)
	} else {
		missing = c.probe(ctx, account.ID)
	}
	var findings []Finding
	for _, need := range needed {
		if slices.Contains(missing, need.scopes[0]) {
			findings = append(findings, Finding{
				Fault, "scopes", "the token lacks " + need.scopes[0] + ", without which the bot cannot " + need.what,
				"give the application that scope, and make a new token",
			})
		}
	}
	if len(more) > 0 {
		findings = append(findings, Finding{
			Advice, "scopes", "the token may do more than the bot needs: " + strings.Join(more, " "),
			"who steals it can do as much; make one with: " + strings.Join(least(needed), " "),
		})
	}
	if len(findings) > 0 {
		return findings
	}
	if !known {
		return []Finding{{Fine, "scopes", "the token may do what the bot needs; the server does not tell whether it may do more", ""}}
	}
	return []Finding{{Fine, "scopes", "the token may do what the bot needs, and no more", ""}}
}

func least(needed []need) []string {
	var scopes []string
	for _, need := range needed {
		scopes = append(scopes, need.scopes[0])
	}
	return scopes
}

func checkProfile(account Account, wants Wants) []Finding {
	var findings []Finding
	say := func(wrong bool, level Level, subject, says, do string) {
		if wrong {
			findings = append(findings, Finding{level, subject, says, do})
		}
	}
	say(!account.Bot, Fault, "bot flag", "the account is not marked as automated",
		"tick it under Preferences > Public profile")
	text := strings.TrimSpace(account.Note + "\n" + strings.Join(account.Fields, "\n"))
	say(text == "", Fault, "profile", "it is empty", "write into it who runs this bot and how they are reached")
	say(text != "" && !namesSomebody(text, wants.Contacts), Fault, "profile", "it does not say who runs this bot, or how they are reached",
		"write a contact into it: a handle, a web address or a mailbox")
	say(!account.Name, Advice, "profile", "the account has no display name", "give it one")
	say(!account.Picture, Advice, "profile", "the account has no picture of its own",
		"give it one; Bridgy Fed bridges no account without")
	say(account.Markup, Advice, "posts", "the server reads the account's posts as Markdown, so that an asterisk or an underscore in a toot may vanish",
		"set the format of its posts to plain text, in its settings")
	say(account.Locked && !wants.Follows, Advice, "followers", "each has to be let in by hand",
		"unlock the account, see to its follow requests (bot follow), or have some let in by rule")
	if len(findings) == 0 {
		findings = []Finding{{Fine, "profile", "it says that this is a bot and who runs it", ""}}
	}
	return findings
}

// namesSomebody reports whether a profile has one of the contacts in it or, where none is
// known, anything by which somebody could be reached.
func namesSomebody(text string, contacts []string) bool {
	text = strings.ToLower(text)
	known := false
	for _, contact := range contacts {
		if contact = strings.ToLower(strings.TrimSpace(contact)); contact != "" {
			known = true
			if strings.Contains(text, strings.TrimPrefix(contact, "https://")) {
				return true
			}
		}
	}
	return !known && (strings.Contains(text, "@") || strings.Contains(text, "://"))
}

func (c *Client) checkLimits(ctx context.Context) Finding {
	limits, err := c.limits(ctx)
	if err != nil {
		return Finding{Fault, "limits", "the server cannot be asked for them: " + err.Error(), "try again"}
	}
	says := fmt.Sprintf("a post has up to %d characters", limits.MaxCharacters)
	switch {
	case limits.MaxCharacters < smallRoom:
		return Finding{Advice, "limits", says, "toots will be short: lists, hashtags and disclaimers may not fit"}
	case !limits.takes(0):
		return Finding{Advice, "limits", says + ", and no PNG", "toots will have no pictures"}
	}
	return Finding{Fine, "limits", says, ""}
}

// checkClock compares the server's clock with ours, at the middle of the request.
func checkClock(date string, asked, answered time.Time) Finding {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return Finding{Fine, "clock", "the server does not tell the time", ""}
	}
	skew := theirs.Sub(asked.Add(answered.Sub(asked) / 2)).Round(time.Second)
	says := fmt.Sprintf("this machine and the server differ by %s", skew.Abs())
	switch {
	case skew.Abs() >= worstSkew:
		return Finding{Fault, "clock", says, "set this machine's clock: with such a difference the bot may not find its own posts again"}
	case skew.Abs() >= skewToTell:
		return Finding{Advice, "clock", says, "set this machine's clock"}
	}
	return Finding{Fine, "clock", says, ""}
}
