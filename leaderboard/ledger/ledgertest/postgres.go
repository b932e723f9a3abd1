// Package ledgertest holds what tests of the ledger, and of whatever stands on it, share: a real
// PostgreSQL server that belongs to the test process alone.
package ledgertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// databaseTimeout bounds the making and the dropping of one database; both wait for the disk.
const databaseTimeout = 30 * time.Second

// shared is the server that all tests of the process use, each in a database of its own.
//
//nolint:gochecknoglobals // a server takes seconds to make: one per process is the point
var shared struct {
	sync.Mutex
	server *Server
	err    error // why it cannot be had; kept, so that each test does not wait for it anew
}

// Postgres returns the postgres:// URL of a new, empty database, which is dropped when the test
// ends, connections or not. It is safe for parallel tests.
//
// The database lives on a private server that the first call starts; let TestMain be [Main], or
// call [StopPostgres], to stop and remove it. With TEST_POSTGRES_URL set (a user who may create
// databases), that server is used instead and none is started.
//
// Where PostgreSQL is not installed the test is skipped, or fails if CI is set. Any other trouble
// fails the test, with the server's log.
func Postgres(tb testing.TB) string {
	tb.Helper()
	admin := os.Getenv("TEST_POSTGRES_URL")
	if admin == "" {
		server, err := sharedServer()
		if err != nil {
			abandon(tb, err)
		}
		admin = server.URL("postgres")
	}
	return createDatabase(tb, admin)
}

// Main is the TestMain of a package that calls [Postgres]: it runs the tests, then stops the server.
//
//	func TestMain(m *testing.M) { ledgertest.Main(m) }
func Main(m *testing.M) {
	defer StopPostgres()
	m.Run() // its result becomes the exit code when TestMain returns
}

// StopPostgres stops the server of this process, if one was started, and removes its files. A later
// [Postgres] starts a new one.
func StopPostgres() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return
	}
	if err := shared.server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the test server:", err)
	}
	shared.server = nil
}

// StartServer starts a server for this test alone, for tests that kill it; it is removed when the
// test ends. It is skipped or fails as [Postgres] does, but never uses TEST_POSTGRES_URL.
func StartServer(tb testing.TB) *Server {
	tb.Helper()
	server, err := startNew()
	if err != nil {
		abandon(tb, err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error("stopping the test server:", err)
		}
	})
	return server
}

func sharedServer() (*Server, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = startNew()
	}
	return shared.server, shared.err
}

// abandon ends the test: skipped where PostgreSQL is merely absent, failed otherwise. CI must not
// pass by skipping.
func abandon(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, errNotInstalled) && os.Getenv("CI") == "" {
		tb.Skip(err)
	}
	tb.Fatal("starting PostgreSQL:", err)
}

// createDatabase makes a database over the given URL and returns the URL of the new one.
func createDatabase(tb testing.TB, admin string) string {
	tb.Helper()
	address, err := url.Parse(admin)
	if err != nil {
		tb.Fatal("reading the server's URL:", err)
	}
	// Random, since a server named by TEST_POSTGRES_URL may serve other test processes too.
	name := "test_" + strings.ToLower(rand.Text())
	quoted := pgx.Identifier{name}.Sanitize()

	// The test's own context ends before its cleanups run.
	ctx := context.WithoutCancel(tb.Context())
	if err := execute(ctx, admin, "CREATE DATABASE "+quoted); err != nil {
		tb.Fatal("creating a database:", err)
	}
	tb.Cleanup(func() {
		if err := execute(ctx, admin, "DROP DATABASE "+quoted+" WITH (FORCE)"); err != nil {
			tb.Error("dropping a database:", err)
		}
	})
	address.Path = "/" + name
	return address.String()
}

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, address, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
