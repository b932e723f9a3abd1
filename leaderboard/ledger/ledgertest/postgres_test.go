package ledgertest

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { Main(m) }

func TestPostgresGivesSeparateDatabases(t *testing.T) {
	t.Parallel()
	first, second := connect(t, Postgres(t)), connect(t, Postgres(t))

	_, err := first.Exec(t.Context(), "CREATE TABLE mine (id bigint)")
	require.NoError(t, err)

	_, err = second.Exec(t.Context(), "SELECT id FROM mine")
	assert.ErrorContains(t, err, "does not exist")
}

func TestPostgresDropsTheDatabaseWithTheTest(t *testing.T) {
	t.Parallel()
	server := StartServer(t)

	var database string
	t.Run("", func(t *testing.T) {
		database = createDatabase(t, server.URL("postgres"))
		// Still open when the test ends, as a pool that was forgotten would be.
		conn, err := pgx.Connect(t.Context(), database)
		require.NoError(t, err)
		require.NoError(t, conn.Ping(t.Context()))
	})

	_, err := pgx.Connect(t.Context(), database)
	assert.ErrorContains(t, err, "does not exist")
}

func TestPostgresOnAnotherServer(t *testing.T) {
	elsewhere := StartServer(t)
	t.Setenv("TEST_POSTGRES_URL", elsewhere.URL("postgres"))

	address, err := url.Parse(Postgres(t))
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(elsewhere.port), address.Port())
}

func TestServerIsDurable(t *testing.T) {
	t.Parallel()
	conn := connect(t, StartServer(t).URL("postgres"))

	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&value))
		assert.Equal(t, "on", value, name)
	}
}

func TestServerKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	server := StartServer(t)
	address := server.URL("postgres")

	conn := connect(t, address)
	_, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS value")
	require.NoError(t, err)

	require.NoError(t, server.Kill())
	require.NoError(t, server.Kill(), "killing the dead does nothing")
	_, err = pgx.Connect(t.Context(), address)
	require.Error(t, err)

	require.NoError(t, server.Start())
	require.Error(t, server.Start(), "it runs already")
	require.NoError(t, server.Restart())
	require.Equal(t, address, server.URL("postgres"))

	var value int
	require.NoError(t, connect(t, address).QueryRow(t.Context(), "SELECT value FROM kept").Scan(&value))
	assert.Equal(t, 7, value)
}

// A session that computes never looks whether its server still lives.
func TestServerKillsBusySessions(t *testing.T) {
	t.Parallel()
	server := StartServer(t)
	conn := connect(t, server.URL("postgres"))
	session := conn.PgConn().PID()
	busy := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT count(*) FROM generate_series(1, 1000000000)")
		busy <- err
	}()
	watcher := connect(t, server.URL("postgres"))
	require.Eventually(t, func() bool {
		var active bool
		err := watcher.QueryRow(t.Context(), "SELECT state = 'active' FROM pg_stat_activity WHERE pid = $1", session).Scan(&active)
		return err == nil && active
	}, startTimeout, 10*time.Millisecond)

	require.NoError(t, server.Kill())
	require.Error(t, <-busy)
	require.NoError(t, server.Start())
}

func TestServerIsGoneAfterTheTest(t *testing.T) {
	t.Parallel()
	var server *Server
	t.Run("", func(t *testing.T) { server = StartServer(t) })
	if server == nil {
		t.Skip("no server")
	}
	assert.NoDirExists(t, server.dir)
	assert.False(t, listening(t, server.port))
}

func TestServerReportsItsLog(t *testing.T) {
	t.Parallel()
	server := StartServer(t)
	require.NoError(t, server.Kill())
	require.NoError(t, os.Remove(filepath.Join(server.data(), "global", "pg_control")))

	assert.ErrorContains(t, server.Start(), "pg_control")
}

func TestMissingPostgres(t *testing.T) {
	missing := errors.Join(errNotInstalled)

	t.Run("skips on a laptop", func(t *testing.T) {
		t.Setenv("CI", "")
		tb := &recorder{TB: t}
		abandon(tb, missing)
		assert.Equal(t, "skip", tb.ended)
	})
	t.Run("fails in CI", func(t *testing.T) {
		t.Setenv("CI", "true")
		tb := &recorder{TB: t}
		abandon(tb, missing)
		assert.Equal(t, "fatal", tb.ended)
	})
	t.Run("broken is not missing", func(t *testing.T) {
		t.Setenv("CI", "")
		tb := &recorder{TB: t}
		abandon(tb, os.ErrPermission)
		assert.Equal(t, "fatal", tb.ended)
	})
}

func TestRemoveLeftoversKeepsWhatIsInUse(t *testing.T) {
	server := StartServer(t)
	yesterday := time.Now().Add(-25 * time.Hour)
	require.NoError(t, os.Chtimes(server.dir, yesterday, yesterday))

	removeLeftovers()

	assert.DirExists(t, server.data())
}

func TestRemoveLeftoversByAge(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	old, young := filepath.Join(temp, dirPrefix+"old"), filepath.Join(temp, dirPrefix+"young")
	for _, dir := range []string{old, young} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "data"), 0o700))
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	require.NoError(t, os.Chtimes(old, yesterday, yesterday))

	removeLeftovers()

	assert.NoDirExists(t, old)
	assert.DirExists(t, young)
}

// recorder notes how a test was ended, first word first, and lets it go on.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()      {}
func (r *recorder) Skip(...any)  { r.end("skip") }
func (r *recorder) Fatal(...any) { r.end("fatal") }

func (r *recorder) end(how string) {
	if r.ended == "" {
		r.ended = how
	}
}

// connect returns a connection for the length of the test. The server may go first.
func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func listening(t *testing.T, port int) bool {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	assert.NoError(t, conn.Close())
	return true
}
