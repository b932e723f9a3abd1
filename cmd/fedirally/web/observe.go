package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Observer hears what the server does, for those who count it. Its methods are
// called by those who answer visitors, and must not wait.
type Observer interface {
	Answered(a Answer)
	Rendered(kind Kind, took time.Duration)
}

// Answer is a request that was answered. It tells nothing of who asked for what:
// of its words there is only a small number.
type Answer struct {
	// Route is the pattern that the path matched, or "none".
	Route string
	// Method is GET, HEAD, POST, OPTIONS or "other".
	Method string
	Status int
	Took   time.Duration
	// Stream says that it went on for as long as the visitor watched.
	Stream bool
}

// Kind is what kind of document was made.
type Kind string

// The kinds of documents. Those that are kept are made once for all visitors.
const (
	Page    Kind = "page"
	JSON    Kind = "json"
	Picture Kind = "picture"
)

// Kinds gives all kinds.
func Kinds() []Kind { return []Kind{Page, JSON, Picture} }

// unobserved is the observer of those who have none.
type unobserved struct{}

func (unobserved) Answered(Answer)              {}
func (unobserved) Rendered(Kind, time.Duration) {}

// observe tells of a request that was answered. A stream is told of when it ends,
// which is long after its request.
func (s *Server) observe(c echo.Context, took time.Duration) {
	route, status := routeOf(c), c.Response().Status
	if route == streamRoute && status == http.StatusOK && c.Request().Method == http.MethodGet {
		return
	}
	if len(route) > 1 {
		route = strings.TrimSuffix(route, "/") // the other spelling of the same page
	}
	s.observer.Answered(Answer{
		Route: route, Method: usualMethod(c.Request()), Status: status, Took: took,
	})
}

// usualMethod names the methods that some page answers.
func usualMethod(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// kept gives a document from what is kept, and else makes it and tells how long that
// took, compressing included.
func (s *Server) kept(kind Kind, r *rendering, of any, render func() (document, error)) (document, error) {
	return r.get(of, s.timed(kind, func() (document, error) {
		doc, err := render()
		if err != nil {
			return document{}, err
		}
		return doc.pack()
	}))
}

// timed tells how long it took to make a document.
func (s *Server) timed(kind Kind, render func() (document, error)) func() (document, error) {
	return func() (document, error) {
		begin := s.clock()
		doc, err := render()
		if err == nil {
			s.observer.Rendered(kind, s.clock().Sub(begin))
		}
		return doc, err
	}
}

// Activity is what the server holds and has done since it began.
type Activity struct {
	// Streams is how many visitors watch a board at this moment, of at most MaxStreams.
	Streams, MaxStreams int
	// Events counts what was sent to each of them, Cut those who fell behind and were
	// cut, Refused those who found no place.
	Events, Cut, Refused int64
	// Boards is how many boards are held. Reads counts how often one was read from the
	// ranking, and Failures how often that did not succeed.
	Boards          int
	Reads, Failures int64
	// Stale says that visitors are shown something old, or would be.
	Stale bool
}

// Activity waits for nothing but a moment's locks.
func (s *Server) Activity() Activity {
	a := Activity{
		MaxStreams: s.streams.most, Stale: s.boards.degraded(),
		Events: s.streams.sent.Load(), Cut: s.streams.lost.Load(), Refused: s.streams.refused.Load(),
		Reads: s.boards.reads.Load(), Failures: s.boards.failures.Load(),
	}
	s.streams.mu.Lock()
	a.Streams = s.streams.watchers
	s.streams.mu.Unlock()
	s.boards.mu.Lock()
	a.Boards = len(s.boards.slots)
	s.boards.mu.Unlock()
	return a
}
