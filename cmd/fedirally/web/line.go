package web

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	// writeTime is how long it may take to send what there is to send. It only takes long while
	// much that lies ahead of it on the way is unread: such a visitor is cut.
	writeTime = 3 * time.Second
	// sendBuffer bounds what the kernel holds for a visitor who does not read. A whole
	// board, which comes first, fits in.
	sendBuffer = 32 << 10
)

// line is the connection of a watcher, taken over from net/http. What a request
// needs there, its headers, three buffers and the deep stack of a handler, would
// else be held for as long as somebody watches: five times what a line needs.
type line struct{ conn net.Conn }

// takeOver takes over the connection of a request whose answer is a stream. The
// head is what is to be sent first: status, and the headers that have been set. The
// answer ends when the connection is closed.
func takeOver(c echo.Context, now time.Time) (l line, head []byte, err error) {
	response := c.Response()
	b := bytes.NewBufferString("HTTP/1.1 200 OK\r\nConnection: close\r\nDate: " + now.UTC().Format(http.TimeFormat) + "\r\n")
	if err := response.Header().Write(b); err != nil {
		return line{}, nil, fmt.Errorf("writing the head of a stream: %w", err)
	}
	b.WriteString("\r\n")
	conn, _, err := response.Hijack()
	if err != nil {
		return line{}, nil, fmt.Errorf("taking over the connection of a stream: %w", err)
	}
	// For those who look at the answer after us; nothing more is written to it.
	response.Status, response.Committed = http.StatusOK, true
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // without it the kernel has a bound of its own
	}
	return line{conn}, b.Bytes(), nil
}

// carry sends a message, and then events until there are no more, the visitor
// leaves, or does not read. Behind the last event comes the parting, if there is one;
// it is over within twice [writeTime] after that event.
func (l line) carry(message []byte, events <-chan []byte, parting func() []byte) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = l.conn.Read(make([]byte, 1)) // the visitor has nothing more to say, and leaves
	}()
	defer func() {
		_ = l.conn.Close()
		<-gone
	}()
	for {
		if l.write(message, events) != nil {
			l.forget()
			return
		}
		select {
		case <-gone:
			return
		case next, more := <-events:
			if !more {
				l.part(parting())
				return
			}
			message = next
		}
	}
}

// write sends a message with all events that wait behind it.
func (l line) write(message []byte, events <-chan []byte) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	waiting := len(events) // only this line takes them out
	if waiting == 0 {
		_, err := l.conn.Write(message)
		return err
	}
	all := net.Buffers{message}
	for range waiting {
		all = append(all, <-events)
	}
	_, err := all.WriteTo(l.conn)
	return err
}

// part sends the last words, to a visitor who hears them at once.
func (l line) part(words []byte) {
	if len(words) == 0 || l.conn.SetWriteDeadline(time.Now().Add(partingTime)) != nil {
		return
	}
	_, _ = l.conn.Write(words) // the visitor may have gone
}

// forget has the kernel drop what could not be sent, which it would else go on to
// offer to a visitor who does not read, for minutes.
func (l line) forget() {
	if tcp, ok := l.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
