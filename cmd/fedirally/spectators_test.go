package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// spectator is a stream's other end, with as little to it as can be: a test has
// thousands.
type spectator struct {
	conn  net.Conn
	lines *bufio.Reader
}

// errDescriptors says that the system does not allow as many open files.
var errDescriptors = errors.New("too few open files are allowed; raise the limit (ulimit -n)")

// spectate opens the stream of a drive's board.
func spectate(url, drive string) (*spectator, error) {
	address := strings.TrimPrefix(url, "http://")
	conn, err := net.Dial("tcp", address)
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return nil, errDescriptors
	case err != nil:
		return nil, err
	}
	s := &spectator{conn: conn, lines: bufio.NewReaderSize(conn, 2048)}
	_, err = io.WriteString(conn, "GET /drives/"+drive+"/events HTTP/1.1\r\nHost: "+address+"\r\nAccept: text/event-stream\r\n"+
		"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.5\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nSec-Fetch-Dest: empty\r\n"+
		"Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\nReferer: http://"+address+"/drives/"+drive+"\r\n\r\n")
	if err == nil {
		err = s.skipHead()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *spectator) skipHead() error {
	status, err := s.lines.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.Contains(status, " 200 ") {
		return fmt.Errorf("the stream answers %q", strings.TrimSpace(status))
	}
	for {
		line, err := s.lines.ReadSlice('\n')
		if err != nil || len(line) == 2 {
			return err
		}
	}
}

// next waits for an event and gives its data, which the buffer holds until the
// next call with it.
func (s *spectator) next(buffer []byte) ([]byte, error) {
	for {
		line := buffer[:0]
		part, err := s.lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			line = append(line, part...)
			part, err = s.lines.ReadSlice('\n')
		}
		if err != nil {
			return line, err
		}
		line = append(line, part...)
		buffer = line
		if data, found := bytes.CutPrefix(line, []byte("data: ")); found {
			return data, nil
		}
	}
}

// openSpectators opens that many streams. Where the system does not let it, the test
// is skipped, and fails if CI is set.
func openSpectators(t testing.TB, url, drive string, count int) []*spectator {
	t.Helper()
	all := make([]*spectator, count)
	faults := make(chan error, count)
	var openers sync.WaitGroup
	for from := range 32 {
		openers.Go(func() {
			for i := from; i < count; i += 32 {
				var err error
				if all[i], err = spectate(url, drive); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	openers.Wait()
	t.Cleanup(func() { leaveAll(all) })
	if len(faults) > 0 {
		err := <-faults
		if errors.Is(err, errDescriptors) && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		require.NoError(t, err)
	}
	return all
}

// leaveAll closes streams, as browsers do whose tab is closed.
func leaveAll(spectators []*spectator) {
	for _, s := range spectators {
		if s != nil {
			_ = s.conn.Close()
		}
	}
}

// change is the data of an event, as far as a board is made of it.
type change struct {
	Full        bool  `json:"full"`
	Stale       bool  `json:"stale"`
	RaisedCents int64 `json:"raised_cents"`
	Donors      int64 `json:"donors"`
	Standings   []struct {
		Position int `json:"position"`
		shownHost
	} `json:"standings"`
	Gone []string `json:"gone"`
}

// after gives the board that somebody sees who has seen another and hears of the
// change: rows with new figures, and those that are gone, are taken out, and the
// former put in again by position.
func (c change) after(before *shownBoard) *shownBoard {
	now := &shownBoard{RaisedCents: c.RaisedCents, Donors: c.Donors, Stale: c.Stale, Standings: []shownHost{}}
	if !c.Full {
		moved := map[string]bool{}
		for _, host := range c.Gone {
			moved[host] = true
		}
		for _, row := range c.Standings {
			moved[row.Host] = true
		}
		for _, row := range before.Standings {
			if !moved[row.Host] {
				now.Standings = append(now.Standings, row)
			}
		}
	}
	for _, row := range c.Standings {
		now.Standings = slices.Insert(now.Standings, min(row.Position-1, len(now.Standings)), row.shownHost)
	}
	return now
}

// gallery works out what spectators see. Most have seen the same and hear the
// same, so each is worked out once.
type gallery struct {
	seed maphash.Seed
	mu   sync.Mutex
	seen map[step]*shownBoard
}

type step struct {
	before *shownBoard
	change uint64
}

func newGallery() *gallery { return &gallery{seed: maphash.MakeSeed(), seen: map[step]*shownBoard{}} }

func (g *gallery) after(before *shownBoard, data []byte) (*shownBoard, error) {
	key := step{before, maphash.Bytes(g.seed, data)}
	g.mu.Lock()
	defer g.mu.Unlock()
	if now, found := g.seen[key]; found {
		return now, nil
	}
	var c change
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	if !c.Full && before == nil {
		return nil, errors.New("a stream does not begin with the whole board")
	}
	g.seen[key] = c.after(before)
	return g.seen[key], nil
}
