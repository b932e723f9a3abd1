package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
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

func sqliteFile(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "race.db") }

// TestTheDoctorNamesFaultsOfTheDatabase makes each of them.
func TestTheDoctorNamesFaultsOfTheDatabase(t *testing.T) {
	t.Run("wrong secret", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			p := newPatient(t, url)
			p.env[envSecret] = "another secret, long enough"
			p.diagnose(t).says(t, failure, "secret", "not the one")
		})
	})
	t.Run("newer than the program", func(t *testing.T) {
		p := newPatient(t, sqliteFile(t))
		_, err := openFile(t, strings.TrimPrefix(p.env[envDatabaseURL], "sqlite:")).ExecContext(t.Context(),
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
		require.NoError(t, err)
		p.diagnose(t).says(t, failure, "schema", "step 999, and this program knows")
	})
	t.Run("damaged", func(t *testing.T) {
		env := settingsOf(sqliteFile(t))
		must(t, env, "audit")
		file := strings.TrimPrefix(env[envDatabaseURL], "sqlite:")
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		damage := func(from int) diagnosis {
			for i := from; i < len(content); i += 64 {
				copy(content[i:], "overwritten by something else")
			}
			require.NoError(t, os.WriteFile(file, content, 0o600))
			require.NoError(t, os.Chmod(file, 0o644))
			return (&patient{env: env}).diagnose(t)
		}
		d := damage(len(content) - 4096) // the last page alone
		d.says(t, failure, "database file", "page")
		d.says(t, warning, "rights of "+file, "others than its owner")
		d = damage(len(content) / 2)
		d.says(t, failure, "database", "malformed")
		assert.Contains(t, d.advice(), "restore the last backup")
	})
	t.Run("PostgreSQL that loses commits", func(t *testing.T) {
		p := newPatient(t, ledgertest.Postgres(t))
		database := openPostgres(t, p.env[envDatabaseURL])
		var name string
		require.NoError(t, database.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name))
		_, err := database.ExecContext(t.Context(), "ALTER DATABASE "+name+" SET synchronous_commit = off")
		require.NoError(t, err)
		_, err = database.ExecContext(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
		require.NoError(t, err)
		d := p.diagnose(t)
		d.says(t, failure, "database settings", "synchronous_commit is off")
		d.says(t, failure, "database settings", "default_transaction_read_only is on")
	})
	t.Run("gone", func(t *testing.T) {
		server := ledgertest.StartServer(t)
		p := &patient{env: settingsOf(server.URL("postgres"))}
		require.NoError(t, server.Close())
		p.diagnose(t).says(t, failure, "database", "")
	})
}

func TestTheDoctorNamesFaultsOfRedis(t *testing.T) {
	redis := rankingtest.StartRedis(t)
	p := newPatient(t, sqliteFile(t), func(env map[string]string) { env[envRedisURL] = redis.URL })
	set := func(name, value string) { require.NoError(t, redis.Client.ConfigSet(t.Context(), name, value).Err()) }
	p.diagnose(t).isWell(t)
	set("maxmemory-policy", "allkeys-lru")
	p.diagnose(t).says(t, warning, "Redis memory", "allkeys-lru")
	set("maxmemory", "100mb")
	p.diagnose(t).says(t, failure, "Redis memory", "allkeys-lru")
	set("maxmemory-policy", "noeviction")

	// A change that nobody brings to the ranking, because no server is there to.
	env := settingsOf(sqliteFile(t))
	env[envRedisURL] = redis.URL
	addRace(t, env, "lonely", "--form", "lonely")
	(&patient{env: env}).diagnose(t).says(t, failure, "ranking", "lonely has come to change 0")

	require.NoError(t, redis.Client.ReplicaOf(t.Context(), "127.0.0.1", "1").Err())
	p.diagnose(t).says(t, failure, "Redis", "is a replica")
	redis.Stop()
	d := p.diagnose(t)
	d.says(t, failure, "Redis", "127.0.0.1")
	d.says(t, failure, "ranking", "")
	d.says(t, good, "public address", "leads to this ledger's server")
}

func TestTheDoctorNamesClocksThatDiffer(t *testing.T) {
	shift := func(by time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(by) } }
	redis := rankingtest.StartRedis(t)
	p := newPatient(t, ledgertest.Postgres(t), func(env map[string]string) { env[envRedisURL] = redis.URL })
	p.clock = shift(-10 * time.Second)
	d := p.diagnose(t)
	d.says(t, warning, "clock against the database's", "behind")
	d.says(t, warning, "clock against Redis'", "behind")
	d.says(t, failure, "clock against the ledger's", "from now")
	p.clock = shift(10 * time.Minute)
	d = p.diagnose(t)
	d.says(t, failure, "clock against the database's", "ahead")
	d.says(t, failure, "clock against Redis'", "ahead")

	lonely := newPatient(t, sqliteFile(t))
	lonely.clock = shift(-time.Hour)
	lonely.diagnose(t).says(t, failure, "clock against the ledger's", "from now")
	lonely.clock = shift(72 * time.Hour)
	lonely.diagnose(t).says(t, warning, "notices of contributions", "days ago")
}

// TestTheDoctorNamesFaultsOnTheWay is about what stands between ActBlue and the
// server.
func TestTheDoctorNamesFaultsOnTheWay(t *testing.T) {
	p := newPatient(t, sqliteFile(t))
	t.Run("nobody there", func(t *testing.T) {
		p.env[envPublicURL] = "https://127.0.0.1:1"
		d := p.diagnose(t, "--send-test")
		d.says(t, failure, "public address", "nobody listens there")
		d.says(t, good, "server on this machine", "is ready")
		d.says(t, good, "trial notice of contributions", "set aside on disk")
	})
	t.Run("leads on", func(t *testing.T) {
		p.behind(t, func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://www.example.org/", http.StatusMovedPermanently)
			return true
		})
		p.diagnose(t).says(t, failure, "public address", "leads on to https://www.example.org/")
	})
	t.Run("something else", func(t *testing.T) {
		p.behind(t, func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("Welcome to nginx!"))
			return true
		})
		p.diagnose(t).says(t, failure, "public address", "something else answers (200)")
	})
	t.Run("the password gets lost", func(t *testing.T) {
		p.behind(t, func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Authorization"); return false })
		d := p.diagnose(t, "--send-test")
		d.says(t, failure, "webhooks", "contributions: the right user name and password are refused")
		d.says(t, failure, "trial notice of refunds", "answered 401")
	})
	t.Run("one webhook gets lost", func(t *testing.T) {
		p.behind(t, func(w http.ResponseWriter, r *http.Request) bool {
			lost := strings.HasSuffix(r.URL.Path, "/refunds")
			if lost {
				http.NotFound(w, r)
			}
			return lost
		})
		d := p.diagnose(t, "--send-test")
		d.says(t, failure, "webhooks", "refunds: a wrong password is answered 404")
		d.says(t, good, "trial notice of contributions", "")
		d.says(t, failure, "trial notice of refunds", "answered 404")
	})
	t.Run("somebody says yes to everything", func(t *testing.T) {
		p.behind(t, func(w http.ResponseWriter, r *http.Request) bool {
			yes := r.Method == http.MethodPost
			if yes {
				_, _ = w.Write([]byte(`{"recorded":0,"known":0,"quarantined":0}`))
			}
			return yes
		})
		d := p.diagnose(t, "--send-test")
		d.says(t, failure, "webhooks", "a wrong password is answered 200")
		d.says(t, failure, "trial notice of contributions", "not to be found in this ledger")
	})
	t.Run("another ledger", func(t *testing.T) {
		other := newPatient(t, sqliteFile(t))
		other.env[envDatabaseURL] = p.env[envDatabaseURL]
		d := other.diagnose(t)
		d.says(t, failure, "public address", "another ledger")
		d.says(t, failure, "server on this machine", "another ledger")
		d.says(t, warning, "server at the admin address", "another ledger")
	})
	t.Run("no server at the admin address", func(t *testing.T) {
		p.behind(t, nil)
		was := p.env[envAdminAddr]
		p.env[envAdminAddr] = "127.0.0.1:1"
		d := p.diagnose(t)
		d.says(t, warning, "server at the admin address", "no server of this ledger answers")
		d.says(t, warning, "ranking", "cannot be asked")
		p.env[envAdminAddr] = ""
		d = p.diagnose(t)
		d.says(t, warning, "server at the admin address", "is empty")
		d.says(t, good, envAdminAddr, "off")
		p.env[envAdminAddr] = was
	})
	t.Run("no public address", func(t *testing.T) {
		delete(p.env, envPublicURL)
		d := p.diagnose(t)
		d.says(t, warning, "public address", "is not set")
		d.says(t, good, "webhooks", "all three")
	})
	t.Run("no answers", func(t *testing.T) {
		silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
		require.NoError(t, err)
		defer silent.Close()
		address := silent.Addr().String()
		p := &patient{env: settingsOf("postgres://ada:hunter2@" + address + "/race")}
		p.env[envPublicURL], p.env[envRedisURL], p.env[envAddr] = "http://"+address, "redis://"+address, address
		d := p.diagnose(t, "--wait", "200ms")
		for _, check := range []string{"database", "Redis", "public address", "server on this machine"} {
			d.says(t, failure, check, "no answer in time")
		}
		lost := newPatient(t, sqliteFile(t))
		lost.env[envAdminAddr] = address
		lost.diagnose(t, "--wait", "200ms").says(t, warning, "server at the admin address", "no server")
	})
	t.Run("a proxy that nobody named", func(t *testing.T) {
		p := newPatient(t, sqliteFile(t), func(env map[string]string) { env[envTrustedProxies] = "none" })
		p.diagnose(t).says(t, warning, "limits behind the proxy", "share one limit")
	})
}

func TestTheDoctorLooksAtTheCertificate(t *testing.T) {
	p := newPatient(t, sqliteFile(t))
	p.roots = x509.NewCertPool()
	p.diagnose(t).says(t, failure, "public address", "not trusted")

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(5*24*time.Hour + time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, certificate, certificate, key.Public(), key)
	require.NoError(t, err)
	proxy := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(p.server.address()))
	proxy.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	proxy.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	p.env[envPublicURL] = proxy.URL
	parsed, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	p.roots.AddCert(parsed)
	p.diagnose(t).says(t, warning, "certificate", "valid for 5 days")
	p.clock = func() time.Time { return time.Now().Add(10 * 24 * time.Hour) }
	p.diagnose(t).says(t, failure, "public address", "expired")
}

func TestTheDoctorTellsWhatWaits(t *testing.T) {
	p := newPatient(t, sqliteFile(t))
	p.post(t, markedNotice(1, "", "26.00", "")) // contradicts
	p.clock = func() time.Time { return time.Now().Add(29 * 24 * time.Hour) }
	d := p.diagnose(t)
	d.says(t, warning, "quarantine", "1 notices wait, the oldest since 29 days ago")
	must(t, p.env, "drive", "close", "race")
	p.diagnose(t).says(t, warning, "drives", "none is open")
}

func TestTheDoctorJudgesDisks(t *testing.T) {
	for _, test := range []struct {
		free, whole uint64
		want        verdict
	}{
		{99 << 20, 1 << 40, failure}, {500 << 20, 1 << 30, warning}, {9 << 30, 100 << 30, warning}, {2 << 30, 10 << 30, good}, {0, 0, failure},
	} {
		result, consult := judgeDisk(test.free, test.whole)
		assert.Equal(t, test.want, result, "%d of %d", test.free, test.whole)
		assert.Equal(t, result == good, consult == "")
	}
	free, whole, err := diskSpace(t.TempDir())
	require.NoError(t, err)
	assert.NotZero(t, free)
	assert.Greater(t, whole, free)
}
