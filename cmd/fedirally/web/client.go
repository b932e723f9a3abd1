package web

import (
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
)

const forwardedFor = "X-Forwarded-For"

// Proxies are the machines that are believed when they say for whom they ask.
// The zero value believes nobody.
type Proxies struct{ ranges []netip.Prefix }

// rangesOf gives the ranges that a word stands for, or the text itself. Private
// are the networks that nothing comes from across the internet; this machine is
// one of them.
func rangesOf(text string) []string {
	switch text {
	case "none":
		return nil
	case "loopback":
		return []string{"127.0.0.0/8", "::1/128"}
	case "private":
		return []string{
			"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10",
		}
	}
	return []string{text}
}

// ParseProxies reads a list of addresses, ranges such as 192.0.2.0/24, and the
// words loopback, private and none.
func ParseProxies(text string) (Proxies, error) {
	var p Proxies
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		for _, r := range rangesOf(item) {
			prefix, err := parseRange(r)
			if err != nil {
				return Proxies{}, err
			}
			p.ranges = append(p.ranges, prefix)
		}
	}
	return p, nil
}

func parseRange(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is no address, no range such as 192.0.2.0/24, and not loopback, private or none", text)
		}
		return netip.PrefixFrom(plain(address), plain(address).BitLen()), nil
	}
	if prefix.Bits() == 0 {
		return netip.Prefix{}, fmt.Errorf("%q is everybody, and then anyone could claim to be anyone", text)
	}
	return prefix.Masked(), nil
}

// plain writes one address in one way: IPv4 as such, and without a zone.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

func (p Proxies) trust(address netip.Addr) bool {
	for _, r := range p.ranges {
		if r.Contains(address) {
			return true
		}
	}
	return false
}

// client is the address that a request comes from: the connection's own, or if
// that is a trusted proxy's, the last one it was told of that is not. What stands
// before that may be invented, and is not looked at. It reports false where a
// trusted machine does not say for whom it asks.
func (p Proxies) client(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	address := plain(peer.Addr())
	hops := strings.Join(r.Header[forwardedFor], ",")
	for p.trust(address) {
		if hops == "" {
			return address, false
		}
		cut := strings.LastIndexByte(hops, ',')
		hop := strings.TrimSpace(hops[cut+1:])
		hops = hops[:max(cut, 0)]
		if hop == "" {
			continue
		}
		if address, err = parseHop(hop); err != nil {
			return netip.Addr{}, false
		}
	}
	return address, true
}

// parseHop reads an address as proxies write it, some of them with the port.
func parseHop(text string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return plain(withPort.Addr()), nil
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return plain(address), err
}

// clients tells visitors apart for the sake of limits. Their addresses are not
// kept: a visitor is a number that means nothing outside this process.
type clients struct {
	proxies Proxies
	seed    maphash.Seed
	log     *slog.Logger
	// unnamed says that a proxy was noticed that is not trusted.
	unnamed atomic.Bool
}

func newClients(proxies Proxies, log *slog.Logger) *clients {
	return &clients{proxies: proxies, seed: maphash.MakeSeed(), log: log}
}

// of gives the visitor behind a request; false if that cannot be told. With IPv6
// everybody has a whole network of addresses, so the network is the visitor.
func (c *clients) of(r *http.Request) (visitor uint64, known bool) {
	address, known := c.proxies.client(r)
	if !known {
		return 0, false
	}
	if len(r.Header[forwardedFor]) > 0 && (address.IsPrivate() || address.IsLoopback()) {
		if !c.unnamed.Swap(true) {
			c.log.Warn("requests come from a private address and are said to be others'. " +
				"If that is your proxy, name it in FEDIRALLY_TRUSTED_PROXIES: until then all its visitors share one limit")
		}
	}
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	return maphash.Comparable(c.seed, netip.PrefixFrom(address, bits).Masked()), true
}
