package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"fedirally/cmd/fedirally/web"
)

// settingsReader reads settings one by one, and gathers what is wrong with them.
type settingsReader struct {
	lookup func(string) (string, bool)
	faults []error
	// asked are the names that were looked up, in order; secrets are those whose
	// values are nobody's business, and defaults what holds where nothing is set.
	asked    []string
	secrets  map[string]bool
	defaults map[string]string
}

func (p *program) settingsReader() *settingsReader {
	r := &settingsReader{secrets: map[string]bool{}, defaults: map[string]string{}}
	r.lookup = func(name string) (string, bool) {
		if !slices.Contains(r.asked, name) {
			r.asked = append(r.asked, name)
		}
		return p.lookup(name)
	}
	return r
}

// env reads a setting; one that is missing is empty.
func (r *settingsReader) env(name string) string {
	value, _ := r.lookup(name)
	return value
}

// verdict is all faults at once.
func (r *settingsReader) verdict() error {
	if len(r.faults) == 0 {
		return nil
	}
	return settingsError{r.faults}
}

// settingsError is all that is wrong with the settings.
type settingsError struct{ faults []error }

func (e settingsError) Error() string {
	return "the settings are not right:\n" + errors.Join(e.faults...).Error()
}

func (e settingsError) Unwrap() []error { return e.faults }

// sources tells where everything that was asked for comes from.
func (r *settingsReader) sources(s settings) []source {
	var all []source
	for _, name := range r.asked {
		if base, isFile := strings.CutSuffix(name, "_FILE"); isFile && r.secrets[base] {
			continue
		}
		of := source{name: name, from: "set"}
		value, _ := r.lookup(name)
		file, _ := r.lookup(name + "_FILE")
		switch {
		case r.secrets[name] && file != "":
			of.from = file
		case slices.Contains(s.kept, name):
			of.from = s.keptIn
		case name == envAdminAddr && s.adminChosen && value == "":
			of.value = "nothing, so that it is off"
		case value == "":
			of.from, of.value = "default", r.defaults[name]
		case !r.secrets[name]:
			of.value = value
		}
		all = append(all, of)
	}
	return all
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
	r.defaults[name] = otherwise
	if value := r.env(name); value != "" {
		return value
	}
	return otherwise
}

// secret reads NAME, or the file that NAME_FILE names.
func (r *settingsReader) secret(name string) string {
	r.secrets[name] = true
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

// maxDrainDelay is more than any load balancer takes to notice.
const maxDrainDelay = 5 * time.Minute

// duration reads a length of time such as 5s, up to a longest.
func (r *settingsReader) duration(name string, otherwise, longest time.Duration) time.Duration {
	r.defaults[name] = otherwise.String()
	value := r.env(name)
	if value == "" {
		return otherwise
	}
	length, err := time.ParseDuration(value)
	if err != nil || length < 0 || length > longest {
		r.fault("%s=%q is not a length of time from 0s to %s, use for example 5s", name, value, longest)
	}
	return length
}

// days reads a length of time in whole days.
func (r *settingsReader) days(name string, otherwise int) time.Duration {
	days := otherwise
	r.defaults[name] = strconv.Itoa(otherwise)
	if value := r.env(name); value != "" {
		var err error
		if days, err = strconv.Atoi(value); err != nil || days < 1 || days > 3650 {
			r.fault("%s=%q is not a number of days from 1 to 3650", name, value)
		}
	}
	return time.Duration(days) * 24 * time.Hour
}

// level reads from which level on lines are logged.
func (r *settingsReader) level(name string) slog.Level {
	switch value := r.text(name, "info"); value {
	case "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		r.fault("%s=%q is not a level, use debug, info, warn or error", name, value)
		return slog.LevelInfo
	}
}

// limits reads what one address may ask for, and who may say for whom it asks.
func (r *settingsReader) limits() web.Limits {
	usual := web.DefaultLimits()
	proxies, err := web.ParseProxies(r.text(envTrustedProxies, "loopback"))
	if err != nil {
		r.fault("%s: %w", envTrustedProxies, err)
	}
	return web.Limits{
		Proxies: proxies, Forms: r.count(envRateForms, usual.Forms), API: r.count(envRateAPI, usual.API),
		Streams: r.count(envStreamsEach, usual.Streams),
	}
}

// maxCount is more than any limit is good for.
const maxCount = 1_000_000

func (r *settingsReader) count(name string, otherwise int) int {
	r.defaults[name] = strconv.Itoa(otherwise)
	value := r.env(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxCount {
		r.fault("%s=%q is not a number from 0 (no limit) to %d", name, value, maxCount)
	}
	return n
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
