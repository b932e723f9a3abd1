// Package rankingtest starts Redis servers for tests, and holds the suite that
// every ranking has to pass.
package rankingtest

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
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Server is a Redis server of a test's own, which keeps nothing on disk.
type Server struct {
	// URL is where it is reached.
	URL string
	// Client is for what a person would do by hand.
	Client *redis.Client

	folder  string
	port    int
	cluster bool
	process *os.Process
	// gone is closed when it has ended.
	gone chan struct{}
}

// StartRedis starts a server that ends with the test. Where there is no Redis the
// test is skipped, and fails if CI is set.
func StartRedis(tb testing.TB) *Server { return start(tb, false) }

// StartCluster starts a Redis Cluster of one node, which refuses what would not
// run on a larger one.
func StartCluster(tb testing.TB) *Server { return start(tb, true) }

func start(tb testing.TB, cluster bool) *Server {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			require.FailNow(tb, "redis-server is missing; .ci/test installs it")
		}
		tb.Skip("redis-server is not installed")
	}
	s := &Server{folder: tb.TempDir(), cluster: cluster}
	for attempt := 0; ; attempt++ {
		s.port = freePort(tb, cluster)
		err := s.launch()
		if err == nil {
			break
		}
		require.Less(tb, attempt, 5, "redis-server does not start: %v", err)
	}
	tb.Cleanup(func() {
		_ = s.Client.Close()
		s.Stop()
	})
	return s
}

// freePort finds a port that nobody listens on; a cluster needs the one 10,000
// above as well.
func freePort(tb testing.TB, cluster bool) int {
	tb.Helper()
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(tb, err)
		_, text, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(tb, err)
		require.NoError(tb, listener.Close())
		port, err := strconv.Atoi(text)
		require.NoError(tb, err)
		if !cluster || port < 55_000 {
			return port
		}
	}
}

func (s *Server) launch() error {
	args := []string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", s.folder, "--logfile", filepath.Join(s.folder, "redis.log"),
	}
	if s.cluster {
		args = append(args, "--cluster-enabled", "yes")
	}
	if err := s.run(exec.Command("redis-server", args...)); err != nil {
		return fmt.Errorf("starting redis-server: %w", err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	s.URL = "redis://" + address + "/0"
	if s.Client == nil {
		s.Client = redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
	}
	if s.cluster {
		s.URL += "?cluster=true"
	}
	err := s.awaken()
	if err != nil {
		s.Stop()
		_ = s.Client.Close()
		s.Client = nil
	}
	return err
}

// run starts the program. The kernel takes the thread that started it for its parent,
// so that thread lives as long as the program: it is never unlocked.
func (s *Server) run(program *exec.Cmd) error {
	dieWithParent(program)
	gone, started := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread()
		err := program.Start()
		started <- err
		if err == nil {
			_ = program.Wait() // it is killed in the end
			close(gone)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process, s.gone = program.Process, gone
	return nil
}

// awaken waits until the server answers, and gives a cluster all its slots.
func (s *Server) awaken() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for s.Client.Ping(ctx).Err() != nil {
		select {
		case <-s.gone: // somebody else has the port
			return errors.New("redis-server ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	if !s.cluster {
		return nil
	}
	if err := s.Client.ClusterAddSlotsRange(ctx, 0, 16383).Err(); err != nil {
		return err
	}
	for {
		set, err := s.Client.Set(ctx, "ready", 1, 0).Result()
		if err == nil && set == "OK" {
			return s.Client.Del(ctx, "ready").Err()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Stop ends the server, as a crash would: all that it held is gone.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Kill()
	<-s.gone
	s.process = nil
}

// Start starts it again at the same address, empty.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, s.launch())
}

// Flush empties it.
func (s *Server) Flush(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, s.Client.FlushAll(tb.Context()).Err())
}
