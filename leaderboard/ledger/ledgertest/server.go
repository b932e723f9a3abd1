package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// startTimeout bounds initdb, and each start; recovery after a kill is part of a start.
	startTimeout = time.Minute
	// startAttempts is how often a server that ends at once is tried, startPause apart: somebody may
	// take the port between our choosing and its binding.
	startAttempts = 8
	startPause    = 250 * time.Millisecond
	// killTimeout is more than the five seconds that PostgreSQL gives its own processes.
	killTimeout = 15 * time.Second
)

// Server is a private PostgreSQL server: on a free port of 127.0.0.1, without passwords, with its
// data in a temporary folder, and with fsync on: what it acknowledged survives [Server.Kill].
// It ends with the test process, even when that is killed (on Linux).
//
// Its methods are for one goroutine at a time, but URL may always be called.
type Server struct {
	bin    string   // holds initdb and postgres
	dir    string   // holds data/, log and the claim
	claim  *os.File // keeps other test processes from taking dir for a leftover
	port   int
	master *os.Process
	gone   chan struct{} // closed when master has ended; nil before the first start
}

// startNew makes a server in a new temporary folder and starts it. On error nothing is left behind;
// errNotInstalled says that this machine has no PostgreSQL.
func startNew() (*Server, error) {
	bin, err := findPrograms()
	if err != nil {
		return nil, err
	}
	removeLeftovers()
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return nil, err
	}
	server := &Server{bin: bin, dir: dir}
	if err := server.initialize(); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	if err := server.Start(); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// URL returns the address of a database on this server as its superuser; "postgres" always exists.
// It stays the same over a restart.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Start starts the server and returns when it answers queries, recovery included, or with an error
// that holds its log. Starting a running server is an error.
func (s *Server) Start() error {
	if s.running() {
		return errors.New("the server is running already")
	}
	keepPort := s.port != 0
	var err error
	for attempt := range startAttempts {
		if attempt > 0 {
			time.Sleep(startPause)
		}
		if !keepPort {
			if s.port, err = freePort(); err != nil {
				return err
			}
		}
		if err = s.launch(); err == nil {
			return nil
		}
		if s.running() {
			break // not refused, but stuck: another try would stick too
		}
	}
	return fmt.Errorf("%w; the end of its log:\n%s", err, s.logTail())
}

// Kill crashes the server and returns when all of its processes are dead: each session is torn down
// where it stands and nothing is written, so the next start recovers from the log. Killing a dead
// server does nothing.
func (s *Server) Kill() error {
	if !s.running() {
		return nil
	}
	// PostgreSQL's "immediate shutdown" crashes every process of the server. SIGKILL would end only
	// the first: a busy session does not notice, computes on, and keeps the server from starting.
	if err := s.master.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing the server: %w", err)
	}
	select {
	case <-s.gone:
		return nil
	case <-time.After(killTimeout):
		return fmt.Errorf("the server lives %v after it was killed", killTimeout)
	}
}

// Restart kills the server if it runs, and starts it again on the same port with the same data.
func (s *Server) Restart() error {
	if err := s.Kill(); err != nil {
		return err
	}
	return s.Start()
}

// Close kills the server and removes its files. It cannot be started again.
func (s *Server) Close() error {
	err := errors.Join(s.Kill(), os.RemoveAll(s.dir))
	_ = s.claim.Close() // was never written
	return err
}

func (s *Server) running() bool {
	if s.gone == nil {
		return false
	}
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// initialize makes the empty cluster.
func (s *Server) initialize() error {
	var err error
	if s.claim, err = claim(s.dir); err != nil {
		return fmt.Errorf("claiming the server's folder: %w", err)
	}
	if err := giveAway(s.dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	// --no-sync spares only the making; the running server syncs as ever.
	cmd, err := s.command(ctx, "initdb", "--no-sync", "-E", "UTF8", "--locale=C", "-A", "trust", "-U", "postgres", "-D", s.data())
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// launch starts the server once and waits until it answers, ends, or startTimeout has passed.
func (s *Server) launch() error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// The server outlives this call, so its context is nobody's. No Unix socket: their paths may not
	// be long, and temporary folders' are.
	cmd, err := s.command(context.Background(), "postgres", "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)

	gone, started := make(chan struct{}), make(chan error)
	go func() {
		// The kernel takes the thread that started a process for its parent, so this thread has
		// to live as long as the server: it is never unlocked.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(gone)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting postgres: %w", err)
	}
	s.master, s.gone = cmd.Process, gone
	return s.awaitReady()
}

func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.gone:
			return errors.New("postgres ended at once")
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer within %v: %w", startTimeout, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// check asks the server which data it serves: on our port there might be somebody else's.
func (s *Server) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var data string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&data); err != nil {
		return err
	}
	if data != s.data() {
		return fmt.Errorf("port %d belongs to another server", s.port)
	}
	return nil
}

// command prepares one of PostgreSQL's programs to run as a user it accepts, in a folder that user
// may enter, and without the caller's PG… variables.
func (s *Server) command(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	attributes, err := unprivileged()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.SysProcAttr = attributes
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	return cmd, nil
}

func (s *Server) logTail() []byte {
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		return []byte(err.Error())
	}
	return log[max(0, len(log)-4096):]
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
