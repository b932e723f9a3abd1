package directory

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"fedirally/leaderboard"
)

// kind is which instance document a server has answered with.
type kind bool

const (
	unspoken kind = false
	spoken   kind = true
)

// instance is what we read of an instance document of Mastodon's API.
type instance struct {
	kind               kind
	name               leaderboard.Host
	title              string
	software, version  string
	activeMonth, total int64
	account, icon      string
}

// readInstance reads an instance document of the second version or the first.
func readInstance(document tree) instance {
	i := instance{
		title:       plain(document.at("title").text(), mostTitle),
		activeMonth: document.at("usage", "users", "active_month").count(),
		total:       document.at("stats", "user_count").count(),
		account:     cmp.Or(accountOf(document.at("contact", "account")), accountOf(document.at("contact_account"))),
		icon:        iconOf(document),
	}
	name := cmp.Or(document.at("domain").text(), document.at("uri").text())
	i.name, _ = leaderboard.FindHost(name)
	// GoToSocial's domain is where it runs; in handles stands its account_domain.
	if handles, err := leaderboard.FindHost(document.at("account_domain").text()); err == nil {
		i.name = handles
	}
	version := document.at("version").text()
	i.software, i.version = programOf(version)
	if name == "" || i.title == "" && version == "" {
		return instance{}
	}
	i.kind = spoken
	return i
}

func accountOf(account tree) string {
	return cmp.Or(account.at("acct").text(), account.at("username").text())
}

// programOf reads "4.2.8 (compatible; Firefish 20240909)". What is before that is a
// version of Mastodon's API, or of Mastodon.
func programOf(version string) (name, of string) {
	_, compatible, found := strings.Cut(version, "(compatible;")
	if !found {
		return "", plain(version, mostWord)
	}
	compatible, _, _ = strings.Cut(compatible, ")")
	name, of, _ = strings.Cut(strings.TrimSpace(compatible), " ")
	return software(name), plain(of, mostWord)
}

const (
	// iconSide is what our pictures measure.
	iconSide = 96
	// mostLinks is how many pictures of an instance are considered.
	mostLinks = 32
)

// iconOf is the address of the smallest picture of an instance that is large enough, or
// of the largest; else of its banner.
func iconOf(document tree) string {
	best, bestSide := "", 0
	for n, icon := range document.at("icon").list() {
		if n == mostLinks {
			break
		}
		address := cmp.Or(icon.at("src").text(), icon.text())
		side, _ := strconv.Atoi(strings.SplitN(icon.at("size").text(), "x", 2)[0])
		better := best == "" || bestSide < iconSide && side > bestSide || side >= iconSide && side < bestSide
		if address != "" && better {
			best, bestSide = address, side
		}
	}
	return cmp.Or(best, document.at("thumbnail", "url").text(), document.at("thumbnail").text())
}

// said is all that a server has said.
type said struct {
	node nodeInfo
	instance
}

// facts puts together what the documents say. A title and a picture stand in the instance
// document, the program in NodeInfo, and the people of NodeInfo go before those of the
// instance document.
func (s said) facts(host leaderboard.Host) leaderboard.Facts {
	f := leaderboard.Facts{
		Fediverse: s.node.spoken || s.kind == spoken,
		Title:     cmp.Or(s.title, s.node.title),
		Software:  cmp.Or(s.node.software, s.software),
		Version:   s.node.version,
		Total:     cmp.Or(s.node.total, s.total),
	}
	if f.Version == "" {
		f.Version = s.version
	}
	switch {
	case s.node.activeMonth > 0:
		f.Active, f.ActiveFrom = s.node.activeMonth, leaderboard.FromNodeInfo
	case s.activeMonth > 0:
		f.Active, f.ActiveFrom = s.activeMonth, leaderboard.FromInstance
	}
	if s.name != host {
		f.Canonical = s.name
	}
	f.IconAddress = absolute(host, cmp.Or(s.icon, s.node.icon))
	return f
}

// absolute is an address as it is meant by a document of a host; empty for one that is
// not of the web.
func absolute(host leaderboard.Host, address string) string {
	const most = 2 << 10
	if address == "" || len(address) > most {
		return ""
	}
	base := url.URL{Scheme: "https", Host: string(host), Path: "/"}
	meant, err := base.Parse(address)
	if err != nil || meant.Scheme != "https" || meant.Host == "" || meant.User != nil {
		return ""
	}
	return meant.String()
}
