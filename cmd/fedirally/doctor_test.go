package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger/ledgertest"
	"fedirally/leaderboard/ranking/rankingtest"
)

// patient is somebody for the doctor to look at: a server behind a proxy.
type patient struct {
	env    map[string]string
	server *server
	clock  func() time.Time
	roots  *x509.CertPool
}

// newPatient starts a healthy server with a live drive and one gift, behind a
// proxy with a certificate.
func newPatient(t *testing.T, database string, adjust ...func(map[string]string)) *patient {
	t.Helper()
	p := &patient{env: settingsOf(database)}
	p.env[envAdminAddr] = "127.0.0.1:0"
	for _, f := range adjust {
		f(p.env)
	}
	p.server = serveHere(t, p.env, slog.New(slog.DiscardHandler))
	p.env[envAddr], p.env[envAdminAddr] = p.server.listener.Addr().String(), p.server.adminListener.Addr().String()
	must(t, p.env, "drive", "add", "--slug", "race", "--title", "Race", "--form", "race", "--goal", "1000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example")
	p.post(t, markedNotice(1, "fedi_mastodon_social", "25.00", ""))
	p.behind(t, nil)
	return p
}

func (p *patient) post(t *testing.T, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		p.server.address().String()+"/webhooks/actblue/contributions", strings.NewReader(body))
	require.NoError(t, err)
	request.SetBasicAuth(testUser, testPassword)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

// behind puts a proxy before the server that does something to each request first.
func (p *patient) behind(t *testing.T, first func(w http.ResponseWriter, r *http.Request) (done bool)) {
	t.Helper()
	through := &httputil.ReverseProxy{
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(p.server.address())
			r.Out.Header.Set("X-Forwarded-For", "203.0.113.7")
		},
	}
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first == nil || !first(w, r) {
			through.ServeHTTP(w, r)
		}
	}))
	proxy.Config.ErrorLog = through.ErrorLog
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	p.env[envPublicURL] = proxy.URL
	p.roots = x509.NewCertPool()
	p.roots.AddCert(proxy.Certificate())
}

// diagnosis is what the doctor said.
type diagnosis struct {
	doctorDocument
	code int
}

// diagnose runs the doctor. Whatever it says, no secret and no donor is in it.
func (p *patient) diagnose(t *testing.T, args ...string) diagnosis {
	t.Helper()
	var found diagnosis
	for _, form := range [][]string{{"doctor"}, {"doctor", "--json"}} {
		var out, errs bytes.Buffer
		found.code = run(context.Background(), append(form, args...), world{
			lookup: looker(p.env), out: &out, err: &errs, clock: p.clock, roots: p.roots,
		})
		for _, secret := range []string{testSecret, testPassword, "hunter2", marker} {
			require.NotContains(t, out.String()+errs.String(), secret)
		}
		require.Empty(t, errs.String())
		if len(form) == 2 {
			require.NoError(t, json.Unmarshal(out.Bytes(), &found.doctorDocument), out.String())
		}
	}
	assert.Equal(t, found.code == 0, found.OK)
	return found
}

func (d diagnosis) String() string {
	var text strings.Builder
	for _, f := range d.Checks {
		fmt.Fprintf(&text, "%s %s: %s\n", f.Result, f.Check, f.Found)
	}
	return text.String()
}

// advice is all that is to be done.
func (d diagnosis) advice() string {
	var text strings.Builder
	for _, f := range d.Checks {
		text.WriteString(f.Consult + "\n")
	}
	return text.String()
}

// says asserts that a check had a result, in words that hold some others, and
// that something is to be done about what is not good.
func (d diagnosis) says(t *testing.T, result verdict, check, words string) {
	t.Helper()
	for _, f := range d.Checks {
		if f.Result == result && strings.Contains(f.Check, check) && strings.Contains(f.Found, words) {
			assert.True(t, result == good || f.Consult != "", "what is to be done about %s?", check)
			return
		}
	}
	assert.Fail(t, fmt.Sprintf("no %s of %q says %q", result, check, words), d.String())
}

// isWell asserts that nothing has failed and only such checks have a word of
// warning.
func (d diagnosis) isWell(t *testing.T, warned ...string) {
	t.Helper()
	assert.Zero(t, d.code, d)
	for _, f := range d.Checks {
		expected := f.Check == "open files"
		for _, check := range warned {
			expected = expected || strings.Contains(f.Check, check)
		}
		assert.True(t, f.Result == good || f.Result == warning && expected, "%s: %s", f.Check, f.Found)
	}
}

func TestAHealthyServer(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		redis := rankingtest.StartRedis(t)
		p := newPatient(t, url, func(env map[string]string) { env[envRedisURL] = redis.URL })
		before := must(t, p.env, "export", "entries", "--drive", "race", "--json")
		d := p.diagnose(t, "--send-test")
		d.isWell(t)
		for check, words := range map[string]string{
			envSecret: "set", envRateForms: "default, 60", envWebhookPassword: "set", "database settings": "=", "schema": "step ",
			"secret": "opens this database", "Redis": "version ", "Redis memory": "noeviction", "clock against Redis'": "agree",
			"ranking": "up to date", "public address": "leads to this ledger's server", "certificate": "valid for",
			"webhooks": "all three", "limits behind": "no proxy", "server on this machine": "is ready",
			"notices of contributions": "seconds ago", "notices of refunds": "none", "drives": "race is open", "quarantine": "empty",
			"trial notice of contributions": "set aside on disk", "trial notice of refunds": "set aside on disk",
			"trial notice of cancellations": "set aside on disk", "backup": "not known", "disk": "",
		} {
			d.says(t, good, check, words)
		}
		assert.Equal(t, before, must(t, p.env, "export", "entries", "--drive", "race", "--json"), "a trial counts for nothing")
		must(t, p.env, "audit")
		assert.Contains(t, must(t, p.env, "replay", "--list"), "is empty")
	})
}

func TestBeforeTheFirstStart(t *testing.T) {
	folder := t.TempDir()
	p := &patient{env: map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(folder, "new.db"), envAddr: "127.0.0.1:1", envAdminAddr: "127.0.0.1:1"}}
	d := p.diagnose(t)
	assert.Equal(t, 1, d.code, "there is no server")
	d.says(t, warning, "secret", "none was made yet")
	d.says(t, warning, "database", "there is none yet")
	d.says(t, failure, "server on this machine", "nobody listens")
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left, "looking makes nothing")

	p.env = settingsOf(ledgertest.Postgres(t))
	d = p.diagnose(t)
	d.says(t, warning, "database schema", "empty")
}

func TestTheDoctorReadsTheSettings(t *testing.T) {
	p := &patient{env: map[string]string{
		envAddr: "here", envDatabaseURL: "postgres://ada:hunter2@127.0.0.1:1/race", envSecret: testSecret, envPublicURL: "rally.example.org",
		envRedisURL: "redis://:hunter2@127.0.0.1:1", envSourceURL: "https://ada:hunter2@source.example", envWebhookUser: testUser, envWebhookPassword + "_FILE": filepath.Join(t.TempDir(), "none"),
	}}
	d := p.diagnose(t)
	d.says(t, failure, "settings", envAddr)
	d.says(t, failure, "settings", envPublicURL)
	d.says(t, failure, "settings", envWebhookPassword+"_FILE")
	d.says(t, failure, "database", "127.0.0.1")
	d.says(t, failure, "Redis", "127.0.0.1:1")
	d.says(t, good, envDatabaseURL, "set")
	d.says(t, good, envAddr, "set to here")
	d.says(t, good, envSourceURL, "@source.example")

	p.env = map[string]string{envDatabaseURL: "mysql://ada:hunter2@x", envAddr: "127.0.0.1:1", envAdminAddr: ""}
	p.diagnose(t).says(t, failure, "settings", "neither sqlite:FILE nor postgres://")

	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(testSecret), 0o600))
	database := filepath.Join(t.TempDir(), "x.db")
	p.env = map[string]string{envDatabaseURL: "sqlite:" + database, envSecret + "_FILE": file, envAddr: "127.0.0.1:1", envAdminAddr: ""}
	must(t, p.env, "audit")
	d = p.diagnose(t)
	d.says(t, good, envSecret, "from the file "+file)
	delete(p.env, envSecret+"_FILE")
	d = p.diagnose(t)
	d.says(t, failure, "settings", "restore the file from a backup")
	d.says(t, failure, "secret", "none to try")

	p.env = map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "y.db"), envAddr: "127.0.0.1:1", envAdminAddr: ""}
	must(t, p.env, "audit")
	made := strings.TrimPrefix(p.env[envDatabaseURL], "sqlite:") + ".secrets"
	p.diagnose(t).says(t, good, envWebhookPassword, "from the file "+made)
	require.NoError(t, os.Chmod(made, 0o644))
	d = p.diagnose(t)
	d.says(t, failure, "rights of "+made, "others than its owner")
	d.says(t, failure, "settings", "chmod 600")
}
