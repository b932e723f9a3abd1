package fedi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-mastodon"
)

const (
	// requestTimeout bounds a request, from its first byte to the last of the answer.
	requestTimeout = 20 * time.Second
	// accountLife is how long what a server said of account and limits is believed.
	accountLife = 6 * time.Hour
)

// Config is what a [Client] needs.
type Config struct {
	// Server is the address of the server on which the bot has its account.
	Server string
	// Token is the access token of that account.
	Token string
	// Agent names the program and where to complain, as in "Fedirally/1.2
	// (+https://rally.example)".
	Agent string
	// Transport carries the requests; nil: one of its own, with the system's proxies.
	Transport http.RoundTripper
	// Timeout bounds each request; 0: 20 s.
	Timeout time.Duration
	// Now is the clock; it is needed.
	Now func() time.Time
}

// Client speaks with a server in the name of an account. It may be used by many
// goroutines.
type Client struct {
	server string
	now    func() time.Time
	http   *http.Client
	api    *mastodon.Client

	mu      sync.Mutex
	account *Account
	asked   time.Time
}

// New makes a client and asks nobody anything, so that a bot can start while its server
// is away. It names everything that is wrong with the configuration at once.
func New(config Config) (*Client, error) {
	server, fault := serverAddress(config.Server)
	faults := []error{fault}
	if strings.TrimSpace(config.Token) == "" {
		faults = append(faults, errors.New("the access token of the bot's account is missing"))
	}
	if config.Now == nil {
		faults = append(faults, errors.New("the clock is missing"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	next := config.Transport
	if next == nil {
		next = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2,
			IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		}
	}
	plain := http.Client{
		Transport: &wire{next: next, agent: cmp.Or(config.Agent, "Fedirally"), now: config.Now},
		Timeout:   cmp.Or(config.Timeout, requestTimeout), CheckRedirect: stayHere,
	}
	c := &Client{server: server, now: config.Now, http: &plain}
	c.api = mastodon.NewClient(&mastodon.Config{Server: server, AccessToken: strings.TrimSpace(config.Token)})
	c.api.Client = plain
	return c, nil
}

// Dial makes a client and asks whose account it is.
func Dial(ctx context.Context, config Config) (*Client, error) {
	client, err := New(config)
	if err != nil {
		return nil, err
	}
	if _, err := client.Account(ctx); err != nil {
		return nil, err
	}
	return client, nil
}

// Server is the address of the server, without a final slash.
func (c *Client) Server() string { return c.server }

// CheckServer says what is wrong with the address of a server, as an operator writes it.
func CheckServer(server string) error {
	_, err := serverAddress(server)
	return err
}

// serverAddress reads what an operator writes for a server. A token is never sent in
// the clear, except to this machine.
func serverAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", errors.New("the address of the bot's server is missing")
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	address, err := url.Parse(s)
	if err != nil || address.Host == "" || address.User != nil || address.RawQuery != "" || address.Fragment != "" {
		return "", errors.New("the address of the bot's server is not one: write it as https://social.example")
	}
	switch name := address.Hostname(); {
	case address.Scheme == "https":
	case address.Scheme == "http" && (name == "localhost" || net.ParseIP(name).IsLoopback()):
	default:
		return "", errors.New("the address of the bot's server begins with https://, or the token would be sent in the clear")
	}
	return strings.TrimRight(address.String(), "/"), nil
}

// stayHere refuses every redirect that would carry the token to another server, or
// turn a post into something else.
func stayHere(next *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme || len(via) > 3 {
		return &RedirectError{To: next.URL.Scheme + "://" + next.URL.Host}
	}
	return nil
}

// RedirectError says that the server sends its clients elsewhere. Nothing was written.
type RedirectError struct{ To string }

func (e *RedirectError) Error() string {
	return fmt.Sprintf("the server sends its clients to %s: if that is the right one, set it as the bot's server", e.To)
}
