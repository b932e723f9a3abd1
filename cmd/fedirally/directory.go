package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"time"

	"fedirally/cmd/fedirally/scout"
	"fedirally/fedi/directory"
	"fedirally/leaderboard/ledger"
)

// newScout makes what looks at instances. It asks nobody anything yet.
func (s settings) newScout(store *ledger.Store, clock func() time.Time, logger *slog.Logger, lab directory.Lab) (*scout.Scout, error) {
	agent := "Fedirally/" + release() + " (+" + s.publicURL.String() + ")"
	client, err := directory.New(directory.Config{Agent: agent, Lab: lab})
	if err != nil {
		return nil, err
	}
	name, err := os.Hostname()
	if err != nil {
		name = "somewhere"
	}
	return scout.New(scout.Config{
		Ledger: store, Looker: client, Clock: clock, Logger: logger,
		Holder: fmt.Sprintf("%s/%d/%s", name, os.Getpid(), rand.Text()),
		Chance: mathrand.Float64, // it spreads requests over the day, and guards nothing
	})
}

// readPublicURL reads the address that those are told who are asked.
func (p *program) readPublicURL() (*url.URL, error) {
	r := p.settingsReader()
	address := r.address(envPublicURL)
	if address == nil && len(r.faults) == 0 {
		r.fault("%s is missing: whoever looks at an instance tells it where to complain", envPublicURL)
	}
	return address, r.verdict()
}
