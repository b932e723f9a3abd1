package web

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"fedirally/leaderboard"
)

const (
	// lookAgain is how long a stream waits between two looks at its board, however
	// often it is woken: a gift is seen within that time, and a burst is one event.
	lookAgain = 200 * time.Millisecond
	// lookAnyway is how often it looks without having been woken. That is how the
	// end of an hour is seen, and a figure that was changed in the ranking by hand.
	lookAnyway = time.Second
	// heartbeat is how often watchers hear that they are still connected.
	heartbeat = 20 * time.Second
	// behind is how many events a watcher may be behind. A slower one is cut, and
	// starts whole when its browser asks again.
	behind = 8
	// maxWatchers bounds the streams of one process.
	maxWatchers = 20_000
)

// streams sends boards to those who watch them. Each board that is watched is
// looked at by one goroutine, and each event is encoded once for all.
type streams struct {
	boards    *boards
	clock     func() time.Time
	log       *slog.Logger
	subscribe func() (wake <-chan struct{}, cancel func())

	// most is how many watchers there may be.
	most int

	mu       sync.Mutex
	open     map[boardKey]*stream
	watchers int
	// ended says that nobody is let in any more, and crowd how many there were then.
	ended bool
	crowd int

	// sent counts the events that watchers got, lost the watchers who fell behind, and
	// refused those who were not let in.
	sent, lost, refused atomic.Int64
	// lines are those that have not been closed yet. It grows under the mutex, and
	// not any more after the end.
	lines sync.WaitGroup
}

// stream is one board and its watchers. The mutex of streams guards it.
type stream struct {
	key boardKey
	// seen is what the watchers have before them, and whole the event that shows
	// it, encoded when first asked for.
	seen     scene
	whole    []byte
	watchers map[*watcher]struct{}
	// left is closed when the last watcher has gone.
	left chan struct{}
}

// watcher is one visitor. events is closed when the visitor is to be cut.
type watcher struct {
	stream *stream
	events chan []byte
}

func newStreams(b *boards, subscribe func() (<-chan struct{}, func()), clock func() time.Time, log *slog.Logger) *streams {
	return &streams{
		boards: b, clock: clock, log: log, subscribe: subscribe,
		most: maxWatchers, open: map[boardKey]*stream{},
	}
}

// watch adds a visitor, whose first event shows the whole board. Every watcher
// must leave.
func (s *streams) watch(ctx context.Context, key boardKey) (*watcher, error) {
	now, err := s.look(ctx, key, s.boards.board)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.watchers >= s.most {
		s.refused.Add(1)
		return nil, errTooMany
	}
	st, found := s.open[key]
	if !found {
		st = &stream{key: key, seen: now, watchers: map[*watcher]struct{}{}, left: make(chan struct{})}
	}
	if st.whole == nil {
		if st.whole, err = st.seen.full().message(); err != nil {
			return nil, err
		}
	}
	w := &watcher{stream: st, events: make(chan []byte, behind)}
	w.events <- st.whole
	s.sent.Add(1)
	st.watchers[w] = struct{}{}
	s.watchers++
	if !found {
		s.open[key] = st
		go s.follow(st) //nolint:contextcheck // it outlives the request of the first who watches
	}
	return w, nil
}

// carry sends a watcher its events over a line, after a message that comes first,
// for as long as it watches, and then calls over. It returns at once.
func (s *streams) carry(w *watcher, l line, first []byte, over func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended { // it has been cut already
		_ = l.conn.Close()
		over()
		return
	}
	s.lines.Go(func() {
		defer over()
		defer s.leave(w)
		l.carry(first, w.events, s.parting)
	})
}

// leave takes a visitor out. It may be called again, and after a cut.
func (s *streams) leave(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, watching := w.stream.watchers[w]; watching {
		s.drop(w)
	}
}

func (s *streams) drop(w *watcher) {
	st := w.stream
	delete(st.watchers, w)
	close(w.events)
	s.watchers--
	if len(st.watchers) == 0 {
		delete(s.open, st.key)
		close(st.left)
	}
}

// follow looks at a board for as long as somebody watches it.
func (s *streams) follow(st *stream) {
	wake, cancel := s.subscribe()
	defer cancel()
	anyway, beat := time.NewTicker(lookAnyway), time.NewTicker(heartbeat)
	defer anyway.Stop()
	defer beat.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-st.left:
			return
		case <-beat.C:
			s.send(st, []byte(":\n\n"))
			continue
		case <-wake:
		case <-anyway.C:
		}
		s.refresh(st)
		rest.Reset(lookAgain)
		select {
		case <-st.left:
			return
		case <-rest.C:
		}
	}
}

// refresh looks at the board again and tells the watchers what has changed.
func (s *streams) refresh(st *stream) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	now, err := s.look(ctx, st.key, s.boards.renewed)
	if err != nil {
		return // it has been read before, so only its drive can be missing: nothing to tell
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.sameAs(st.seen) {
		return
	}
	message, err := now.since(st.seen).message()
	if err != nil {
		s.log.Error("event cannot be encoded", slog.Any("error", err))
		return
	}
	st.seen, st.whole = now, nil
	s.sendLocked(st, message)
	s.sent.Add(int64(len(st.watchers)))
}

func (s *streams) send(st *stream, message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendLocked(st, message)
}

// sendLocked waits for nobody: who has not taken the last events is cut.
func (s *streams) sendLocked(st *stream, message []byte) {
	for w := range st.watchers {
		select {
		case w.events <- message:
		default:
			s.lost.Add(1)
			s.drop(w)
		}
	}
}

type reading func(context.Context, leaderboard.Drive, leaderboard.View, leaderboard.Span) (*snapshot, error)

// look reads the board that is watched, and the one that tells the drive's sums.
func (s *streams) look(ctx context.Context, key boardKey, read reading) (scene, error) {
	drive, err := s.boards.settledDrive(ctx, key.drive)
	if err != nil {
		return scene{}, err
	}
	total, err := read(ctx, drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil {
		return scene{}, err
	}
	board := total
	if key.view != leaderboard.ByAmount || key.span != leaderboard.AllTime {
		if board, err = read(ctx, drive, key.view, key.span); err != nil {
			return scene{}, err
		}
	}
	return newScene(total, board, s.clock()), nil
}
