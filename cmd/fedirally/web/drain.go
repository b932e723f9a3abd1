package web

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// cutTime is how long it takes at most to cut all watchers when the server
	// ends, and cutPause how long it rests between two lots of cutLot or more.
	cutTime  = 5 * time.Second
	cutPause = 50 * time.Millisecond
	cutLot   = 50
	// comeBackSoonest is when the first browser comes back after its stream has
	// ended, and comeBackWithin the time over which a small crowd is spread. A large
	// one is spread so that a thousand come in a second, up to comeBackLatest.
	comeBackSoonest = time.Second
	comeBackWithin  = 4 * time.Second
	comeBackLatest  = time.Minute
	// partingTime is how long a browser may take to hear that its stream ends.
	partingTime = time.Second
)

// Drain has /readyz answer that the server is about to end, so that a load
// balancer sends no more, and asks every client to open its next connection
// elsewhere. All else is served as before.
func (s *Server) Drain() { s.draining.Store(true) }

// Close ends all streams, which would go on as long as their readers do: a few at
// a time, and each browser is told another time to come back, so that they do not
// all arrive together where they go next. It returns when all are cut, within
// seconds. Call it when the server is shut down.
func (s *Server) Close() {
	s.Drain()
	s.streams.close()
}

// close lets nobody in any more, cuts all watchers, some at a time, and returns when
// their lines are closed: within seconds, whatever they do.
func (s *streams) close() {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended, s.crowd = true, s.watchers
	s.mu.Unlock()
	lots := int(cutTime / cutPause)
	lot := max(cutLot, (s.crowd+lots-1)/lots)
	for s.cut(lot) > 0 {
		time.Sleep(cutPause)
	}
	s.lines.Wait()
}

// cut ends the streams of that many watchers, and tells how many are left.
func (s *streams) cut(lot int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.open {
		for w := range st.watchers {
			if lot == 0 {
				return s.watchers
			}
			s.drop(w)
			lot--
		}
	}
	return s.watchers
}

// comeBack tells a browser when to come back after its stream has ended, whyever
// it ends: each at a time of its own, and later the more of them there are.
func (s *streams) comeBack() []byte {
	s.mu.Lock()
	crowd := max(s.crowd, s.watchers)
	s.mu.Unlock()
	within := min(max(comeBackWithin, time.Duration(crowd)*time.Millisecond), comeBackLatest)
	wait := comeBackSoonest + rand.N(within) //nolint:gosec // spreads load, keeps no secret
	return fmt.Appendf(nil, "retry: %d\n\n", wait.Milliseconds())
}

// ending reports whether watchers are cut because the server ends.
func (s *streams) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// parting is what a browser is told whose stream ends with the server: when to come
// back. One that was cut for being slow has been told at the beginning.
func (s *streams) parting() []byte {
	if !s.ending() {
		return nil
	}
	return s.comeBack()
}
