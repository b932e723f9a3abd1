package leaderboard

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Host names an instance by its domain: lower case, punycode, no final dot.
type Host string

const (
	// Unattributed stands for no instance: the gift counts for the drive only.
	Unattributed Host = ""
	// EveryHost marks the balance of the whole drive.
	EveryHost Host = "*"
)

// ErrHost says that a text does not name a host that could be an instance.
var ErrHost = errors.New("not the domain of an instance")

// neverInstances are top-level names that no public server can have (RFC 6761,
// RFC 8375 and the like). The names reserved for examples and tests are let
// through: they harm nobody and stay pending for ever.
var neverInstances = map[string]bool{ //nolint:gochecknoglobals // a constant set; Go has no constant maps
	"localhost": true, "local": true, "internal": true, "invalid": true, "arpa": true, "lan": true, "home": true,
}

// ParseHost reads a bare domain, in any case and as Unicode or punycode, and
// returns its one canonical spelling. It returns [ErrHost] for what cannot be
// an instance: a single label, an address, a public suffix such as "co.uk", a
// name reserved for private networks, or a name that IDNA does not allow.
func ParseHost(s string) (Host, error) {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" || len(s) > 1024 || !utf8.ValidString(s) {
		return "", ErrHost
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return "", ErrHost
	}
	ascii = strings.ToLower(strings.TrimSuffix(ascii, "."))
	if len(ascii) > 253 || !plainLabels(ascii) {
		return "", ErrHost
	}
	top := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if neverInstances[top] || top[0] >= '0' && top[0] <= '9' {
		return "", ErrHost
	}
	suffix, icann := publicsuffix.PublicSuffix(ascii)
	if icann && suffix == ascii {
		return "", ErrHost
	}
	return Host(ascii), nil
}

// plainLabels reports whether s is two or more labels of letters, digits and
// inner hyphens. The refcode codec rests on this.
func plainLabels(s string) bool {
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return len(labels) > 1
}

// FindHost reads the host out of what a person writes for an instance: a domain,
// a web address ("https://mastodon.social/@someone", with or without its scheme)
// or a handle ("@someone@mastodon.social"). The user's part is dropped here and goes no
// further. It returns [ErrHost] if there is no host in it.
func FindHost(s string) (Host, error) {
	s = strings.TrimSpace(s)
	if address, isURL := cutScheme(s); isURL {
		return hostOfAddress(address)
	}
	s = trimPrefixFold(s, "acct:")
	if user, domain, isHandle := cutHandle(s); isHandle {
		switch {
		case strings.ContainsAny(user, " \t\r\n"):
			return "", ErrHost
		case strings.Contains(user, "/"): // "mastodon.social/@someone"
			return hostOfAddress(s)
		}
		return ParseHost(domain)
	}
	return hostOfAddress(s)
}

// cutScheme splits "https://…" or "web+ap://…" before and after the slashes.
func cutScheme(s string) (rest string, found bool) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found || scheme == "" || strings.ContainsAny(scheme, "/@. ") {
		return s, false
	}
	return rest, true
}

// hostOfAddress reads "host[:port][/path]", the part of a web address behind
// its scheme. A user before an @ is dropped.
func hostOfAddress(s string) (Host, error) {
	authority := s
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		authority = s[:i]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	if name, port, found := strings.Cut(authority, ":"); found {
		if _, err := url.Parse("//x:" + port); err != nil {
			return "", ErrHost
		}
		authority = name
	}
	return ParseHost(authority)
}

// cutHandle splits "@user@host" and "user@host".
func cutHandle(s string) (user, host string, found bool) {
	s = strings.TrimPrefix(s, "@")
	user, host, found = strings.Cut(s, "@")
	host = strings.TrimRight(host, "/")
	return user, host, found && user != "" && host != ""
}

func trimPrefixFold(s, prefix string) string {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):]
	}
	return s
}

// Display is the host as pages show it: Unicode where IDNA allows it.
func (h Host) Display() string {
	shown, err := idna.Display.ToUnicode(string(h))
	if err != nil {
		return string(h)
	}
	return shown
}
