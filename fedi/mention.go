package fedi

import (
	"cmp"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// The visibilities that a bot's toots never have by themselves, and answers may.
const (
	// FollowersOnly is seen by those who follow, and those who are named.
	FollowersOnly leaderboard.Visibility = "private"
	// Direct is seen by those who are named.
	Direct leaderboard.Visibility = "direct"
)

// Mention is a post in which somebody named the bot. It tells who and what, so that it
// prints as nothing.
type Mention struct {
	// ID is the notification's. Of two the one that compares greater ([compareIDs]) is
	// the later.
	ID string
	// Status is the post, and Parent the one that it answers, if any.
	Status, Parent string
	// Aside says that it answers somebody else: the bot may have been named because it is
	// in the thread.
	Aside      bool
	Asker      Asker
	Visibility leaderboard.Visibility
	// Text is without marks, and without the accounts that are named in it.
	Text string
	At   time.Time
}

// Asker is the account that wrote a mention.
type Asker struct {
	// ID is the bot's server's for it.
	ID string
	// Acct is how the bot's server names it, which is how it is called in an answer. Full
	// is with its domain in any case, in lower case.
	Acct, Full string
	// Host is the instance that the account is on; [leaderboard.Unattributed] if it is
	// none that can take part.
	Host leaderboard.Host
	// Local says that it is on the bot's own server.
	Local bool
	// Bot says that it is automated, or the bot itself, and Shy that its profile says
	// #nobot.
	Bot, Shy bool
}

// String hides the mention from logs and errors.
func (m Mention) String() string { return "mention (hidden)" }

// GoString hides the mention from %#v.
func (m Mention) GoString() string { return m.String() }

// LogValue implements [slog.LogValuer].
func (m Mention) LogValue() slog.Value { return slog.StringValue(m.String()) }

// String hides the account from logs and errors.
func (a Asker) String() string { return "asker (hidden)" }

// GoString hides the account from %#v.
func (a Asker) GoString() string { return a.String() }

// LogValue implements [slog.LogValuer].
func (a Asker) LogValue() slog.Value { return slog.StringValue(a.String()) }

// asideWords is how many words there are at most in what asks the bot for something in a
// talk between others.
const asideWords = 4

// Command is what the mention asks for, with manners: [AskNothing] where an answer would
// be unasked for. That is to a bot; to whoever wants none, or is talking with somebody
// else, unless they ask for something by its name.
func (m Mention) Command() Command {
	command := ParseCommand(m.Text)
	switch {
	case m.Asker.Bot:
		return AskNothing
	case command == AskUnknown && m.Asker.Shy:
		return AskNothing
	case m.Aside && (command == AskUnknown || command == AskStop || len(strings.Fields(m.Text)) > asideWords):
		return AskNothing
	}
	return command
}

// compareIDs says which of two identifiers is the later. They are opaque, but the longer
// is the greater, and of one length the later in the alphabet.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// goodID reports whether an identifier is one. The longest in use are ULIDs.
func goodID(id string) bool {
	const most = 128
	return id != "" && len(id) <= most && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// acctPattern is an account as a server names it: whoever is called in an answer must be
// one that a server takes for it, and nothing else.
var acctPattern = regexp.MustCompile(`^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?(?:@[\p{L}\p{N}][\p{L}\p{N}.-]{0,251}[\p{L}\p{N}](?::[0-9]{1,5})?)?$`)

// nobotPattern finds the word by which people say that they want no bots.
var nobotPattern = regexp.MustCompile(`(?i)#nobots?(?:[^\p{L}\p{N}_]|$)`)

// readMention reads a notification. It reports false for what is no mention that could
// be answered.
func readMention(document tree, self, domain string) (Mention, bool) {
	status, account := document.at("status"), document.at("account")
	m := Mention{
		ID: document.at("id").text(), Status: status.at("id").text(), Parent: status.at("in_reply_to_id").text(),
		Asker: readAsker(account, self, domain), Visibility: leaderboard.Visibility(status.at("visibility").text()),
		Text: Plain(status.at("content").text()),
	}
	if to := status.at("in_reply_to_account_id").text(); m.Parent != "" && to != "" && to != self {
		m.Aside = to != m.Asker.ID // who goes on with an own post speaks to the bot
	}
	// What a server does not say, or in words of its own, is taken as the least.
	switch m.Visibility {
	case leaderboard.Public, leaderboard.Unlisted, FollowersOnly:
	default:
		m.Visibility = Direct
	}
	m.At, _ = time.Parse(time.RFC3339Nano, document.at("created_at").text()) // without a time it is too old
	ok := document.at("type").text() == "mention" && goodID(m.Status) && (m.Parent == "" || goodID(m.Parent)) &&
		m.Asker.ID != "" && acctPattern.MatchString(m.Asker.Acct)
	return m, ok
}

func readAsker(account tree, self, domain string) Asker {
	a := Asker{ID: account.at("id").text(), Acct: account.at("acct").text(), Bot: account.at("bot").yes()}
	a.Bot = a.Bot || a.ID == self
	user, host, remote := strings.Cut(a.Acct, "@")
	if !remote {
		host, a.Local = domain, true
	}
	a.Full = strings.ToLower(user + "@" + host)
	a.Host, _ = leaderboard.ParseHost(host) // a server without a name is on no board
	profile := []string{Plain(account.at("note").text())}
	for _, field := range account.at("fields").list() {
		profile = append(profile, Plain(field.at("name").text()), Plain(field.at("value").text()))
	}
	a.Shy = slices.ContainsFunc(profile, nobotPattern.MatchString)
	return a
}
