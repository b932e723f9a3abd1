package main

import (
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wire passes TCP connections on to a server, and can be tampered with.
type wire struct {
	listener net.Listener
	to       string
	// delay holds up each piece on its way, in nanoseconds.
	delay atomic.Int64
	// tamper, if set, decides on each piece that goes to the server.
	tamper atomic.Pointer[func([]byte) fate]

	mu    sync.Mutex
	cut   chan struct{} // closed while pieces pass
	links map[*link]struct{}
}

// fate is what becomes of a piece that goes to the server, and of its connection.
type fate int

const (
	passed fate = iota
	// loseAnswer passes the piece on, keeps what the server answers, and then ends
	// the connection.
	loseAnswer
	// loseAll ends the connection before the server gets the piece.
	loseAll
	// loseContact keeps the piece, and passes on nothing of the connection any more.
	loseContact
)

// link is one connection.
type link struct {
	client, server net.Conn
	answers        atomic.Bool // are lost
	contact        atomic.Bool // is lost
}

// startWire begins to pass connections on to the server of an address.
func startWire(t testing.TB, address string) *wire {
	t.Helper()
	to, err := url.Parse(address)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: listener, to: to.Host, cut: make(chan struct{}), links: map[*link]struct{}{}}
	close(w.cut)
	go w.accept()
	t.Cleanup(func() {
		_ = listener.Close()
		w.mend()
		w.mu.Lock()
		defer w.mu.Unlock()
		for l := range w.links {
			l.close()
		}
	})
	return w
}

// through is the address with the wire in the place of its server.
func (w *wire) through(t testing.TB, address string) string {
	t.Helper()
	through, err := url.Parse(address)
	require.NoError(t, err)
	through.Host = w.listener.Addr().String()
	return through.String()
}

// silence lets nothing pass any more, in neither direction, until it is mended.
// Nobody is told.
func (w *wire) silence() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = make(chan struct{})
}

// mend lets everything pass, also what was held back.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.cut:
	default:
		close(w.cut)
	}
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			w.wait()
			server, err := net.Dial("tcp", w.to)
			if err != nil {
				_ = client.Close()
				return
			}
			l := &link{client: client, server: server}
			w.mu.Lock()
			w.links[l] = struct{}{}
			w.mu.Unlock()
			var both sync.WaitGroup
			both.Go(func() { w.carry(l, client, server, true) })
			both.Go(func() { w.carry(l, server, client, false) })
			both.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			delete(w.links, l)
		}()
	}
}

func (w *wire) wait() {
	w.mu.Lock()
	cut := w.cut
	w.mu.Unlock()
	<-cut
}

// carry passes one direction of a connection on.
func (w *wire) carry(l *link, from, to net.Conn, forth bool) {
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if l.contact.Load() {
			return // and nobody is told
		}
		if err != nil {
			w.wait()
			l.close()
			return
		}
		time.Sleep(time.Duration(w.delay.Load()))
		w.wait()
		if forth {
			if tamper := w.tamper.Load(); tamper != nil {
				switch (*tamper)(piece[:n]) {
				case loseAnswer:
					l.answers.Store(true)
				case loseAll:
					l.close()
					return
				case loseContact:
					l.contact.Store(true)
					return
				case passed:
				}
			}
		} else if l.answers.Load() {
			l.close()
			return
		}
		if _, err := to.Write(piece[:n]); err != nil {
			l.close()
			return
		}
	}
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}
