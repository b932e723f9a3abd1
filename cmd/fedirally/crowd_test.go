package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// crowdHosts are on the board that a crowd watches: as many as an event has rows.
const crowdHosts = 100

// TestACrowdWatchesForLong has a thousand streams open, and five thousand in the
// long run, some of whose readers never read, while gifts come in for every
// instance. Who reads sees the board in the end; who does not is cut and holds up
// nobody; gifts and pages are answered meanwhile; and when visitors leave, or the
// server is told to end, nothing of them is left.
//
// The server is a process of its own, without the race detector, which does not
// allow for that many goroutines. Package web has a smaller crowd for it.
func TestACrowdWatchesForLong(t *testing.T) {
	size := 1_000
	if os.Getenv("FEDIRALLY_LONG") != "" {
		size = 5_000
	}
	sleepers := size / 25
	readers := size - sleepers
	env := sqliteEnv(t)
	giftsDrive(t, env, crowdHosts)
	p := startProcess(t, env)
	t.Cleanup(p.kill)
	round := giveToAll(t, p.url, 0)

	asleep := openSpectators(t, p.url, "bench", sleepers)
	for _, s := range asleep {
		require.NoError(t, s.conn.(*net.TCPConn).SetReadBuffer(4<<10))
	}
	c := watchAsCrowd(t, p.url, readers)
	require.GreaterOrEqual(t, connections(t, p), size)
	for begin := time.Now(); connections(t, p) > readers; {
		require.Less(t, time.Since(begin), 4*patience, "those who do not read are not cut")
		round = giveToAll(t, p.url, round)
		assert.Len(t, pageSays(t, p.url, "bench").Standings, crowdHosts)
		http.DefaultClient.CloseIdleConnections()
	}
	giveToAll(t, p.url, round)
	want := ledgerSays(t, env, "bench")
	comesToShow(t, p.url, "bench", want)
	require.Eventually(t, func() bool { return c.count(want) == readers }, patience, 50*time.Millisecond,
		"all who read see the board in the end")
	t.Logf("%d rounds of %d gifts; readers were cut and came back %d times", round, crowdHosts, c.cameBack.Load())
	for _, s := range asleep {
		assertCut(t, s, want.RaisedCents)
	}

	// Half of them leave, and the server lets go of them; the others are there to
	// the end, which they do not hold up.
	c.leave(readers / 2)
	require.Eventually(t, func() bool {
		http.DefaultClient.CloseIdleConnections()
		return connections(t, p) == readers-readers/2
	}, patience, 50*time.Millisecond, "the server holds on to those who have left")
	c.ending.Store(true)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	<-p.done
	require.NoError(t, p.cmd.Wait(), "what did not end in time would be an error: %s", p.logs)
	c.readers.Wait()
	assert.Nil(t, c.fault.Load())
}

// giveToAll posts one gift for every instance, all at once, and tells the number of
// the next round.
func giveToAll(t *testing.T, url string, round int) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowdHosts}}
	defer client.CloseIdleConnections()
	var donors sync.WaitGroup
	for host := range crowdHosts {
		donors.Go(func() { assert.NoError(t, postGift(client, url, gift(host, round))) })
	}
	donors.Wait()
	require.False(t, t.Failed(), "gifts are taken in whoever watches")
	return round + 1
}

// connections counts those that the server has with clients. Its ledger is a file,
// and it holds its ranking itself, so that it has no others.
func connections(t *testing.T, p *process) int {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	files, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no /proc in which a process's open connections could be counted")
	}
	require.NoError(t, err)
	sockets := 0
	for _, file := range files {
		what, err := os.Readlink(filepath.Join(folder, file.Name()))
		if err == nil && strings.HasPrefix(what, "socket:") {
			sockets++
		}
	}
	return sockets - 1 // the one that listens
}

// assertCut reads what is left of a stream: it ends, and not with the present.
func assertCut(t *testing.T, s *spectator, present int64) {
	t.Helper()
	require.NoError(t, s.conn.SetReadDeadline(time.Now().Add(patience)))
	var buffer []byte
	for gallery, board := newGallery(), (*shownBoard)(nil); ; {
		data, err := s.next(buffer)
		if err != nil {
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "a stream that nobody reads goes on")
			return
		}
		board, err = gallery.after(board, data)
		require.NoError(t, err)
		assert.NotEqual(t, present, board.RaisedCents, "it was sent all the same")
	}
}

// crowd is many who watch and read, each in a goroutine. One who is cut comes back,
// as a browser does.
type crowd struct {
	url      string
	gallery  *gallery
	readers  sync.WaitGroup
	cameBack atomic.Int64
	ending   atomic.Bool
	// fault is the first thing that went wrong for one of them.
	fault atomic.Value

	mu     sync.Mutex
	boards []*shownBoard
	lines  []*spectator
	left   int
}

func watchAsCrowd(t *testing.T, url string, count int) *crowd {
	t.Helper()
	c := &crowd{url: url, gallery: newGallery(), boards: make([]*shownBoard, count), lines: openSpectators(t, url, "bench", count)}
	for i := range count {
		c.readers.Go(func() {
			if err := c.follow(i); err != nil {
				c.fault.CompareAndSwap(nil, err.Error())
			}
		})
	}
	t.Cleanup(func() {
		c.ending.Store(true)
		c.leave(count)
		c.readers.Wait()
	})
	return c
}

func (c *crowd) follow(i int) error {
	c.mu.Lock()
	s := c.lines[i]
	c.mu.Unlock()
	var buffer []byte
	var board *shownBoard
	for {
		data, err := s.next(buffer)
		if err != nil {
			if c.ending.Load() || c.hasLeft(i) {
				return nil
			}
			_ = s.conn.Close()
			if s, err = spectate(c.url, "bench"); err != nil {
				return err
			}
			c.cameBack.Add(1)
			c.mu.Lock()
			c.lines[i], board = s, nil
			c.mu.Unlock()
			continue
		}
		if board, err = c.gallery.after(board, data); err != nil {
			return err
		}
		buffer = nil // thousands of them would be much
		c.mu.Lock()
		c.boards[i] = board
		c.mu.Unlock()
	}
}

func (c *crowd) hasLeft(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return i < c.left
}

// leave has the first of them go.
func (c *crowd) leave(count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = max(c.left, min(count, len(c.lines)))
	leaveAll(c.lines[:c.left])
}

// count tells how many see that board.
func (c *crowd) count(want shownBoard) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	same, n := map[*shownBoard]bool{}, 0
	for _, board := range c.boards {
		equal, known := same[board]
		if !known {
			equal = board != nil && assert.ObjectsAreEqual(want, *board)
			same[board] = equal
		}
		if equal {
			n++
		}
	}
	return n
}
