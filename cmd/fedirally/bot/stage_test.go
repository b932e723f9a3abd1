package bot_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
	"fedirally/templates/preview"
)

const secret = "a secret for tests, long enough"

// stage is a ledger, its ranking, a bot and the server that it speaks on, all on one
// clock that the test sets.
type stage struct {
	*testing.T
	mu       sync.Mutex
	now      time.Time
	store    *ledger.Store
	ranks    *ranking.Memory
	follower *ranking.Follower
	server   *feditest.Server
	bot      *bot.Bot
	drive    leaderboard.Drive
	items    int64
}

// start is the beginning of the drives of these tests: a Monday morning in New York.
var start = time.Date(2026, time.June, 1, 13, 0, 0, 0, time.UTC)

// newStage opens a drive of two weeks with a goal of $10,000.
func newStage(t *testing.T, url string, change func(*bot.Config)) *stage {
	t.Helper()
	s := &stage{T: t, now: start.Add(-time.Hour), ranks: ranking.NewMemory()}
	var err error
	s.store, err = ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret), Now: s.clock})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.store.Close()) })
	s.follower = ranking.NewFollower(ranking.FollowerConfig{Source: s.store, Rankings: s.ranks, Clock: s.clock})
	s.server, err = feditest.Open(t.Context(), feditest.Options{Now: s.clock})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.server.Close()) })
	s.bot = s.newBot("one", change)

	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	_, err = s.store.AddDrive(t.Context(), leaderboard.Drive{
		Slug: "summer", Title: "The summer race", Forms: []string{"summer"}, Goal: 10_000_00,
		Beneficiary: "Example Committee", Disclaimer: "Paid for by Example Committee", Contact: "contact@rally.example",
		Eligibility: leaderboard.DefaultEligibility, Start: start, End: start.AddDate(0, 0, 14), Zone: zone, MinDonors: 5,
	}, "test", true)
	require.NoError(t, err)
	s.drive, err = s.store.Drive(t.Context(), "summer")
	require.NoError(t, err)
	return s
}

func (s *stage) newBot(holder string, change func(*bot.Config)) *bot.Bot {
	s.Helper()
	client, err := fedi.New(fedi.Config{Server: s.server.URL(), Token: s.server.Token(), Now: s.clock})
	require.NoError(s, err)
	painter, err := preview.New()
	require.NoError(s, err)
	config := bot.Config{
		Ledger: s.store, Boards: boards{s}, Client: client, Draw: painter.Drive, Holder: holder, Clock: s.clock,
		Address: address,
	}
	if change != nil {
		change(&config)
	}
	b, err := bot.New(config)
	require.NoError(s, err)
	return b
}

func address(drive leaderboard.Drive, host leaderboard.Host) string {
	if host == "" {
		return "https://rally.example/drives/" + drive.Slug
	}
	return "https://rally.example/drives/" + drive.Slug + "/instances/" + string(host)
}

// boards are those of the ranking, brought up to date first.
type boards struct{ *stage }

func (b boards) Board(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period) (leaderboard.Board, error) {
	if err := b.follower.Follow(ctx); err != nil {
		return leaderboard.Board{}, err
	}
	return b.ranks.Board(ctx, drive, view, period)
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) set(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// pass lets time pass in steps, and the bot take a turn after each.
func (s *stage) pass(length, step time.Duration) {
	for end := s.clock().Add(length); s.clock().Before(end); {
		s.set(s.clock().Add(step))
		s.bot.Turn(s.Context())
	}
}

// give records a gift of a donor of an instance, and gives its line item.
func (s *stage) give(host leaderboard.Host, donor string, cents leaderboard.Cents) int64 {
	s.Helper()
	s.items++
	s.record(leaderboard.Notice{Kind: leaderboard.Contributions, Gifts: []leaderboard.Gift{{
		LineItem: s.items, Order: fmt.Sprintf("AB%d", s.items), Form: "summer", Entity: 7, Amount: cents, Paid: s.clock(),
		Clues: leaderboard.Clues{Refcode: string(host), Coded: host}, Donor: leaderboard.Person{First: donor, Email: donor + "@example.org"},
		Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: donor},
	}}})
	return s.items
}

func (s *stage) refund(item int64, cents leaderboard.Cents) {
	s.Helper()
	s.record(leaderboard.Notice{Kind: leaderboard.Refunds, Refunds: []leaderboard.Refund{{LineItem: item, Amount: cents, Refunded: s.clock()}}})
}

func (s *stage) record(n leaderboard.Notice) {
	s.Helper()
	n.Body = func() []byte { return []byte("{}") }
	binary.BigEndian.PutUint64(n.Digest[:], uint64(s.items))
	n.Digest[31] = byte(len(n.Refunds))
	receipt, err := s.store.Record(s.Context(), n)
	require.NoError(s, err)
	require.Equal(s, 1, receipt.Recorded)
}

// crowd gives from that many donors of an instance at once.
func (s *stage) crowd(host leaderboard.Host, donors int, cents leaderboard.Cents) {
	s.Helper()
	for i := range donors {
		s.give(host, fmt.Sprintf("%s-%d", host, i), cents)
	}
}
