package feditest

import (
	"cmp"
	"slices"
	"time"
)

// Style is how a server behaves where servers differ.
type Style struct {
	// Version is what the instance documents say.
	Version string
	// KeepsKeys says that a post with the Idempotency-Key of the last hour is answered
	// with the first one.
	KeepsKeys bool
	// ULIDs says that identifiers are ULIDs, not numbers.
	ULIDs bool
	// Invalid is the status for what is refused: 422 or 400.
	Invalid int
	// Runes says that length is counted in code points and addresses in full.
	// Otherwise it is counted in graphemes, with PerURL for an address if that is above 0.
	Runes bool
	// MaxCharacters, PerURL and Description are the limits that the documents name.
	MaxCharacters, PerURL, Description int
	// MediaPolls is how often media is said to be in processing before it is ready.
	MediaPolls int
	// ResetDigits are the decimals in X-RateLimit-Reset.
	ResetDigits int
	// Limit is how many requests are let through in each Window of the clock; 0: all.
	Limit  int
	Window time.Duration
	// OnlyV1 says that there is no second version of the instance document, and no
	// OAuth metadata: an old server.
	OnlyV1 bool
	// HidesScopes says that there is neither a document of the token's application nor
	// OAuth metadata.
	HidesScopes bool
}

// gotosocial says that the server is of the kind whose identifiers are ULIDs, and like it
// in small things too: its words, its addresses, its HTML.
func (s Style) gotosocial() bool { return s.ULIDs }

// Mastodon is a style.
func Mastodon() Style {
	return Style{
		Version: "4.5.2", KeepsKeys: true, Invalid: 422, MaxCharacters: 500, PerURL: 23, Description: 1500,
		ResetDigits: 6, Limit: 300, Window: 5 * time.Minute,
	}
}

// GoToSocial is another.
func GoToSocial() Style {
	return Style{
		Version: "0.20.1+git-simulated", ULIDs: true, Invalid: 400, Runes: true, MaxCharacters: 5000, PerURL: 25, Description: 1500,
		ResetDigits: 3, Limit: 300, Window: 5 * time.Minute, HidesScopes: true,
	}
}

// Profile is the account that posts.
type Profile struct {
	Username, DisplayName string
	// Note is the profile's text, without marks.
	Note        string
	Bot, Locked bool
	// Markdown says that posts of the account are read as Markdown unless they say
	// otherwise. The simulated server tells so, and reads none.
	Markdown bool
	// Avatar says that it has a picture of its own.
	Avatar bool
}

// LeastScopes are what the bot needs, and no more.
func LeastScopes() []string {
	return []string{"profile", "read:statuses", "read:notifications", "write:statuses", "write:media"}
}

// Options say what [Open] starts. The zero value is a server in the manner of
// Mastodon, with a bot account and the token "token".
type Options struct {
	// Addr is where it listens; empty: a free port on loopback.
	Addr string
	// Style is [Mastodon] if it is the zero value.
	Style Style
	// Token is the access token, and Scopes what it allows; empty: [LeastScopes].
	Token   string
	Scopes  []string
	Profile Profile
	// Domain is the server's name, the one behind the @ of its accounts; empty:
	// social.example. ContactID is the account of who runs it; empty: it does not say.
	Domain, ContactID string
	// Late is how long after its arrival a late write is done; 0: 20 s. See [LateWrite].
	Late time.Duration
	// Hanging is called when a request is left without an answer, so that a test need not
	// wait until its client gives up.
	Hanging func()
	// Seed decides what [Server.Chaos] does.
	Seed uint64
	// Now is the clock; nil: the system's.
	Now func() time.Time
}

func (o Options) filled() Options {
	if o.Style == (Style{}) {
		o.Style = Mastodon()
	}
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Domain = cmp.Or(o.Domain, "social.example")
	o.Token = cmp.Or(o.Token, "token")
	if o.Scopes == nil {
		o.Scopes = LeastScopes()
	}
	if o.Profile == (Profile{}) {
		o.Profile = Profile{
			Username: "raceboard", DisplayName: "The race board", Bot: true, Avatar: true,
			Note: "Figures of a race between instances. Run by the people of Example Committee, contact@rally.example.",
		}
	}
	o.Late = cmp.Or(o.Late, 20*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// allows reports whether the token has one of the scopes, or one that holds it.
func (o Options) allows(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool {
		if slices.Contains(o.Scopes, scope) {
			return true
		}
		for i, c := range scope {
			if c == ':' {
				return slices.Contains(o.Scopes, scope[:i])
			}
		}
		return false
	})
}
