package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"fedirally/leaderboard/ledger"
)

// settings are what the environment says, checked.
type settings struct {
	addr            string
	publicURL       *url.URL
	databaseURL     string
	secret          []byte
	webhookUser     string
	webhookPassword string
	// made tells where secrets that were missing have been made.
	made string
}

// purpose says which settings are needed.
type purpose int

const (
	forCommands purpose = iota
	forServing
)

// The names of the settings.
const (
	envAddr            = "FEDIRALLY_ADDR"
	envPublicURL       = "PUBLIC_URL"
	envDatabaseURL     = "DATABASE_URL"
	envSecret          = "FEDIRALLY_SECRET"
	envWebhookUser     = "ACTBLUE_WEBHOOK_USER"
	envWebhookPassword = "ACTBLUE_WEBHOOK_PASSWORD" //nolint:gosec // the name of a setting, not its value
)

// readSettings reads and checks the environment, and reports all mistakes at
// once. Secrets that are missing are made and kept in a file beside the database
// with SQLite; with PostgreSQL they are a mistake.
func (p *program) readSettings(why purpose) (settings, error) {
	r := &settingsReader{env: p.env}
	s := settings{
		addr:            r.text(envAddr, ":8080"),
		databaseURL:     r.secret(envDatabaseURL),
		secret:          []byte(r.secret(envSecret)),
		webhookUser:     r.secret(envWebhookUser),
		webhookPassword: r.secret(envWebhookPassword),
	}
	if s.databaseURL == "" {
		s.databaseURL = "sqlite:fedirally.db"
	}
	if why == forServing {
		if _, _, err := net.SplitHostPort(s.addr); err != nil {
			r.fault("%s=%q is not an address to listen on, use for example :8080 or 127.0.0.1:8080", envAddr, s.addr)
		}
		s.publicURL = r.address(envPublicURL)
	}
	if file, found := ledger.SQLiteFile(s.databaseURL); found {
		if len(r.faults) == 0 {
			if err := s.makeMissing(file + ".secrets"); err != nil {
				r.faults = append(r.faults, err)
			}
		}
	} else {
		r.missing(envSecret, len(s.secret) == 0, "a random text of at least 16 bytes, for example from: openssl rand -base64 32")
		r.missing(envWebhookUser, why == forServing && s.webhookUser == "", "the user name that you set for the webhooks at ActBlue")
		r.missing(envWebhookPassword, why == forServing && s.webhookPassword == "", "the password that you set for the webhooks at ActBlue")
	}
	if n := len(s.secret); n > 0 && n < ledger.MinSecret {
		r.fault("%s has %d bytes, at least %d are needed", envSecret, n, ledger.MinSecret)
	}
	if len(r.faults) > 0 {
		return s, fmt.Errorf("the settings are not right:\n%w", errors.Join(r.faults...))
	}
	return s, nil
}

type settingsReader struct {
	env    func(string) string
	faults []error
}

func (r *settingsReader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("  - "+format, args...))
}

func (r *settingsReader) missing(name string, is bool, what string) {
	if is {
		r.fault("%s (or %s_FILE) is missing: %s", name, name, what)
	}
}

func (r *settingsReader) text(name, otherwise string) string {
	if value := r.env(name); value != "" {
		return value
	}
	return otherwise
}

// secret reads NAME, or the file that NAME_FILE names.
func (r *settingsReader) secret(name string) string {
	value, file := r.env(name), r.env(name+"_FILE")
	if file == "" {
		return value
	}
	if value != "" {
		r.fault("%s and %s_FILE are both set, use one of them", name, name)
		return value
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		r.fault("%s_FILE: %v", name, err)
		return ""
	}
	value = strings.TrimRight(string(content), "\r\n")
	if value == "" {
		r.fault("%s_FILE names an empty file: %s", name, file)
	}
	return value
}

func (r *settingsReader) address(name string) *url.URL {
	value := r.env(name)
	if value == "" {
		return nil
	}
	address, err := url.Parse(value)
	if err != nil || (address.Scheme != "https" && address.Scheme != "http") || address.Host == "" {
		r.fault("%s=%q is not a web address, use for example https://rally.example.org", name, value)
		return nil
	}
	address.Path = strings.TrimRight(address.Path, "/")
	return address
}
