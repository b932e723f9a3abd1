package directory

import (
	"context"
	"strings"

	"fedirally/leaderboard"
)

const wellKnownNodeInfo = "/.well-known/nodeinfo"

// nodeInfoVersions are those that we read, best first.
func nodeInfoVersions() []string { return []string{"2.1", "2.0", "1.1", "1.0"} }

// nodeInfo is what we read of a NodeInfo document.
type nodeInfo struct {
	spoken             bool
	software, version  string
	title, icon        string
	activeMonth, total int64
}

// nodeInfo asks for the NodeInfo document of a host.
func (l *look) nodeInfo(ctx context.Context, host leaderboard.Host) (nodeInfo, error) {
	got, err := l.fetch(ctx, l.client.at(host, wellKnownNodeInfo))
	if err != nil {
		return nodeInfo{}, err
	}
	found, ok := readTree(got.body)
	if !ok {
		return nodeInfo{}, errNoDocument
	}
	err = errNoDocument
	for _, link := range nodeInfoLinks(found) {
		address, bad := got.from.Parse(link)
		if bad != nil {
			continue
		}
		to, bad := l.client.hostOf(address)
		if bad != nil || !sameOwner(host, to) {
			continue
		}
		var document tree
		if document, err = l.document(ctx, address); err == nil {
			return readNodeInfo(document), nil
		}
		break // the others would come from the same server
	}
	return nodeInfo{}, err
}

// nodeInfoLinks are where the documents lie, that of the best version first.
func nodeInfoLinks(document tree) []string {
	var links []string
	for _, version := range nodeInfoVersions() {
		for _, link := range document.at("links").list() {
			href := link.at("href").text()
			if href != "" && strings.HasSuffix(strings.TrimRight(link.at("rel").text(), "/"), "/schema/"+version) {
				links = append(links, href)
			}
		}
	}
	return links
}

// readNodeInfo reads a NodeInfo document of any version. One that is about something
// else than social networks is as good as none.
func readNodeInfo(document tree) nodeInfo {
	n := nodeInfo{
		software:    software(document.at("software", "name").text()),
		version:     plain(document.at("software", "version").text(), mostWord),
		title:       plain(document.at("metadata", "nodeName").text(), mostTitle),
		icon:        document.at("metadata", "nodeIcon").text(),
		activeMonth: document.at("usage", "users", "activeMonth").count(),
		total:       document.at("usage", "users", "total").count(),
	}
	n.spoken = n.software != "" && speaksFediverse(document.at("protocols"))
	if !n.spoken {
		return nodeInfo{}
	}
	return n
}

// speaksFediverse reads a list of protocols, or the two lists of version 1.0. Those who
// name none are believed.
func speaksFediverse(protocols tree) bool {
	named := false
	all := protocols.list()
	all = append(all, protocols.at("inbound").list()...)
	all = append(all, protocols.at("outbound").list()...)
	for _, protocol := range all {
		switch name := strings.ToLower(protocol.text()); name {
		case "activitypub", "ostatus", "diaspora", "dfrn", "friendica", "zot":
			return true
		default:
			named = named || name != ""
		}
	}
	return !named
}
