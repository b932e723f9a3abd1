package fedi_test

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

// assertEachOnce holds the server against the outbox: what is done is there once, where
// the outbox says, and what was dropped is not there. It gives the rows in the order in
// which they arrived.
func assertEachOnce(t *testing.T, s *stage) []int64 {
	t.Helper()
	var arrived []int64
	for _, row := range s.outbox.Rows() {
		var there []feditest.Post
		for _, post := range s.server.Posts() {
			if slices.Contains(strings.Fields(post.Text), linkOf(row.ID)) {
				there = append(there, post)
			}
		}
		if row.Dropped {
			assert.Empty(t, there, "toot %d was dropped: %s", row.ID, row.Why)
			continue
		}
		if assert.Len(t, there, 1, "toot %d, after %d attempts", row.ID, row.Attempts) {
			assert.Equal(t, there[0].ID, row.Posted.ID)
		}
	}
	for _, post := range s.server.Posts() {
		_, number, _ := strings.Cut(post.Text, "?n=")
		id, err := strconv.ParseInt(number, 10, 64)
		require.NoError(t, err)
		arrived = append(arrived, id)
	}
	return arrived
}

func byImportance(s *stage) []int64 {
	rows := slices.DeleteFunc(s.outbox.Rows(), func(row feditest.OutboxRow) bool { return row.Dropped })
	slices.SortStableFunc(rows, func(a, b feditest.OutboxRow) int {
		return cmp.Compare(b.News.Importance(), a.News.Importance())
	})
	var ids []int64
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func withPictures(row fedi.Row) (fedi.Toot, error) {
	written := toot(linkOf(row.ID))
	if row.ID%2 == 1 {
		written.Picture, written.Alt = png, "what it shows"
	}
	return written, nil
}

// The program crashes at each point at which it can, once: before and after each write
// to the outbox, and before and after each request.
func TestACrashAtEveryPoint(t *testing.T) {
	t.Parallel()
	play := func(t *testing.T, style feditest.Style, crashAt int) ([]string, *stage) {
		t.Helper()
		style.MediaPolls, style.Limit = 1, 0
		s := newStage(t, feditest.Options{Style: style})
		s.write, s.pace = withPictures, fedi.Pace{Picture: 100 * time.Millisecond}
		s.add(leaderboard.NewsLead)
		s.add(leaderboard.NewsDigest)
		s.add(leaderboard.NewsShare)
		s.server.Fail(1, feditest.GatewayPage, statuses)
		s.server.Fail(1, feditest.Unavailable, statuses)
		s.outbox.CrashAt(crashAt)
		return s.play(), s
	}
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			places := map[string]int{}
			for n := 1; ; n++ {
				crashes, s := play(t, style, n)
				arrived := assertEachOnce(t, s)
				assert.Equal(t, []int64{2, 3, 1}, arrived, "crashed at point %d: %v", n, crashes)
				if t.Failed() {
					return
				}
				if len(crashes) == 0 {
					break // it has fewer points
				}
				places[crashes[0]]++
			}
			for _, place := range []string{
				"before Try", "after Try", "before Done", "after Done", "before Later", "after Later",
				"before GET", "after GET", "before POST", "after POST",
			} {
				assert.Positive(t, places[place], place)
			}
		})
	}
}

// The server fails at random, the program crashes at random, and every toot is there
// exactly once, in the order of importance.
func TestChaos(t *testing.T) {
	t.Parallel()
	seeds := uint64(12)
	if os.Getenv("FEDIRALLY_LONG") != "" {
		seeds = 400
	}
	faults := []feditest.Fault{
		feditest.Unavailable, feditest.Overloaded, feditest.BrokenServer, feditest.GatewayPage, feditest.GatewayPage,
		feditest.Unauthorized, feditest.Forbidden, feditest.Throttled, feditest.ThrottledFor,
		feditest.HangBefore, feditest.HangAfter, feditest.CutBefore, feditest.CutAfter, feditest.Garbled,
		feditest.LateWrite, feditest.LateWrite, feditest.Elsewhere,
	}
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var posted, found, crashed int
			for seed := range seeds {
				rng := rand.New(rand.NewPCG(seed, 5))
				style.MediaPolls, style.Limit = rng.IntN(3), 0
				s := newStage(t, feditest.Options{Style: style, Seed: seed, Late: time.Duration(rng.IntN(60)) * time.Second})
				s.write = withPictures
				// A row that fails often lets others go first, which is no matter of order here.
				s.pace = fedi.Pace{Aside: 1000, Longest: 5 * time.Minute, Picture: 100 * time.Millisecond}
				kinds := []leaderboard.NewsKind{leaderboard.NewsDigest, leaderboard.NewsShare, leaderboard.NewsClosed, leaderboard.NewsThanks}
				for range 6 {
					s.add(kinds[rng.IntN(len(kinds))])
				}
				s.server.Chaos(0.3, faults...)
				for done := false; !done; {
					s.outbox.CrashAt(1 + rng.IntN(60))
					crashes := s.playUntilCrash()
					crashed += len(crashes)
					done = len(crashes) == 0
				}
				arrived := assertEachOnce(t, s)
				assert.Equal(t, byImportance(s), arrived)
				for _, row := range s.outbox.Rows() {
					if row.Done {
						posted++
					}
				}
				for _, request := range s.server.Requests() {
					if request.Method == http.MethodPost && request.Fault == feditest.LateWrite {
						found++
					}
				}
				require.False(t, t.Failed(), "seed %d", seed)
			}
			assert.Greater(t, posted, int(seeds)*5, "most of it was posted after all")
			assert.Positive(t, found)
			assert.Positive(t, crashed)
		})
	}
}

// What is refused for its words is not posted, and does not hold up the rest.
func TestChaosWithRefusals(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			style.Limit = 0
			s := newStage(t, feditest.Options{Style: style, Seed: 3})
			for range 20 {
				s.add(leaderboard.NewsClosed)
			}
			s.server.Chaos(0.3, feditest.Refused, feditest.CutAfter, feditest.GatewayPage)
			s.play()
			arrived := assertEachOnce(t, s)
			assert.NotEmpty(t, arrived)
			assert.Less(t, len(arrived), 20)
		})
	}
}
