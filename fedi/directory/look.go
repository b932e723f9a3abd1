package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"fedirally/leaderboard"
)

// isThreads reports the names of a server that answers none of these questions, and forbids
// them to everybody in its robots.txt.
func isThreads(host leaderboard.Host) bool {
	bare := strings.TrimPrefix(string(host), "www.")
	return bare == "threads.net" || bare == "threads.com"
}

// Look asks the server of an instance what it says of itself. Whatever the server does,
// it ends within half a minute, and asks nobody but that server and, where it calls
// itself by the name of another domain, that domain. It returns an error if the server
// could not be asked; one that answers, but not as an instance does, is no error and no
// [leaderboard.Facts.Fediverse].
func (c *Client) Look(ctx context.Context, host leaderboard.Host) (leaderboard.Facts, error) {
	if isThreads(host) {
		return leaderboard.Facts{Fediverse: true, Title: "Threads", Software: "threads"}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	l := look{client: c, robots: map[leaderboard.Host]askedRobots{}}
	said, err := l.ask(ctx, host)
	facts := said.facts(host)
	if !facts.Fediverse {
		return leaderboard.Facts{}, err
	}
	if !l.owns(ctx, host, facts.Canonical) {
		facts.Canonical = ""
	}
	facts.Contact = contact(said.account, cmp.Or(facts.Canonical, host))
	return facts, nil
}

// look is one look at an instance.
type look struct {
	client *Client
	robots map[leaderboard.Host]askedRobots
}

// askedRobots are the rules of a host, or why it cannot be asked for them, nor for
// anything else in this look.
type askedRobots struct {
	rules robots
	err   error
}

// ask reads NodeInfo and the instance document, each as far as it is there. The error
// says that neither is, and that this need not stay so.
func (l *look) ask(ctx context.Context, host leaderboard.Host) (said, error) {
	node, nodeErr := l.nodeInfo(ctx, host)
	second, secondErr := l.document(ctx, l.client.at(host, "/api/v2/instance"))
	s := said{node: node, instance: readInstance(second)}
	if s.kind != unspoken {
		return s, nil
	}
	first, firstErr := l.document(ctx, l.client.at(host, "/api/v1/instance"))
	s.instance = readInstance(first)
	for _, err := range []error{nodeErr, secondErr, firstErr} {
		if passing(err) != nil {
			return s, err
		}
	}
	return s, nil
}

// passing is an error that may be over tomorrow: everything but a server that answers
// and has no such document.
func passing(err error) error {
	var refused *statusError
	switch {
	case errors.As(err, &refused):
		if refused.status >= http.StatusInternalServerError || refused.status == http.StatusTooManyRequests {
			return err
		}
		return nil
	case errors.Is(err, errNoDocument), errors.Is(err, ErrTooLong), errors.Is(err, ErrRedirect):
		return nil
	}
	return err
}

var errNoDocument = errors.New("the answer is no such document")

// document reads a JSON document, if robots.txt lets us.
func (l *look) document(ctx context.Context, address *url.URL) (tree, error) {
	got, err := l.fetch(ctx, address)
	if err != nil {
		return tree{}, err
	}
	document, ok := readTree(got.body)
	if !ok {
		return tree{}, errNoDocument
	}
	return document, nil
}

func (l *look) fetch(ctx context.Context, address *url.URL) (answer, error) {
	host, err := l.client.hostOf(address)
	if err != nil {
		return answer{}, err
	}
	asked, known := l.robots[host]
	if !known {
		asked.rules, asked.err = l.client.askRobots(ctx, host)
		l.robots[host] = asked
	}
	if asked.err != nil {
		return answer{}, asked.err
	}
	if !asked.rules.allows(address.EscapedPath()) {
		return answer{}, ErrRobots
	}
	return l.client.fetch(ctx, l.client.http, address, "application/json", mostDocument)
}

// askRobots reads a host's robots.txt. A server that answers and has none allows all.
func (c *Client) askRobots(ctx context.Context, host leaderboard.Host) (robots, error) {
	got, err := c.fetch(ctx, c.http, c.at(host, "/robots.txt"), "text/plain", mostDocument)
	var refused *statusError
	switch {
	case err == nil, errors.Is(err, ErrTooLong):
		return readRobots(string(got.body)), nil
	case errors.As(err, &refused), errors.Is(err, ErrRedirect):
		return nil, nil
	}
	return nil, err
}

// owns reports whether a server may call itself by another name: by one of its own
// domain, or by one whose server points back to it.
func (l *look) owns(ctx context.Context, host, name leaderboard.Host) bool {
	return name == "" || sameOwner(host, name) || l.pointsTo(ctx, name, host)
}

// pointsTo reports whether what stands at a name sends those who look for an instance
// there to a host: instances whose handles have another domain than their server are
// set up so.
func (l *look) pointsTo(ctx context.Context, name, host leaderboard.Host) bool {
	stay := *l.client.http
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{wellKnownNodeInfo, "/.well-known/host-meta"} {
		got, err := l.client.fetch(ctx, &stay, l.client.at(name, path), "*/*", mostDocument)
		var sent *statusError
		if errors.As(err, &sent) && sent.location != nil {
			if to, err := l.client.hostOf(sent.location); err == nil && to == host {
				return true
			}
		}
		if err != nil || path != wellKnownNodeInfo {
			continue
		}
		links, _ := readTree(got.body)
		for _, link := range nodeInfoLinks(links) {
			if address, err := got.from.Parse(link); err == nil {
				if to, err := l.client.hostOf(address); err == nil && to == host {
					return true
				}
			}
		}
	}
	return false
}

// contact is the handle of an account as its own server writes it.
func contact(account string, name leaderboard.Host) string {
	account = strings.TrimPrefix(account, "@")
	user, domain, found := strings.Cut(account, "@")
	if found {
		at, err := leaderboard.ParseHost(domain)
		if err != nil {
			return ""
		}
		name = at
	}
	if user == "" || len(user) > 64 || strings.ContainsFunc(user, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '.' && r != '-'
	}) {
		return ""
	}
	return fmt.Sprintf("%s@%s", user, name)
}
