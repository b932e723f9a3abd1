package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func asking(peer string, forwarded ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	for _, line := range forwarded {
		r.Header.Add(forwardedFor, line)
	}
	return r
}

func TestTheTrueClient(t *testing.T) {
	for _, test := range []struct {
		name, trusted, peer string
		forwarded           []string
		want                string // empty: it cannot be told
	}{
		{"directly", "loopback", "203.0.113.7:999", nil, "203.0.113.7"},
		{"through the proxy here", "loopback", "127.0.0.1:999", []string{"203.0.113.7"}, "203.0.113.7"},
		{"a header that nobody vouches for", "loopback", "203.0.113.7:999", []string{"198.51.100.1"}, "203.0.113.7"},
		{"a header that says it is this machine", "loopback", "203.0.113.7:999", []string{"127.0.0.1"}, "203.0.113.7"},
		{"invented before the proxy's word", "loopback", "127.0.0.1:999", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"invented in a line of its own", "loopback", "127.0.0.1:999", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		{"invented as a trusted one", "loopback", "127.0.0.1:999", []string{"127.0.0.1, 203.0.113.7"}, "203.0.113.7"},
		{"nonsense before the proxy's word", "loopback", "127.0.0.1:999", []string{"<script>,,, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "loopback,192.0.2.0/24", "127.0.0.1:999", []string{"198.51.100.1, 203.0.113.7, 192.0.2.9"}, "203.0.113.7"},
		{"a second proxy that is not trusted", "loopback", "127.0.0.1:999", []string{"203.0.113.7, 192.0.2.9"}, "192.0.2.9"},
		{"a neighbour is no proxy by default", "loopback", "10.0.0.5:999", []string{"203.0.113.7"}, "10.0.0.5"},
		{"a neighbour", "private", "10.0.0.5:999", []string{"203.0.113.7"}, "203.0.113.7"},
		{"one address", "192.0.2.9", "192.0.2.9:999", []string{"203.0.113.7"}, "203.0.113.7"},
		{"nobody", "none", "127.0.0.1:999", []string{"203.0.113.7"}, "127.0.0.1"},
		{"with a port", "loopback", "127.0.0.1:999", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6", "loopback", "[::1]:999", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 with a port", "loopback", "[::1]:999", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{"IPv6 in brackets", "loopback", "[::1]:999", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv4 written as IPv6", "loopback", "[::ffff:127.0.0.1]:999", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"with a zone", "fe80::/10", "[fe80::1%eth0]:999", []string{"2001:db8::7"}, "2001:db8::7"},
		{"this machine itself", "loopback", "127.0.0.1:999", nil, ""},
		{"the proxy does not know", "loopback", "127.0.0.1:999", []string{"unknown"}, ""},
		{"nothing but commas", "loopback", "127.0.0.1:999", []string{" , ,"}, ""},
		{"a socket that is a file", "loopback", "@", []string{"203.0.113.7"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxies, err := ParseProxies(test.trusted)
			require.NoError(t, err)
			address, known := proxies.client(asking(test.peer, test.forwarded...))
			assert.Equal(t, test.want != "", known)
			if known {
				assert.Equal(t, netip.MustParseAddr(test.want), address)
			}
		})
	}
}

func TestMistakesInTheListOfProxies(t *testing.T) {
	for _, text := range []string{"localhost", "192.0.2.0/33", "0.0.0.0/0", "::/0", "loopback;private"} {
		_, err := ParseProxies(text)
		require.Error(t, err, text)
	}
	proxies, err := ParseProxies(" loopback, 192.0.2.77/24 2001:db8::1,::ffff:198.51.100.1,")
	require.NoError(t, err)
	for address, trusted := range map[string]bool{
		"127.9.9.9": true, "192.0.2.1": true, "2001:db8::1": true, "198.51.100.1": true, "2001:db8::2": false, "10.0.0.1": false,
	} {
		assert.Equal(t, trusted, proxies.trust(netip.MustParseAddr(address)), address)
	}
}

// With IPv6 a client picks any of 2^64 addresses for each request.
func TestANetworkIsOneVisitor(t *testing.T) {
	c := newClients(Proxies{}, quietLogger())
	of := func(peer string) uint64 {
		visitor, known := c.of(asking(peer))
		require.True(t, known)
		return visitor
	}
	assert.Equal(t, of("[2001:db8:1:2::7]:1"), of("[2001:db8:1:2:ffff::8]:2"))
	assert.NotEqual(t, of("[2001:db8:1:2::7]:1"), of("[2001:db8:1:3::7]:1"))
	assert.Equal(t, of("203.0.113.7:1"), of("203.0.113.7:2"))
	assert.Equal(t, of("203.0.113.7:1"), of("[::ffff:203.0.113.7]:2"))
	assert.NotEqual(t, of("203.0.113.7:1"), of("203.0.113.8:1"))
	other := newClients(Proxies{}, quietLogger())
	again, _ := other.of(asking("203.0.113.7:1"))
	assert.NotEqual(t, of("203.0.113.7:1"), again, "the number of an address means nothing elsewhere")
}
