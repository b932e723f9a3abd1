package actbluetest

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"fedirally/leaderboard"
)

// The oracle's own reading of what tells the instance. It is a reader of what
// this package writes, not a judge of all that people could: it knows nothing of
// public suffixes, ports or private names.

// How good a trace is; the smaller, the better.
const (
	byRefcode = iota
	byAlias
	byAnswer
	byNothing
)

// whence gives the host that a trace leads to, and how good it is.
func (d Drive) whence(t trace) (leaderboard.Host, int) {
	code := strings.ToLower(strings.TrimSpace(t.refcode))
	if host := decoded(code); host != "" {
		return d.same(host), byRefcode
	}
	if host, _ := spelled(code); host != "" {
		return d.same(host), byRefcode
	}
	if host := d.Aliases[code]; host != "" {
		return d.same(host), byAlias
	}
	maybe := leaderboard.Unattributed
	for _, answer := range strings.Split(t.answers, "\n") {
		host, sure := spelled(strings.ToLower(strings.TrimSpace(answer)))
		switch {
		case host != "" && sure:
			return d.same(host), byAnswer
		case host != "" && maybe == leaderboard.Unattributed && slices.Contains(d.Known, d.same(host)):
			maybe = d.same(host)
		}
	}
	if maybe != leaderboard.Unattributed {
		return maybe, byAnswer
	}
	return leaderboard.Unattributed, byNothing
}

func (d Drive) same(host leaderboard.Host) leaderboard.Host {
	if other, found := d.SameAs[host]; found {
		return other
	}
	return host
}

// decoded reads our own code: one underscore is a dot, two are a hyphen.
func decoded(code string) leaderboard.Host {
	rest, found := strings.CutPrefix(code, "fedi_")
	if !found {
		return ""
	}
	const mark = "\x00"
	rest = strings.ReplaceAll(rest, "__", mark)
	rest = strings.ReplaceAll(rest, "_", ".")
	return plain(strings.ReplaceAll(rest, mark, "-"))
}

// spelled reads a host as people write it; not sure is what may be an e-mail address.
func spelled(s string) (host leaderboard.Host, sure bool) {
	_, address, isURL := strings.Cut(s, "://")
	if !isURL {
		address = s
	}
	address, _, _ = strings.Cut(address, "/")
	at := strings.LastIndexByte(address, '@')
	ascii, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return "", false
	}
	return plain(ascii), isURL || at <= 0 || address[0] == '@'
}

var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$`)

func plain(s string) leaderboard.Host {
	if !hostPattern.MatchString(s) {
		return ""
	}
	return leaderboard.Host(s)
}
