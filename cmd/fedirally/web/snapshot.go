package web

import (
	"slices"
	"sync"

	"fedirally/leaderboard"
)

// maxHostPages bounds how many instances' pages are kept with a snapshot. When
// there are more they are all dropped: whoever asks for many hosts in a row, on
// the board or not, gains nothing and costs little.
const maxHostPages = 500

// snapshot is a board as last read, and what has been rendered of it. Stale: it
// may be behind, because the ranking or the ledger does not answer.
type snapshot struct {
	board leaderboard.Board
	stale bool

	page, json, picture rendering

	mu    sync.Mutex
	hosts map[leaderboard.Host]*hostPages
}

// hostPages is what has been rendered of one instance.
type hostPages struct{ page, json, picture rendering }

// shows reports whether another reading of the board shows just the same.
func (s *snapshot) shows(b leaderboard.Board) bool {
	a := s.board
	return a.Version == b.Version && a.Raised == b.Raised && a.Donors == b.Donors && a.Period == b.Period &&
		a.AsOf.Equal(b.AsOf) && a.Drive.Version == b.Drive.Version && a.Drive.Published.Equal(b.Drive.Published) &&
		slices.Equal(a.Rows(), b.Rows())
}

// of gives what is kept of an instance.
func (s *snapshot) of(host leaderboard.Host) *hostPages {
	s.mu.Lock()
	defer s.mu.Unlock()
	pages, found := s.hosts[host]
	if !found {
		if s.hosts == nil || len(s.hosts) >= maxHostPages {
			s.hosts = map[leaderboard.Host]*hostPages{}
		}
		pages = &hostPages{}
		s.hosts[host] = pages
	}
	return pages
}
