package ranking_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
)

var noon = time.Date(2026, 10, 24, 16, 0, 0, 0, time.UTC)

var window = leaderboard.WindowAt(noon, time.UTC)

func listed(host leaderboard.Host, cents leaderboard.Cents, donors, reached, version int64) leaderboard.Balance {
	return leaderboard.Balance{Standing: leaderboard.Standing{
		Host: host, Raised: cents, Donors: donors, Reached: reached, Listed: true, Version: version,
	}}
}

func figures(whole bool, version int64, balances ...leaderboard.Balance) leaderboard.Figures {
	mark := leaderboard.Mark{Version: version, Witness: fmt.Sprint("at ", version)}
	return leaderboard.Figures{Drive: 7, Mark: mark, Whole: whole, Balances: balances}
}

func boardOf(t require.TestingT, r ranking.Rankings, drive int64) leaderboard.Board {
	board, err := r.Board(context.Background(), leaderboard.Drive{ID: drive}, leaderboard.ByAmount, leaderboard.Period{})
	require.NoError(t, err)
	return board
}

// hook calls a function in the place of each single command.
type hook func(cmd redis.Cmder, send func() error) error

func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return h(cmd, func() error { return next(ctx, cmd) })
	}
}

var errLost = errors.New("lost on the way")

// books is a ledger of running sums that remembers by a witness which way it went.
type books struct {
	mu       sync.Mutex
	drives   []leaderboard.Drive
	witness  []string // by version
	balances map[int64]map[leaderboard.Host]leaderboard.Standing
	changed  chan struct{}
	changes  int
	asked    int
	broken   map[int64]error
	down     error
}

func newBooks(drives ...int64) *books {
	b := &books{changed: make(chan struct{}, 1), witness: []string{""}, balances: map[int64]map[leaderboard.Host]leaderboard.Standing{}, broken: map[int64]error{}}
	for _, id := range drives {
		b.drives = append(b.drives, leaderboard.Drive{ID: id, Slug: fmt.Sprint("drive-", id), Zone: time.UTC})
		b.balances[id] = map[leaderboard.Host]leaderboard.Standing{}
	}
	return b
}

// give changes what a host and its drive have raised.
func (b *books) give(drive int64, host leaderboard.Host, cents leaderboard.Cents, isListed bool) {
	b.mu.Lock()
	b.changes++
	b.witness = append(b.witness, fmt.Sprint("change ", b.changes))
	version := int64(len(b.witness) - 1)
	for _, name := range []leaderboard.Host{host, leaderboard.EveryHost} {
		s := b.balances[drive][name]
		s.Host, s.Version, s.Raised, s.Donors, s.Reached = name, version, s.Raised+cents, s.Donors+1, int64(b.changes)
		s.Listed = isListed && name == host
		b.balances[drive][name] = s
	}
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// look changes a host that is not listed, and nothing that anybody could see.
func (b *books) look(drive int64, host leaderboard.Host) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	b.witness = append(b.witness, fmt.Sprint("change ", b.changes))
	s := b.balances[drive][host]
	s.Host, s.Version, s.Listed = host, int64(len(b.witness)-1), false
	b.balances[drive][host] = s
}

// backup gives a function that takes the ledger back to where it is now.
func (b *books) backup() (restore func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	witness, balances := b.witness[:len(b.witness):len(b.witness)], map[int64]map[leaderboard.Host]leaderboard.Standing{}
	for id, hosts := range b.balances {
		balances[id] = maps.Clone(hosts)
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.witness = witness
		for id, hosts := range balances {
			b.balances[id] = maps.Clone(hosts)
		}
	}
}

func (b *books) set(fault func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fault()
}

func (b *books) Changed() <-chan struct{} { return b.changed }

func (b *books) Head(context.Context) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.witness) - 1), b.down
}

func (b *books) Drives(context.Context) ([]leaderboard.Drive, error) { return b.drives, nil }

func (b *books) Figures(_ context.Context, drive leaderboard.Drive, since leaderboard.Mark, _ leaderboard.Window) (leaderboard.Figures, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if err := b.broken[drive.ID]; err != nil {
		return leaderboard.Figures{}, err
	}
	head := int64(len(b.witness) - 1)
	f := leaderboard.Figures{Drive: drive.ID, Mark: leaderboard.Mark{Version: head, Witness: b.witness[head]}}
	f.Whole = since.Version <= 0 || since.Version > head || b.witness[since.Version] != since.Witness
	for _, s := range b.balances[drive.ID] {
		if f.Whole || s.Version > since.Version {
			f.Balances = append(f.Balances, leaderboard.Balance{Standing: s})
		}
	}
	return f, nil
}

// agrees holds what a ranking shows, and what it holds, against the books.
func (b *books) agrees(t require.TestingT, r ranking.Rankings) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, drive := range b.drives {
		var standings []leaderboard.Standing
		for _, s := range b.balances[drive.ID] {
			standings = append(standings, s)
		}
		total := b.balances[drive.ID][leaderboard.EveryHost]
		want := leaderboard.NewBoard(drive, leaderboard.ByAmount, leaderboard.Period{}, total, standings, noon)
		got := boardOf(t, r, drive.ID)
		require.Equal(t, want.Rows(), got.Rows())
		require.Equal(t, want.Raised, got.Raised)
		dump, err := r.Dump(context.Background(), drive.ID)
		require.NoError(t, err)
		require.EqualValues(t, len(b.witness)-1, dump.Mark.Version)
		require.Len(t, dump.Balances, len(standings))
		for _, held := range dump.Balances {
			s := b.balances[drive.ID][held.Host]
			require.Equal(t, s.Version, held.Version, held.Host)
			if s.Listed || s.Host == leaderboard.EveryHost {
				require.Equal(t, s.Raised, held.Raised, held.Host)
				require.Equal(t, s.Donors, held.Donors, held.Host)
			}
		}
	}
}

func newFollower(b *books, r ranking.Rankings) *ranking.Follower {
	return ranking.NewFollower(ranking.FollowerConfig{Source: b, Rankings: r, Clock: func() time.Time { return noon }})
}

var _ ranking.Source = (*books)(nil)

func follow(t *testing.T, f *ranking.Follower) {
	t.Helper()
	require.NoError(t, f.Follow(t.Context()))
}
