package feditest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Fault is a way in which a request goes wrong.
type Fault string

// The faults. Those that say "after" or "written" carry the request out first.
const (
	Unavailable  Fault = "503, nothing written"
	Overloaded   Fault = "503 with Retry-After, nothing written"
	BrokenServer Fault = "500 with an HTML page, nothing written"
	GatewayPage  Fault = "504 with an HTML page of the proxy, written"
	Unauthorized Fault = "401"
	Forbidden    Fault = "403"
	Throttled    Fault = "429 with X-RateLimit-Reset"
	ThrottledFor Fault = "429 with Retry-After alone"
	Refused      Fault = "refused as invalid"
	HangBefore   Fault = "no answer, nothing written"
	HangAfter    Fault = "no answer, written"
	CutBefore    Fault = "connection cut, nothing written"
	CutAfter     Fault = "connection cut, written"
	Garbled      Fault = "half an answer, written"
	Elsewhere    Fault = "a redirect to another host"
	Endless      Fault = "an answer that does not end"
	// LateWrite never answers, and carries the request out some time after the client
	// went away ([Options].Late): as from a queue in front of a busy server.
	LateWrite Fault = "no answer, written later"
)

// plan is a fault that was asked for.
type plan struct {
	on    string
	fault Fault
	times int
}

// lateWrite is a request that is carried out later.
type lateWrite struct {
	due     time.Time
	request *http.Request
}

// Fail lets the next so many requests fail whose method and path begin with on:
// "POST /api/v1/statuses", or "" for all.
func (s *Server) Fail(times int, fault Fault, on string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.planned = append(s.planned, plan{on: on, fault: fault, times: times})
}

// Chaos lets each request fail with that chance, in one of those ways, as the seed
// decides. A chance of 0 ends it.
func (s *Server) Chaos(chance float64, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chance, s.chances = chance, faults
}

// Calm ends all faults that were asked for and have not come.
func (s *Server) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.planned, s.chance = nil, 0
}

func (s *Server) nextFault(r *http.Request) Fault {
	for i := range s.planned {
		if p := &s.planned[i]; p.times > 0 && strings.HasPrefix(r.Method+" "+r.URL.Path, p.on) {
			p.times--
			return p.fault
		}
	}
	if len(s.chances) > 0 && s.rng.Float64() < s.chance {
		return s.chances[s.rng.IntN(len(s.chances))]
	}
	return ""
}

// act carries the request out, or not, and answers it, or not.
func (s *Server) act(w http.ResponseWriter, r *http.Request, fault Fault, body []byte) {
	switch fault {
	case HangBefore:
		s.hang(r)
	case CutBefore:
		panic(http.ErrAbortHandler)
	case LateWrite:
		s.keepForLater(r, body)
		s.hang(r)
	case HangAfter:
		s.carryOut(w, r)
		s.hang(r)
	case CutAfter:
		s.carryOut(w, r)
		panic(http.ErrAbortHandler)
	case GatewayPage:
		s.carryOut(w, r)
		htmlPage(w, http.StatusGatewayTimeout)
	case Garbled:
		half := s.carryOut(w, r)
		w.WriteHeader(half.status)
		_, _ = w.Write(half.body.Bytes()[:half.body.Len()/2])
	case "":
		whole := s.carryOut(w, r)
		w.WriteHeader(whole.status)
		_, _ = w.Write(whole.body.Bytes())
	default:
		s.refuseWith(w, r, fault)
	}
}

// refuseWith answers without carrying the request out.
func (s *Server) refuseWith(w http.ResponseWriter, r *http.Request, fault Fault) {
	switch fault {
	case Unavailable:
		failure(http.StatusServiceUnavailable, "Remote data could not be fetched").send(w)
	case Overloaded:
		w.Header().Set("Retry-After", "120")
		failure(http.StatusServiceUnavailable, "the server is busy").send(w)
	case BrokenServer:
		htmlPage(w, http.StatusInternalServerError)
	case Unauthorized:
		failure(http.StatusUnauthorized, "The access token was revoked").send(w)
	case Forbidden:
		failure(http.StatusForbidden, "Your login is currently disabled").send(w)
	case Throttled:
		if w.Header().Get("X-RateLimit-Reset") == "" {
			w.Header().Set("X-RateLimit-Reset", s.reset(s.options.Now().Add(3*time.Minute)))
		}
		failure(http.StatusTooManyRequests, "Too many requests").send(w)
	case ThrottledFor:
		w.Header().Del("X-RateLimit-Reset")
		w.Header().Set("Retry-After", "90")
		failure(http.StatusTooManyRequests, "rate limit reached").send(w)
	case Refused:
		failure(s.options.Style.Invalid, "Validation failed: this is refused on purpose").send(w)
	case Elsewhere:
		http.Redirect(w, r, "http://elsewhere.invalid"+r.URL.Path, http.StatusFound)
	case Endless:
		s.flood(w, r)
	default:
		failure(http.StatusNotImplemented, fmt.Sprintf("no such fault: %q", string(fault))).send(w)
	}
}

// carryOut lets the API answer into memory. The headers are in place, the rest is not.
func (s *Server) carryOut(w http.ResponseWriter, r *http.Request) *held {
	answer := &held{header: w.Header(), status: http.StatusOK}
	s.api.ServeHTTP(answer, r)
	return answer
}

// hang waits until the client or the server gives up.
func (s *Server) hang(r *http.Request) {
	if s.options.Hanging != nil {
		s.options.Hanging()
	}
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
	panic(http.ErrAbortHandler)
}

// flood sends a list that does not end.
func (s *Server) flood(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := io.WriteString(w, "[{}")
	for piece := bytes.Repeat([]byte(",{}"), 20_000); err == nil && r.Context().Err() == nil; {
		_, err = w.Write(piece)
	}
}

func (s *Server) keepForLater(r *http.Request, body []byte) {
	copied := r.Clone(context.WithoutCancel(r.Context()))
	copied.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, lateWrite{due: s.options.Now().Add(s.options.Late), request: copied})
}

// writeLate carries out what is late and due. The lock is held, and held again at the
// end.
func (s *Server) writeLate() {
	now := s.options.Now()
	for len(s.late) > 0 && !s.late[0].due.After(now) {
		next := s.late[0]
		s.late = s.late[1:]
		s.mu.Unlock()
		s.api.ServeHTTP(&held{header: http.Header{}}, next.request)
		s.mu.Lock()
	}
}

// htmlPage is what a proxy says when the server behind it does not answer.
func htmlPage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><head><title>%d</title></head><body><h1>%s</h1></body></html>\n", status, http.StatusText(status))
}
