package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"fedirally/actblue"
	"fedirally/leaderboard"
)

// fewDays is when a certificate should have been renewed.
const fewDays = 14

// client asks as somebody from outside would. It follows no redirect: ActBlue may
// not either, and the address that is set should be the right one.
func (d *doctor) client() *http.Client {
	return &http.Client{
		Timeout: d.wait,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: d.roots, Time: d.now, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// heard is what came back.
type heard struct {
	status   int
	body     []byte
	location string
	tls      *tls.ConnectionState
}

// ask sends a request, with the webhooks' user and password if one is given.
func (d *doctor) ask(method, address, body, password string) (heard, error) {
	ctx, cancel := d.asking()
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return heard{}, err
	}
	if password != "" {
		request.SetBasicAuth(d.webhookUser, password)
	}
	response, err := d.client().Do(request)
	if err != nil {
		return heard{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return heard{}, err
	}
	return heard{response.StatusCode, read, response.Header.Get("Location"), response.TLS}, nil
}

// whose gives the ledger that a server at an address says it serves.
func (d *doctor) whose(base string) (string, heard, error) {
	got, err := d.ask(http.MethodGet, base+"/healthz", "", "")
	if err != nil {
		return "", got, err
	}
	var said struct{ Ledger string }
	_ = json.Unmarshal(got.body, &said) // somebody else's answer has no ledger
	return said.Ledger, got, nil
}

// checkPublic goes to the server as visitors and ActBlue do.
func (d *doctor) checkPublic() {
	const check = "public address"
	if d.publicURL == nil {
		d.note(warning, check, envPublicURL+" is not set", "set it to where visitors reach the server, such as https://rally.example.org")
		return
	}
	base := d.publicURL.Scheme + "://" + d.publicURL.Host
	ledgerID, got, err := d.whose(base)
	switch {
	case err != nil:
		d.note(failure, check, base+" cannot be reached from here: "+unreachable(err), "look at its name (DNS), the proxy, its certificate and the firewall")
		return
	case got.status >= 300 && got.status < 400:
		d.note(failure, check, base+" leads on to "+shownValue(got.location), "set "+envPublicURL+" to the address that it leads to: webhooks are not sent on")
		return
	case ledgerID == "":
		d.note(failure, check, fmt.Sprintf("at %s something else answers (%d)", base, got.status), "let the proxy pass all paths to the server, also /healthz")
		return
	case d.ledgerID == "":
		d.note(warning, check, base+" leads to a server; whether it is this ledger's cannot be told", "")
		return
	case ledgerID != d.ledgerID:
		d.note(failure, check, base+" leads to the server of another ledger", "look at the proxy's target, at "+envPublicURL+" and "+envDatabaseURL)
		return
	}
	d.reached = base
	d.note(good, check, base+" leads to this ledger's server", "")
	d.checkCertificate(got.tls)
	d.checkWebhooks(base)
	d.checkProxy(base)
}

// unreachable says in words why nothing answered, without the address, which
// stands before it already.
func unreachable(err error) string {
	var certificate *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	var dns *net.DNSError
	var asked *url.Error
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet"
	case errors.As(err, &certificate):
		return "its certificate is not trusted: " + certificate.Err.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its name leads nowhere"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there"
	case errors.As(err, &asked) && asked.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &asked):
		return asked.Err.Error()
	}
	return err.Error()
}

func (d *doctor) checkCertificate(state *tls.ConnectionState) {
	const check = "certificate"
	if state == nil {
		if !isLoopback(d.publicURL.Hostname()) {
			d.note(failure, check, "there is none: the public address is http", "use https: notices hold donors' data")
		}
		return
	}
	ends := state.PeerCertificates[0].NotAfter
	days := int(ends.Sub(d.now()) / (24 * time.Hour))
	text := fmt.Sprintf("valid for %d days, until %s", days, ends.UTC().Format(time.DateOnly))
	if days < fewDays {
		d.note(warning, check, text, "renew it, and look why that did not happen by itself")
		return
	}
	d.note(good, check, text, "")
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// mayHear reports whether the password of the webhooks may be sent to an address:
// nobody on the way must read it.
func mayHear(base string) bool {
	u, err := url.Parse(base)
	return err == nil && (u.Scheme == "https" || isLoopback(u.Hostname()))
}

func noticeKinds() []leaderboard.NoticeKind {
	return []leaderboard.NoticeKind{leaderboard.Contributions, leaderboard.Refunds, leaderboard.Cancellations}
}

// checkWebhooks knocks at the three webhooks as ActBlue would, and brings nothing:
// a wrong password must be refused, and with the right one a body that is no
// JSON. Both together show that the header with the password comes through.
func (d *doctor) checkWebhooks(base string) {
	const check = "webhooks"
	if d.webhookPassword == "" {
		d.note(warning, check, "there are no user name and password to try", "set them, or start the server once")
		return
	}
	for _, kind := range noticeKinds() {
		address := base + actblue.WebhookPath + string(kind)
		refused, err := d.ask(http.MethodPost, address, "-", d.webhookPassword+" but wrong")
		if err != nil {
			d.note(failure, check, string(kind)+": "+unreachable(err), "let the proxy pass "+actblue.WebhookPath+" to the server")
			return
		}
		if refused.status != http.StatusUnauthorized {
			d.note(failure, check, fmt.Sprintf("%s: a wrong password is answered %d instead of 401", kind, refused.status),
				"let the proxy pass "+actblue.WebhookPath+" to the server as it comes")
			return
		}
		if !mayHear(base) {
			d.note(warning, check, "whether the right password comes through was not tried, since others could read it on the way", "use https")
			return
		}
		entered, err := d.ask(http.MethodPost, address, "-", d.webhookPassword)
		switch {
		case err != nil:
			d.note(failure, check, string(kind)+": "+unreachable(err), "let the proxy pass "+actblue.WebhookPath+" to the server")
			return
		case entered.status == http.StatusUnauthorized:
			d.note(failure, check, fmt.Sprintf("%s: the right user name and password are refused", kind),
				"let the proxy pass the Authorization header on, and restart the server if "+envWebhookUser+" or "+envWebhookPassword+" was changed")
			return
		case entered.status != http.StatusBadRequest:
			d.note(failure, check, fmt.Sprintf("%s: answered %d, which is not this server's answer to nonsense", kind, entered.status),
				"let the proxy pass "+actblue.WebhookPath+" to the server as it comes")
			return
		}
	}
	d.note(good, check, "all three let in ActBlue's user name and password, and nobody else's", "")
}

// checkProxy looks whether visitors can be told apart behind a proxy.
func (d *doctor) checkProxy(base string) {
	const check = "limits behind the proxy"
	if d.beside == nil {
		return
	}
	if _, err := d.ask(http.MethodGet, base+"/api/v1/drives", "", ""); err != nil {
		d.note(failure, check, "the API: "+unreachable(err), "let the proxy pass all paths to the server")
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	if err := d.beside.learn(ctx); err != nil {
		d.fail(check, err, "look at the server's log")
		return
	}
	if d.beside.about.UnnamedProxy {
		d.note(warning, check, "requests come through a proxy that the server does not trust, so that all its visitors share one limit",
			"name the proxy's address in "+envTrustedProxies)
		return
	}
	d.note(good, check, "no proxy was seen that is not named in "+envTrustedProxies, "")
}

// checkLocal goes to the server on this machine, past any proxy.
func (d *doctor) checkLocal() {
	const check = "server on this machine"
	base := localAddress(d.addr)
	if base == "" {
		return // said with the settings
	}
	ledgerID, _, err := d.whose(base)
	switch {
	case err != nil && d.reached != "":
		d.note(warning, check, base+": "+unreachable(err), "none is needed here if it runs elsewhere")
	case err != nil:
		d.note(failure, check, base+": "+unreachable(err), "start it: fedirally serve")
	case ledgerID == "":
		d.note(failure, check, "something else answers at "+base, "give one of them another address ("+envAddr+")")
	case d.ledgerID != "" && ledgerID != d.ledgerID:
		d.note(failure, check, "the server of another ledger answers at "+base, "give one of them another address ("+envAddr+")")
	default:
		d.checkReady(base)
	}
}

func (d *doctor) checkReady(base string) {
	const check = "server on this machine"
	if d.reached == "" {
		d.reached = base
		d.checkWebhooks(base)
	}
	got, err := d.ask(http.MethodGet, base+"/readyz", "", "")
	var said struct {
		Status   string
		Degraded []string
	}
	switch {
	case err != nil:
		d.note(failure, check, base+": "+unreachable(err), "look at its log")
	case got.status != http.StatusOK:
		d.note(failure, check, fmt.Sprintf("%s is not ready (%d)", base, got.status), "look at its log")
	case json.Unmarshal(got.body, &said) != nil || said.Status != "ok":
		d.note(warning, check, "not all of it is up to date: "+strings.Join(said.Degraded, ", "), "look at its log, at Redis and at the database")
	default:
		d.note(good, check, base+" is ready", "")
	}
}

// localAddress is where a server that listens there is reached from this machine.
func localAddress(listening string) string {
	host, port, err := net.SplitHostPort(listening)
	if err != nil || port == "0" {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
