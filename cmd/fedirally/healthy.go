package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// healthyCommand is for whoever watches over the server and has no program to ask
// by HTTP, as a container without a shell. It needs no secret and no database.
type healthyCommand struct {
	Ready bool `help:"Ask whether it can do its work (/readyz), not only whether it lives (/healthz)."`
}

// healthyTime is how long the server may take to answer.
const healthyTime = 3 * time.Second

// Run succeeds if the server that listens where the settings say answers that it
// is well.
func (c healthyCommand) Run(p *program) error {
	r := p.settingsReader()
	address, path := r.text(envAddr, defaultAddr), "/healthz"
	if !isAddress(address) {
		return fmt.Errorf("%s=%q is not an address to listen on", envAddr, address)
	}
	if c.Ready {
		path = "/readyz"
	}
	request, err := http.NewRequestWithContext(p.ctx, http.MethodGet, "http://"+nearest(address)+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	// Nothing between the two: a proxy of the environment knows another server.
	client := &http.Client{Timeout: healthyTime, Transport: &http.Transport{}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s: %s", response.Status, bytes.TrimSpace(body))
	}
	p.say("%s", bytes.TrimSpace(body))
	return nil
}

// nearest is where a server that listens at an address can be reached from this
// machine: one that listens everywhere also listens on the loopback.
func nearest(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}
