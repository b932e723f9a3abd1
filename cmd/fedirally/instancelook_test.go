package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"fedirally/fedi/directory"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// servedHost is the one name that the certificate of httptest is good for.
const servedHost = "example.com"

// instanceLab has every name lead to a server on this machine.
func instanceLab(t *testing.T, handler http.Handler) directory.Lab {
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	names, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = names.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := names.ReadFrom(packet)
			if err != nil {
				return
			}
			var message dnsmessage.Message
			if message.Unpack(packet[:n]) != nil || len(message.Questions) != 1 {
				continue
			}
			message.Response, message.Additionals = true, nil
			if question := message.Questions[0]; question.Type == dnsmessage.TypeA {
				message.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
				}}
			}
			if reply, err := message.Pack(); err == nil {
				_, _ = names.WriteTo(reply, from)
			}
		}
	}()
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return directory.Lab{
		Port: port, Roots: roots, Allow: func(to netip.AddrPort) bool { return to.String() == address },
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", names.LocalAddr().String())
		}},
	}
}

// lookWith runs a command with instances on this machine.
func lookWith(t *testing.T, lab directory.Lab, env map[string]string, args ...string) (int, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, world{lookup: looker(env), out: &out, err: &errs, lab: lab})
	return code, out.String(), errs.String()
}

func TestInstanceLook(t *testing.T) {
	var port string
	mux := http.NewServeMux()
	agents := map[string]bool{}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		agents[r.UserAgent()] = true
		http.NotFound(w, r)
	})
	answer := func(path, format string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, string(bytes.ReplaceAll([]byte(format), []byte("PORT"), []byte(port))))
		})
	}
	answer("/.well-known/nodeinfo", `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"/n"}]}`)
	answer("/n", `{"software":{"name":"gotosocial","version":"0.20"},"protocols":["activitypub"],"usage":{"users":{"total":"9"}}}`)
	answer("/api/v2/instance", `{"domain":"example.com","title":"A small one","thumbnail":{"url":"https://example.com:PORT/i.png"},"usage":{"users":{"active_month":4}},"contact":{"account":{"acct":"root"}}}`)
	mux.HandleFunc("/i.png", func(w http.ResponseWriter, _ *http.Request) { _ = png.Encode(w, image.NewGray(image.Rect(0, 0, 5, 5))) })
	lab := instanceLab(t, mux)
	port = lab.Port

	env := sqliteEnv(t)
	code, _, errs := lookWith(t, lab, env, "instance", "look", servedHost)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "PUBLIC_URL is missing")
	assert.Empty(t, agents, "nobody is asked who cannot be told by whom")
	env[envPublicURL] = "https://rally.example"

	code, out, errs := lookWith(t, lab, env, "instance", "look", "@ann@"+servedHost)
	require.Zero(t, code, errs)
	for _, words := range []string{
		`example.com calls itself "A small one" and runs gotosocial 0.20.`, "4 people were active on it in the month before", "says its instance document",
		"9 accounts", "@root@example.com", "It is not in the registry",
	} {
		assert.Contains(t, out, words)
	}
	assert.NotContains(t, out, "no picture")
	require.Len(t, agents, 1)
	for agent := range agents {
		assert.Contains(t, agent, "(+https://rally.example)")
	}
	withStore(t, env, func(store *ledger.Store) {
		_, found, err := store.Instance(t.Context(), servedHost)
		require.NoError(t, err)
		assert.False(t, found, "to be looked at is not to be entered")
		require.NoError(t, store.SetInstance(t.Context(), servedHost, leaderboard.Pending, "test"))
	})
	must(t, env, "instance", "active", servedHost, "--count", "40", "--source", " a  survey ")
	code, out, errs = lookWith(t, lab, env, "instance", "look", servedHost, "--json")
	require.Zero(t, code, errs)
	var document profileDocument
	require.NoError(t, json.Unmarshal([]byte(out), &document))
	assert.Equal(t, "known", document.State, "it answers as an instance")
	assert.True(t, document.Icon)
	require.NotNil(t, document.Active)
	assert.Equal(t, "a survey", document.Active.Source)
	assert.EqualValues(t, 40, document.Active.Count)

	must(t, env, "instance", "active", servedHost, "--reset")
	withStore(t, env, func(store *ledger.Store) {
		profile, _, err := store.Profile(t.Context(), servedHost)
		require.NoError(t, err)
		assert.Nil(t, profile.Corrected)
		assert.EqualValues(t, 4, profile.ActivePeople().Count)
	})
}

func TestInstanceLookThatFindsNothing(t *testing.T) {
	env := sqliteEnv(t)
	env[envPublicURL] = "https://rally.example"
	lab := instanceLab(t, http.NotFoundHandler())
	code, _, errs := lookWith(t, lab, env, "instance", "look", servedHost)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "its server answers, but not as one of the Fediverse; what was known of it stays")
	lab.Allow = nil
	code, _, errs = lookWith(t, lab, env, "instance", "look", servedHost)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "the address is not one of the public web")
}

func TestInstanceActiveWantsACountWithItsSource(t *testing.T) {
	env := sqliteEnv(t)
	for _, args := range [][]string{
		{"--count", "0", "--source", "x"}, {"--count", "-3", "--source", "x"}, {"--count", "5"}, {"--count", "5", "--source", "  "}, {"--count", "5", "--reset"}, {},
	} {
		code, out, errs := command(t, env, append([]string{"instance", "active", "a.example"}, args...)...)
		assert.NotZero(t, code, args)
		assert.Empty(t, out, args)
		assert.NotEmpty(t, errs, args)
	}
}

func withStore(t *testing.T, env map[string]string, use func(*ledger.Store)) {
	t.Helper()
	store, err := ledger.Open(t.Context(), ledger.Options{URL: env[envDatabaseURL], Secret: []byte(env[envSecret])})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	use(store)
}
