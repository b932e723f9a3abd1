package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger/ledgertest"
)

func TestMain(m *testing.M) {
	if os.Getenv(envMeasured) != "" {
		os.Exit(serveMeasured())
	}
	defer func() {
		if !programBuilt.Load() {
			return
		}
		if file, err := programFile(); err == nil {
			_ = os.RemoveAll(filepath.Dir(file))
		}
	}()
	ledgertest.Main(m)
}

const (
	testUser     = "actblue"
	testPassword = "a:password with a colon"
	testSecret   = "a secret for tests, long enough"
)

// onBoth runs a test on SQLite and on PostgreSQL, each with a fresh database.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, ledgertest.Postgres(t)) })
}

// settingsOf is an environment for the program.
func settingsOf(database string) map[string]string {
	return map[string]string{
		envAddr: "127.0.0.1:0", envAdminAddr: "", envDatabaseURL: database, envSecret: testSecret,
		envWebhookUser: testUser, envWebhookPassword: testPassword,
		envDirectory: "off", // no test may ask anybody on the internet
	}
}

func looker(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, found := env[name]
		return value, found
	}
}

// command runs one command line in this process.
func command(t testing.TB, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, world{
		lookup: looker(env),
		out:    &stdout, err: &stderr,
	})
	return code, stdout.String(), stderr.String()
}

// must runs a command that has to succeed and gives its output.
func must(t testing.TB, env map[string]string, args ...string) string {
	t.Helper()
	code, out, errs := command(t, env, args...)
	require.Zero(t, code, "fedirally %s: %s", strings.Join(args, " "), errs)
	return out
}

// mustJSON runs a command that has to succeed and reads its JSON.
func mustJSON[T any](t testing.TB, env map[string]string, args ...string) T {
	t.Helper()
	var document T
	require.NoError(t, json.Unmarshal([]byte(must(t, env, args...)), &document))
	return document
}

// serveHere runs a server in this process until the test ends.
func serveHere(t testing.TB, env map[string]string, logger *slog.Logger) *server {
	t.Helper()
	return serveAt(t, env, logger, nil)
}

// serveAt is serveHere with a clock.
func serveAt(t testing.TB, env map[string]string, logger *slog.Logger, clock func() time.Time) *server {
	t.Helper()
	p := &program{ctx: t.Context(), world: world{lookup: looker(env)}}
	chosen, err := p.readSettings(forServing)
	require.NoError(t, err)
	s, err := newServer(t.Context(), serverConfig{settings: chosen, logger: logger, clock: clock})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return s
}

var quiet = slog.New(slog.DiscardHandler)

// newYork is the zone of the test drives.
func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	return zone
}

// openRace opens the drive of a race by command, as an organizer would.
func openRace(t testing.TB, env map[string]string, race *actbluetest.Race, extra ...string) {
	t.Helper()
	o := race.Options
	args := []string{
		"drive", "add", "--slug", "race", "--title", "The race", "--goal", "20,000",
		"--beneficiary", "Example Committee", "--disclaimer", "Paid for by Example Committee",
		"--start", o.Start.Format(time.RFC3339Nano),
	}
	if !o.End.IsZero() {
		args = append(args, "--end", o.End.Format(time.RFC3339Nano))
	}
	for _, form := range o.Forms {
		args = append(args, "--form", form)
	}
	for _, entity := range o.Entities {
		args = append(args, "--entity", strconv.FormatInt(entity, 10))
	}
	must(t, env, append(args, extra...)...)
	for code, host := range o.Aliases {
		must(t, env, "instance", "alias", code, string(host))
	}
	added := []string{"instance", "add"}
	for _, host := range o.Hosts {
		added = append(added, string(host))
	}
	must(t, env, added...)
}

func sender(url string) *actbluetest.Sender {
	return &actbluetest.Sender{
		BaseURL: url, User: testUser, Password: testPassword, Concurrency: 32, Backoff: 10 * time.Millisecond,
		Client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
}

// programFile builds the program once for all tests that kill it.
var programFile = sync.OnceValues(func() (string, error) {
	programBuilt.Store(true)
	folder, err := os.MkdirTemp("", "fedirally-test-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "fedirally")
	output, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, output)
	}
	return file, nil
})

var programBuilt atomic.Bool

// process is the program as a process of its own, which can be killed.
type process struct {
	cmd *exec.Cmd
	url string
	// logs is everything it wrote, complete once it has ended.
	logs *bytes.Buffer
	done chan struct{}
}

func startProcess(t testing.TB, env map[string]string) *process {
	t.Helper()
	p, logs := tryProcess(t, env)
	require.NotNil(t, p, "the server did not start: %s", logs)
	return p
}

// tryProcess is startProcess for a server that may refuse to start, and then says
// why.
func tryProcess(t testing.TB, env map[string]string) (*process, string) {
	t.Helper()
	file, err := programFile()
	require.NoError(t, err)
	return tryCommand(t, env, exec.Command(file, "serve"))
}

// startCommand is startProcess for a command that ends up being the server.
func startCommand(t testing.TB, env map[string]string, cmd *exec.Cmd) *process {
	t.Helper()
	p, logs := tryCommand(t, env, cmd)
	require.NotNil(t, p, "the server did not start: %s", logs)
	return p
}

func tryCommand(t testing.TB, env map[string]string, cmd *exec.Cmd) (*process, string) {
	t.Helper()
	p := &process{cmd: cmd, logs: &bytes.Buffer{}, done: make(chan struct{})}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	errs, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	address := make(chan string, 1)
	go func() {
		defer close(p.done)
		lines := bufio.NewScanner(errs)
		for lines.Scan() {
			p.logs.Write(append(lines.Bytes(), '\n'))
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				address <- line.Address
			}
		}
	}()
	select {
	case p.url = <-address:
	case <-p.done:
		_ = p.cmd.Wait()
		return nil, p.logs.String()
	}
	return p, ""
}

// kill ends the process without a chance to tidy up.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
	_ = p.cmd.Wait()
}

// openFile opens a SQLite file past the program, to tamper with it.
func openFile(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// openPostgres opens a PostgreSQL database past the program, to tamper with it.
func openPostgres(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}
