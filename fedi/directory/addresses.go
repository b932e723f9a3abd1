package directory

import (
	"net/netip"
	"slices"
)

// neverAsked are the addresses that are not of the public internet, or at which clouds
// tell their machines' secrets (the IANA registries of special-purpose addresses).
var neverAsked = prefixes( //nolint:gochecknoglobals // a constant set; Go has no constant slices
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // behind a provider's NAT; a cloud's metadata is at 100.100.100.200
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // a cloud's metadata, in the midst of public addresses
	"169.254.0.0/16",   // link-local, most clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; a cloud's metadata is at 192.0.0.192
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // protocol assignments: Teredo, benchmarks, ORCHID
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4, which hides any IPv4 address
	"3fff::/20",        // documentation
)

// Public IPv6 addresses begin like this. Everything else (loopback, unique local,
// link-local, multicast, mapped and translated addresses) is special.
var (
	publicIPv6 = netip.MustParsePrefix("2000::/3")     //nolint:gochecknoglobals // a constant
	nat64      = netip.MustParsePrefix("64:ff9b::/96") //nolint:gochecknoglobals // a constant
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// isPublic reports whether an address is one of the public internet. An IPv4 address
// that is wrapped in an IPv6 one is looked at itself: a machine that has only IPv6 reaches
// the rest of the world by NAT64.
func isPublic(address netip.Addr) bool {
	if !address.IsValid() || address.Zone() != "" {
		return false
	}
	if address = address.Unmap(); nat64.Contains(address) {
		bytes := address.As16()
		address = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if address.Is6() && !publicIPv6.Contains(address) {
		return false
	}
	return !slices.ContainsFunc(neverAsked, func(p netip.Prefix) bool { return p.Contains(address) })
}
