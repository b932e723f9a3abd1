package ranking

import (
	"context"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"fedirally/leaderboard"
)

// Memory is a ranking within this process. It is empty after a start, and one
// process's own.
type Memory struct {
	mu     sync.Mutex
	drives map[int64]*shelf
}

var _ Rankings = (*Memory)(nil)

// shelf holds one drive.
type shelf struct {
	mark leaderboard.Mark
	// shown is the version that the public sees, and at when figures last changed.
	shown, at int64
	edition   int64
	boards    map[leaderboard.Period]*ladder
}

// ladder holds one period of a drive: the listed in both orders, and by host
// everything with its version.
type ladder struct {
	total  leaderboard.Standing
	hosts  map[leaderboard.Host]leaderboard.Standing
	orders map[leaderboard.View]*btree.BTreeG[leaderboard.Standing]
}

func newLadder() *ladder {
	order := func(view leaderboard.View) *btree.BTreeG[leaderboard.Standing] {
		less := func(a, b leaderboard.Standing) bool { return view.Compare(a, b) < 0 }
		return btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
	}
	return &ladder{
		hosts: map[leaderboard.Host]leaderboard.Standing{},
		orders: map[leaderboard.View]*btree.BTreeG[leaderboard.Standing]{
			leaderboard.ByAmount: order(leaderboard.ByAmount), leaderboard.ByDonors: order(leaderboard.ByDonors),
		},
	}
}

// NewMemory gives an empty ranking.
func NewMemory() *Memory { return &Memory{drives: map[int64]*shelf{}} }

// Mark implements [Rankings].
func (m *Memory) Mark(_ context.Context, drive int64) (leaderboard.Mark, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if held := m.drives[drive]; held != nil {
		return held.mark, nil
	}
	return leaderboard.Mark{}, nil
}

// Put implements [Rankings].
func (m *Memory) Put(_ context.Context, f leaderboard.Figures, window leaderboard.Window, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	held := m.drives[f.Drive]
	switch {
	case f.Whole:
		fresh := &shelf{boards: map[leaderboard.Period]*ladder{}, mark: f.Mark, edition: f.Edition, at: now.UnixMicro()}
		if held != nil {
			fresh.shown = held.shown
		}
		fresh.shown = laterStamp(max(fresh.shown, f.Seen), now)
		held = fresh
	case held == nil:
		return ErrStale
	}
	seen := false
	for _, balance := range f.Balances {
		if balance.Host != leaderboard.Unattributed && window.Holds(balance.Period) && held.put(balance) {
			seen = true
		}
	}
	if seen {
		held.at = now.UnixMicro()
	}
	if !f.Whole && (seen || f.Edition > held.edition) {
		held.shown, held.edition = laterStamp(held.shown, now), max(held.edition, f.Edition)
	}
	for period := range held.boards {
		if !window.Holds(period) {
			delete(held.boards, period)
		}
	}
	if f.Mark.Version >= held.mark.Version {
		held.mark = f.Mark
	}
	m.drives[f.Drive] = held
	return nil
}

// put reports whether anybody can see a difference.
func (s *shelf) put(balance leaderboard.Balance) (seen bool) {
	board := s.boards[balance.Period]
	if board == nil {
		board = newLadder()
		s.boards[balance.Period] = board
	}
	if balance.Host == leaderboard.EveryHost {
		old := board.total
		if old.Host != "" && balance.Version <= old.Version {
			return false
		}
		board.total = leaderboard.Standing{
			Host: balance.Host, Raised: balance.Raised, Donors: balance.Donors, Version: balance.Version,
		}
		return old.Raised != balance.Raised || old.Donors != balance.Donors
	}
	old, found := board.hosts[balance.Host]
	if found && balance.Version <= old.Version {
		return false
	}
	standing := balance.Standing
	standing.Gifts, standing.Reached = 0, max(standing.Reached, 0) // as Redis holds it
	if !standing.Listed {
		standing = leaderboard.Standing{Host: standing.Host, Version: standing.Version}
	}
	board.hosts[standing.Host] = standing
	for _, order := range board.orders {
		if old.Listed {
			order.Delete(old)
		}
		if standing.Listed {
			order.Set(standing)
		}
	}
	return old.Listed != standing.Listed || old.Raised != standing.Raised ||
		old.Donors != standing.Donors || old.Reached != standing.Reached
}

// of gives a period's ladder, an empty one if there is none. The caller holds
// the mutex.
func (m *Memory) of(drive int64, period leaderboard.Period) (*shelf, *ladder, error) {
	held := m.drives[drive]
	if held == nil {
		return nil, nil, ErrEmpty
	}
	if board := held.boards[period]; board != nil {
		return held, board, nil
	}
	return held, newLadder(), nil
}

// Shown implements [Rankings].
func (m *Memory) Shown(_ context.Context, drive int64) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if held := m.drives[drive]; held != nil {
		return held.shown, nil
	}
	return 0, nil
}

// Board implements [Rankings].
func (m *Memory) Board(
	_ context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period,
) (leaderboard.Board, error) {
	m.mu.Lock()
	held, board, err := m.of(drive.ID, period)
	if err != nil {
		m.mu.Unlock()
		return leaderboard.Board{}, err
	}
	order := board.orders[view].Copy() // shares all that does not change while it is read
	total, shown, at := board.total, held.shown, held.at
	m.mu.Unlock()

	standings := make([]leaderboard.Standing, 0, order.Len())
	order.Scan(func(s leaderboard.Standing) bool {
		standings = append(standings, s)
		return true
	})
	return boardOf(drive, view, period, total, standings, shown, at), nil
}

// Top implements [Rankings].
func (m *Memory) Top(_ context.Context, drive int64, view leaderboard.View, period leaderboard.Period, n int) ([]leaderboard.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, board, err := m.of(drive, period)
	if err != nil {
		return nil, err
	}
	return ranked(view, from(board.orders[view], 0, n), 0, 1), nil
}

// from gives up to n standings from an index on.
func from(order *btree.BTreeG[leaderboard.Standing], index, n int) []leaderboard.Standing {
	standings := make([]leaderboard.Standing, 0, max(min(n, order.Len()-index), 0))
	first, found := order.GetAt(index)
	if !found || n <= 0 {
		return standings
	}
	order.Ascend(first, func(s leaderboard.Standing) bool {
		standings = append(standings, s)
		return len(standings) < n
	})
	return standings
}

// before counts the standings for which the condition holds; they all stand
// before the others.
func before(order *btree.BTreeG[leaderboard.Standing], condition func(leaderboard.Standing) bool) int {
	low, high := 0, order.Len()
	for low < high {
		middle := (low + high) / 2
		if s, _ := order.GetAt(middle); condition(s) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// Rank implements [Rankings].
func (m *Memory) Rank(
	ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host,
) (leaderboard.Row, error) {
	rows, err := m.Around(ctx, drive, view, period, host, 0)
	if err != nil {
		return leaderboard.Row{}, err
	}
	return rows[0], nil
}

// Around implements [Rankings].
func (m *Memory) Around(
	_ context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host, n int,
) ([]leaderboard.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, board, err := m.of(drive, period)
	if err != nil {
		return nil, err
	}
	own := board.hosts[host]
	if !own.Listed {
		return nil, ErrUnlisted
	}
	order := board.orders[view]
	n = min(max(n, 0), order.Len())
	index := before(order, func(s leaderboard.Standing) bool { return view.Compare(s, own) < 0 })
	start := max(index-n, 0)
	standings := from(order, start, index-start+1+n)
	better := before(order, func(s leaderboard.Standing) bool { return view.Score(s) > view.Score(standings[0]) })
	return ranked(view, standings, start, better+1), nil
}

// Dump implements [Rankings].
func (m *Memory) Dump(_ context.Context, drive int64) (leaderboard.Figures, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	figures := leaderboard.Figures{Drive: drive, Whole: true}
	held := m.drives[drive]
	if held == nil {
		return figures, nil
	}
	figures.Mark = held.mark
	for period, board := range held.boards {
		if board.total.Host != "" {
			figures.Balances = append(figures.Balances, leaderboard.Balance{Period: period, Standing: board.total})
		}
		for _, standing := range board.hosts {
			figures.Balances = append(figures.Balances, leaderboard.Balance{Period: period, Standing: standing})
		}
	}
	return figures, nil
}

// Close implements [Rankings].
func (m *Memory) Close() error { return nil }
