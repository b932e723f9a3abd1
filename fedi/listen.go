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
	// back is up to where it was walked back to find a place to begin at, in so many pages.
	back  string
	pages int
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

const (
	// theBeginning is a place before every other one.
	theBeginning = "0"
	// mostBack bounds how many pages are walked back.
	mostBack = 200
)

// Begin looks for the place from which on mentions are not older than that. It reads one
// page, going back in time, and reports whether it has found it: if not, it has to be
// called again.
func (l *Listener) Begin(ctx context.Context, since time.Time) (place string, found bool, err error) {
	query := l.query()
	if l.back != "" {
		query.Set("max_id", l.back)
	}
	list, err := l.page(ctx, query)
	if err != nil {
		return "", false, err
	}
	oldest := ""
	for _, notification := range list {
		id := notification.at("id").text()
		if !goodID(id) {
			continue
		}
		at, wrong := time.Parse(time.RFC3339Nano, notification.at("created_at").text())
		if (wrong != nil || at.Before(since)) && compareIDs(id, place) > 0 {
			place = id
		}
		if oldest == "" || compareIDs(id, oldest) < 0 {
			oldest = id
		}
	}
	l.pages++
	switch {
	case place != "":
		return place, true, nil
	case oldest == "" || oldest == l.back:
		return theBeginning, true, nil
	case l.pages == mostBack:
		return oldest, true, nil
	}
	l.back = oldest
	return "", false, nil
}

func (l *Listener) query() url.Values {
	return url.Values{"types[]": {"mention"}, "limit": {strconv.Itoa(mentionPage)}}
}

func (l *Listener) page(ctx context.Context, query url.Values) ([]tree, error) {
	document, _, err := l.client.get(ctx, "/api/v1/notifications", query)
	if err != nil {
		return nil, fmt.Errorf("reading the mentions: %w", err)
	}
	if _, isList := document.value.([]any); !isList {
		return nil, errors.New("reading the mentions: the server did not answer with a list")
	}
	return document.list(), nil
}

// Mentions reads one page of what came after a place, the first of which [Listener.Begin]
// finds. It returns a [RateLimitError] if the server wants to be left alone.
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
	query := l.query()
	query.Set("min_id", after)
	list, err := l.page(ctx, query)
	if err != nil {
		return heard, err
	}
	for _, notification := range list {
		id := notification.at("id").text()
		if !goodID(id) || compareIDs(id, after) <= 0 {
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
	heard.More = heard.Last != after
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
