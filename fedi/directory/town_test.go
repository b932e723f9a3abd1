package directory

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// town is a small internet on this machine: a name server, one address that counts as
// public, where all hosts live, and one beside it that must never be asked.
type town struct {
	client *Client
	port   string

	mu    sync.Mutex
	hosts map[string]http.Handler
	names map[string]func() netip.Addr
	// asked are the paths that were asked for, with their hosts; secrets is how often
	// somebody came to the address that is not public.
	asked   []string
	agents  map[string]bool
	secrets int
}

var (
	street = netip.MustParseAddr("127.0.0.1")
	cellar = netip.MustParseAddr("127.0.0.2")
)

func newTown(t testing.TB, change ...func(*Config)) *town {
	town := &town{hosts: map[string]http.Handler{}, names: map[string]func() netip.Addr{}, agents: map[string]bool{}}
	open, err := net.Listen("tcp", netip.AddrPortFrom(street, 0).String())
	require.NoError(t, err)
	_, town.port, err = net.SplitHostPort(open.Addr().String())
	require.NoError(t, err)
	hidden, err := net.Listen("tcp", net.JoinHostPort(cellar.String(), town.port))
	require.NoError(t, err)
	roots, certificates := authority(t)
	serve := func(listener net.Listener, handler http.HandlerFunc) {
		server := httptest.NewUnstartedServer(handler)
		require.NoError(t, server.Listener.Close())
		server.Listener, server.TLS = listener, &tls.Config{GetCertificate: certificates}
		server.EnableHTTP2 = true
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
	}
	serve(open, town.serve)
	serve(hidden, func(http.ResponseWriter, *http.Request) {
		town.mu.Lock()
		defer town.mu.Unlock()
		town.secrets++
	})
	config := Config{Agent: "Fedirally/test (+https://rally.example)", Lab: Lab{
		Resolver: town.resolver(t), Roots: roots, Port: town.port,
		Allow: func(to netip.AddrPort) bool { return to.String() == open.Addr().String() },
	}}
	for _, do := range change {
		do(&config)
	}
	town.client, err = New(config)
	require.NoError(t, err)
	t.Cleanup(town.client.Close)
	return town
}

func (town *town) serve(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.Host)
	town.mu.Lock()
	town.asked = append(town.asked, host+r.URL.Path)
	town.agents[r.UserAgent()] = true
	handler := town.hosts[host]
	town.mu.Unlock()
	if handler == nil {
		http.NotFound(w, r)
		return
	}
	handler.ServeHTTP(w, r)
}

// documents are a host that answers with texts, in which PORT stands for the port. One that begins with
// => is a redirect.
type documents map[string]string

func (town *town) add(host string, handler http.Handler) {
	town.mu.Lock()
	defer town.mu.Unlock()
	town.hosts[host] = handler
}

func (town *town) write(host string, all documents) {
	mux := http.NewServeMux()
	for path, text := range all {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			text := strings.ReplaceAll(text, "PORT", town.port)
			if to, found := strings.CutPrefix(text, "=>"); found {
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusFound)
				return
			}
			_, _ = io.WriteString(w, text)
		})
	}
	town.add(host, mux)
}

func (town *town) was(path string) bool {
	town.mu.Lock()
	defer town.mu.Unlock()
	for _, asked := range town.asked {
		if asked == path {
			return true
		}
	}
	return false
}

func (town *town) intruders() int {
	town.mu.Lock()
	defer town.mu.Unlock()
	return town.secrets
}

// resolver is a name server that knows all names: they are at the address that counts as
// public, but for those that a test has elsewhere.
func (town *town) resolver(t testing.TB) *net.Resolver {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = packets.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, ok := town.resolve(buffer[:n]); ok {
				_, _ = packets.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", packets.LocalAddr().String())
	}}
}

func (town *town) resolve(query []byte) ([]byte, bool) {
	var message dnsmessage.Message
	if message.Unpack(query) != nil || len(message.Questions) != 1 {
		return nil, false
	}
	question := message.Questions[0]
	reply := dnsmessage.Message{Header: dnsmessage.Header{ID: message.ID, Response: true, RecursionAvailable: true}, Questions: message.Questions}
	town.mu.Lock()
	find := town.names[strings.TrimSuffix(question.Name.String(), ".")]
	town.mu.Unlock()
	address := street
	if find != nil && question.Type == dnsmessage.TypeA {
		address = find()
	}
	if question.Type == dnsmessage.TypeA {
		reply.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.AResource{A: address.As4()},
		}}
	}
	packed, err := reply.Pack()
	return packed, err == nil
}

// authority makes certificates for whatever name is asked for.
func authority(t testing.TB) (*x509.CertPool, func(*tls.ClientHelloInfo) (*tls.Certificate, error)) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "town"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	require.NoError(t, err)
	ca, err = x509.ParseCertificate(signed)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	return roots, func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(2), DNSNames: []string{hello.ServerName}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), key)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}
}
