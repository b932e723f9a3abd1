package directory

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"golang.org/x/net/publicsuffix"

	"fedirally/leaderboard"
)

const (
	// fetchTime bounds a request with its redirects, to the last byte of the answer;
	// lookTime bounds all requests about an instance together.
	fetchTime = 10 * time.Second
	lookTime  = 30 * time.Second
	// mostHeader and mostDocument bound what is read of an answer, after decompression;
	// mostPicture is for pictures.
	mostHeader   = 32 << 10
	mostDocument = 256 << 10
	mostPicture  = 1 << 20
	// mostRedirects is how often a server may send us on.
	mostRedirects = 2
	// idleTime is how long a connection waits for the next question about an instance.
	idleTime = 5 * time.Second
	// httpsPort is the only one that is asked.
	httpsPort = "443"
)

// Config is what a [Client] needs.
type Config struct {
	// Agent names the program and where to complain, as in "Fedirally/1.2
	// (+https://rally.example)". It is needed: who is asked must know by whom.
	Agent string
	// Lab is for tests, whose servers are on this machine.
	Lab Lab
}

// Lab stands in for parts of the internet. Its zero value is the real one.
type Lab struct {
	// Resolver looks names up, and Roots are whose certificates are believed.
	Resolver *net.Resolver
	Roots    *x509.CertPool
	// Port is asked instead of 443, and Allow lets through addresses that are not public.
	Port  string
	Allow func(netip.AddrPort) bool
	// FetchTime bounds a request; 0: 10 s.
	FetchTime time.Duration
}

// Client asks the servers of instances. It may be used by many goroutines.
type Client struct {
	agent string
	lab   Lab
	http  *http.Client
}

var (
	// ErrAddress says that something leads to where we do not go: a private address,
	// another port, no https.
	ErrAddress = errors.New("the address is not one of the public web")
	// ErrRedirect says that a server sends us to somebody else's, or in circles.
	ErrRedirect = errors.New("the server sends its clients elsewhere")
	// ErrTooLong says that an answer is longer than any honest one.
	ErrTooLong = errors.New("the answer is too long")
	// ErrRobots says that the server's robots.txt names us and forbids this.
	ErrRobots = errors.New("the server's robots.txt asks us not to")
)

// New makes a client, and asks nobody anything.
func New(config Config) (*Client, error) {
	if config.Agent == "" {
		return nil, errors.New("who asks instances must say who it is")
	}
	c := &Client{agent: config.Agent, lab: config.Lab}
	c.lab.FetchTime = cmp.Or(c.lab.FetchTime, fetchTime)
	dialer := &net.Dialer{Timeout: c.lab.FetchTime, Resolver: c.lab.Resolver, Control: c.control}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	c.http = &http.Client{
		CheckRedirect: c.follow,
		Transport: &http.Transport{
			// No proxy: it would look the names up, where nothing is checked.
			DialContext: dialer.DialContext, Protocols: protocols,
			TLSClientConfig: &tls.Config{RootCAs: c.lab.Roots, MinVersion: tls.VersionTLS12},
			// A connection is made for whoever asks next, so that it outlives a question.
			TLSHandshakeTimeout: c.lab.FetchTime, MaxResponseHeaderBytes: mostHeader, MaxConnsPerHost: 2, MaxIdleConnsPerHost: 1, IdleConnTimeout: idleTime,
		},
	}
	return c, nil
}

// Close ends the connections that wait for further questions.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// control looks at the very address that a connection is about to be made to.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return ErrAddress
	}
	if c.lab.Allow != nil && c.lab.Allow(to) {
		return nil
	}
	if to.Port() != 443 || !isPublic(to.Addr()) {
		return ErrAddress
	}
	return nil
}

// follow lets a server send us on within its own domain, and never to plain http.
func (c *Client) follow(next *http.Request, via []*http.Request) error {
	if len(via) > mostRedirects {
		return ErrRedirect
	}
	from, err := c.hostOf(via[0].URL)
	if err != nil {
		return err
	}
	to, err := c.hostOf(next.URL)
	if err != nil {
		return err
	}
	if !sameOwner(from, to) {
		return ErrRedirect
	}
	next.Header.Del("Referer") // whom we asked before is nobody's business
	return nil
}

// hostOf gives the host of an address that may be asked.
func (c *Client) hostOf(address *url.URL) (leaderboard.Host, error) {
	port := cmp.Or(address.Port(), httpsPort)
	if address.Scheme != "https" || address.User != nil || port != httpsPort && port != c.lab.Port {
		return "", ErrAddress
	}
	host, err := leaderboard.ParseHost(address.Hostname())
	if err != nil {
		return "", ErrAddress
	}
	return host, nil
}

// sameOwner reports whether two hosts belong to one registered domain.
func sameOwner(a, b leaderboard.Host) bool {
	if a == b {
		return true
	}
	ours, err := publicsuffix.EffectiveTLDPlusOne(string(a))
	if err != nil {
		return false
	}
	theirs, err := publicsuffix.EffectiveTLDPlusOne(string(b))
	return err == nil && ours == theirs
}

// at is the address of a document of a host.
func (c *Client) at(host leaderboard.Host, path string) *url.URL {
	address := &url.URL{Scheme: "https", Host: string(host), Path: path}
	if c.lab.Port != "" {
		address.Host = net.JoinHostPort(string(host), c.lab.Port)
	}
	return address
}

// statusError is an answer other than 200.
type statusError struct {
	status int
	// location is where a redirect leads that was not followed.
	location *url.URL
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", e.status, http.StatusText(e.status))
}

// answer is what a server has answered.
type answer struct {
	body []byte
	// from is the address that it came from in the end.
	from *url.URL
}

// fetch gets a document of at most so many bytes. With [ErrTooLong] comes its beginning.
func (c *Client) fetch(ctx context.Context, client *http.Client, address *url.URL, accept string, most int64) (answer, error) {
	if _, err := c.hostOf(address); err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.lab.FetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return answer{}, ErrAddress
	}
	request.Header.Set("User-Agent", c.agent)
	request.Header.Set("Accept", accept)
	response, err := client.Do(request)
	if err != nil {
		return answer{}, told(err)
	}
	defer response.Body.Close() // what was not read is thrown away with the connection
	if response.StatusCode != http.StatusOK {
		location, _ := response.Location() // none: nil
		return answer{}, &statusError{response.StatusCode, location}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return answer{}, told(err)
	}
	got := answer{body: body, from: response.Request.URL}
	if int64(len(body)) > most {
		got.body = body[:most]
		return got, ErrTooLong
	}
	return got, nil
}

// told is an error in our own words, where we have some: those of net/http repeat an
// address that a stranger made up.
func told(err error) error {
	for _, known := range []error{ErrAddress, ErrRedirect, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, known) {
			return known
		}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("asking the server: %w", err)
}
