package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// balancer stands before replicas as a load balancer does: it asks each whether it
// is ready, passes requests to the ready ones in turns, and passes one on to the
// next only where it was not sent.
type balancer struct {
	*httptest.Server
	direct http.RoundTripper

	mu    sync.Mutex
	ready map[string]bool // by address
	order []string
	turn  int
	// answered counts the answers by their status.
	answered map[int]int
}

// readyTick is how often replicas are asked.
const readyTick = 50 * time.Millisecond

var errNobodyReady = errors.New("no replica is ready")

func startBalancer(t testing.TB) *balancer {
	t.Helper()
	b := &balancer{
		direct: &http.Transport{MaxIdleConnsPerHost: 64},
		ready:  map[string]bool{}, answered: map[int]int{},
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport: b,
		ErrorLog:  log.New(io.Discard, "", 0),
		ModifyResponse: func(r *http.Response) error {
			b.count(r.StatusCode)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			status := http.StatusBadGateway
			if errors.Is(err, errNobodyReady) {
				status = http.StatusServiceUnavailable
			}
			b.count(status)
			w.WriteHeader(status)
		},
	}
	b.Server = httptest.NewServer(proxy)
	t.Cleanup(b.Close)
	return b
}

// add takes a replica in until ctx ends, as soon as it is ready.
func (b *balancer) add(ctx context.Context, address string) {
	b.mu.Lock()
	b.order = append(b.order, address)
	b.mu.Unlock()
	go func() {
		client := &http.Client{Transport: b.direct, Timeout: 5 * time.Second}
		for ctx.Err() == nil {
			response, err := client.Get(address + "/readyz")
			if err == nil {
				_ = response.Body.Close()
			}
			b.mu.Lock()
			b.ready[address] = err == nil && response.StatusCode == http.StatusOK
			b.mu.Unlock()
			time.Sleep(readyTick)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.ready, address)
	}()
}

// awaitReady waits until requests may be sent to that replica.
func (b *balancer) awaitReady(t testing.TB, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.ready[address]
	}, time.Minute, readyTick/2, "a replica does not get ready")
}

// candidates are the ready replicas, beginning with the one whose turn it is.
func (b *balancer) candidates() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn++
	var ready []string
	for i := range b.order {
		if address := b.order[(b.turn+i)%len(b.order)]; b.ready[address] {
			ready = append(ready, address)
		}
	}
	return ready
}

// RoundTrip implements [http.RoundTripper].
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for _, address := range b.candidates() {
		to, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		try := r.Clone(r.Context())
		try.URL.Scheme, try.URL.Host = to.Scheme, to.Host
		try.Body = io.NopCloser(bytes.NewReader(body))
		response, err := b.direct.RoundTrip(try)
		var refused *net.OpError
		if errors.As(err, &refused) && refused.Op == "dial" {
			continue
		}
		return response, err
	}
	return nil, errNobodyReady
}

func (b *balancer) count(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered[status]++
}

// answers gives how many answers there were of each status since it was last asked.
func (b *balancer) answers() map[int]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	answered := maps.Clone(b.answered)
	clear(b.answered)
	return answered
}
