package fedi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// mentionPage is how many mentions are asked for at once, which is the most that
// Mastodon gives.
const mentionPage = 80

// Listener reads who has mentioned the bot. It keeps no place of its own: whoever calls
// it does. It may be used by one goroutine.
type Listener struct {
	client *Client
	// domain and contact are what the server said of itself when it was last asked.
	domain, contact string
	asked           time.Time
}

// NewListener makes a listener on the account of a client.
func NewListener(client *Client) *Listener { return &Listener{client: client} }

// Heard are mentions, the earliest first.
type Heard struct {
	Mentions []Mention
	// Last is the place up to which all was read: where to go on. It is where it was if
	// nothing has come.
	Last string
	// More says that there may be more behind it now.
	More bool
}

// Account names the account that is listened for, in a form that is kept with the place
// up to which it was read.
func (l *Listener) Account(ctx context.Context) (string, error) {
	account, err := l.client.Account(ctx)
	if err != nil {
		return "", err
	}
	return l.client.server + " " + account.ID, nil
}

// Mentions reads one page of what came after a place. Without a place it reads the
// latest. It returns a [RateLimitError] if the server wants to be left alone.
//
// The place is the greatest identifier that was seen, whatever the server says of
// further pages: the links of some lead back in time.
func (l *Listener) Mentions(ctx context.Context, after string) (Heard, error) {
	heard := Heard{Last: after}
	account, err := l.client.Account(ctx)
	if err != nil {
		return heard, err
	}
	if err := l.know(ctx); err != nil {
		return heard, fmt.Errorf("asking the server for its name: %w", err)
	}
	query := url.Values{"types[]": {"mention"}, "limit": {strconv.Itoa(mentionPage)}}
	if after != "" {
		query.Set("min_id", after)
	}
	document, _, err := l.client.get(ctx, "/api/v1/notifications", query)
	if err != nil {
		return heard, fmt.Errorf("reading the mentions: %w", err)
	}
	if _, isList := document.value.([]any); !isList {
		return heard, errors.New("reading the mentions: the server did not answer with a list")
	}
	for _, notification := range document.list() {
		id := notification.at("id").text()
		if id == "" || len(id) > mostID || compareIDs(id, after) <= 0 {
			continue
		}
		if compareIDs(id, heard.Last) > 0 {
			heard.Last = id
		}
		if m, ok := readMention(notification, account.ID, l.domain); ok {
			heard.Mentions = append(heard.Mentions, m)
		}
	}
	slices.SortStableFunc(heard.Mentions, func(a, b Mention) int { return compareIDs(a.ID, b.ID) })
	heard.More = after != "" && heard.Last != after
	return heard, nil
}

// IsContact reports whether the account is the one that runs its instance, as far as
// that is certain: the bot's own server says so of one of its own accounts.
func (l *Listener) IsContact(ctx context.Context, asker Asker) (bool, error) {
	if !asker.Local {
		return false, nil
	}
	if err := l.know(ctx); err != nil {
		return false, fmt.Errorf("asking the server for its contact: %w", err)
	}
	return l.contact != "" && l.contact == asker.ID, nil
}

// know asks for the server's own name, the one that stands behind the @ of its accounts,
// and for who runs it.
func (l *Listener) know(ctx context.Context) error {
	c := l.client
	if l.domain != "" && c.now().Sub(l.asked) < accountLife {
		return nil
	}
	var refusal *RefusalError
	domain, contact := "", ""
	for _, path := range []string{"/api/v2/instance", "/api/v1/instance"} {
		document, _, err := c.get(ctx, path, nil)
		if errors.As(err, &refusal) && refusal.Status/100 == 4 {
			continue
		}
		if err != nil {
			return err
		}
		for _, name := range []string{"account_domain", "domain", "uri"} {
			if domain == "" {
				domain = hostOf(document.at(name).text())
			}
		}
		for _, found := range []tree{document.at("contact", "account"), document.at("contact_account")} {
			if contact == "" {
				contact = found.at("id").text()
			}
		}
		break
	}
	if domain == "" {
		domain = hostOf(c.server)
	}
	l.domain, l.contact, l.asked = domain, contact, c.now()
	return nil
}

// hostOf is the host of an address, or of a bare host.
func hostOf(s string) string {
	address, err := url.Parse(s)
	if err == nil && address.Host != "" {
		return address.Host
	}
	if address, err = url.Parse("//" + s); err == nil {
		return address.Host
	}
	return ""
}
