package ledger_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func newsOf(drive int64, host leaderboard.Host) leaderboard.News {
	return leaderboard.News{Kind: leaderboard.NewsListed, Drive: drive, Host: host, At: noon}
}

func TestTellWritesNewsAndWhatWasSaidTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		d := addDrive(t, store, newDrive(t, "race"))
		said, turn, err := store.Said(t.Context(), d.ID)
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Said{}, said)
		said = leaderboard.Said{Opened: true, Share: 500, Last: noon, Amounts: map[leaderboard.Host]leaderboard.Cents{"mas.to": 100}, Untold: []leaderboard.News{newsOf(d.ID, "b.example")}}
		first := newsOf(d.ID, "mas.to")
		first.With = []leaderboard.News{newsOf(d.ID, "c.example")}
		require.NoError(t, store.Tell(t.Context(), d.ID, turn, said, []leaderboard.News{first}, false))
		require.ErrorIs(t, store.Tell(t.Context(), d.ID, turn, leaderboard.Said{}, []leaderboard.News{newsOf(d.ID, "other.example")}, false), ledger.ErrTurn)

		kept, turn, err := store.Said(t.Context(), d.ID)
		require.NoError(t, err)
		assert.Equal(t, said, kept)
		again := newsOf(d.ID, "mas.to")
		again.At = noon.Add(time.Hour)
		require.NoError(t, store.Tell(t.Context(), d.ID, turn, said, []leaderboard.News{again, newsOf(d.ID, "d.example")}, true))
		toots, err := store.Toots(t.Context(), ledger.Toots{Drive: d.ID}, 10)
		require.NoError(t, err)
		require.Len(t, toots, 2, "the same key is said once, and nothing of a turn that was over")
		assert.Equal(t, ledger.TootHeld, toots[0].State)
		assert.Equal(t, first, toots[1].News)
		none, err := store.Toots(t.Context(), ledger.Toots{Drive: d.ID + 1}, 10)
		require.NoError(t, err)
		assert.Empty(t, none)
	})
}

// Of many who tell at once each turn is one's.
func TestTellTakesTurns(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		d := addDrive(t, store, newDrive(t, "race"))
		var tellers sync.WaitGroup
		for range 8 {
			tellers.Go(func() {
				for range 5 {
					for {
						said, turn, err := store.Said(t.Context(), d.ID)
						if !assert.NoError(t, err) { //nolint:testifylint // require is for the test's own goroutine
							return
						}
						said.Share++
						if err = store.Tell(t.Context(), d.ID, turn, said, nil, false); err == nil {
							break
						}
						if !assert.ErrorIs(t, err, ledger.ErrTurn) {
							return
						}
					}
				}
			})
		}
		tellers.Wait()
		said, turn, err := store.Said(t.Context(), d.ID)
		require.NoError(t, err)
		assert.EqualValues(t, 40, said.Share)
		assert.EqualValues(t, 40, turn)
	})
}

func TestOutbox(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		for _, host := range []leaderboard.Host{"a.example", "b.example", "c.example"} {
			_, err := store.Request(t.Context(), newsOf(1, host), false)
			require.NoError(t, err)
		}
		next := func() (ledger.Toot, bool) {
			toot, found, err := store.NextToot(t.Context(), clock.now())
			require.NoError(t, err)
			return toot, found
		}
		toot, found := next()
		require.True(t, found)
		assert.Equal(t, leaderboard.Host("a.example"), toot.News.Host)
		assert.Nil(t, toot.Post)
		assert.Equal(t, noon, toot.Created)

		require.NoError(t, store.TryToot(t.Context(), toot.ID, noon, []byte(`{"text":"first"}`)))
		require.NoError(t, store.TryToot(t.Context(), toot.ID, noon.Add(time.Second), []byte(`{"text":"second"}`)))
		require.NoError(t, store.DelayToot(t.Context(), toot.ID, noon.Add(time.Minute), "the server has more to do than it can"))
		second, found := next()
		require.True(t, found)
		assert.Equal(t, leaderboard.Host("b.example"), second.News.Host, "who waits does not hold up the others")
		require.NoError(t, store.DropToot(t.Context(), second.ID, "not true any more"))
		require.ErrorIs(t, store.PostedToot(t.Context(), second.ID, "1", "", nil), ledger.ErrNotFound, "what has ended stays")

		clock.set(noon.Add(time.Minute))
		toot, found = next()
		require.True(t, found)
		assert.JSONEq(t, `{"text":"first"}`, string(toot.Post), "what was tried first is what is posted")
		assert.EqualValues(t, 2, toot.Attempts)
		assert.Equal(t, noon.Add(time.Second), toot.Tried)
		require.NoError(t, store.PostedToot(t.Context(), toot.ID, "110", "https://mastodon.example/@rally/110", []byte(`{"text":"first"}`)))
		kept, err := store.Toot(t.Context(), toot.ID)
		require.NoError(t, err)
		assert.JSONEq(t, `{"text":"first"}`, string(kept.Post))
		_, err = store.Toot(t.Context(), 99)
		require.ErrorIs(t, err, ledger.ErrNotFound)
		third, _ := next()
		require.NoError(t, store.PostedToot(t.Context(), third.ID, "111", "", nil))
		_, found = next()
		assert.False(t, found)

		_, err = store.Request(t.Context(), newsOf(2, "d.example"), true)
		require.NoError(t, err)
		_, err = store.Request(t.Context(), newsOf(2, "d.example"), true)
		require.ErrorIs(t, err, ledger.ErrAsked)
		_, found = next()
		assert.False(t, found, "held")
		toots, err := store.Toots(t.Context(), ledger.Toots{}, 10)
		require.NoError(t, err)
		require.Len(t, toots, 4)
		assert.Equal(t, []ledger.TootState{ledger.TootHeld, ledger.TootPosted, ledger.TootDropped, ledger.TootPosted},
			[]ledger.TootState{toots[0].State, toots[1].State, toots[2].State, toots[3].State})
		assert.Equal(t, "not true any more", toots[2].Why)
		clock.set(noon.Add(2 * time.Hour))
		require.NoError(t, store.ApproveToot(t.Context(), toots[0].ID))
		require.ErrorIs(t, store.ApproveToot(t.Context(), toots[0].ID), ledger.ErrNotFound, "it is not held any more")
		approved, found := next()
		assert.True(t, found)
		assert.Equal(t, noon.Add(2*time.Hour), approved.Created, "its time begins when it may be posted")
		outbox, err := store.Outbox(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, ledger.Outbox{Ready: 1, Posted: 2, Dropped: 1, LastPosted: noon.Add(time.Minute), OldestReady: noon.Add(2 * time.Hour)}, outbox)
		turn, err := store.TurnOf(t.Context(), approved.ID, newsOf(1, "e.example"))
		require.NoError(t, err)
		assert.Equal(t, 2, turn)

		require.NoError(t, store.TryToot(t.Context(), approved.ID, clock.now(), []byte(`{}`)))
		require.ErrorIs(t, store.WithdrawToot(t.Context(), approved.ID, "not wanted"), ledger.ErrTried)
		require.NoError(t, store.PostedToot(t.Context(), approved.ID, "112", "", nil))
		require.ErrorIs(t, store.WithdrawToot(t.Context(), approved.ID, "not wanted"), ledger.ErrNotFound)
		unwanted, err := store.Request(t.Context(), newsOf(2, "f.example"), true)
		require.NoError(t, err)
		require.NoError(t, store.WithdrawToot(t.Context(), unwanted, "not wanted"))
		require.ErrorIs(t, store.ApproveToot(t.Context(), 99), ledger.ErrNotFound)
	})
}

func TestEditSpeech(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		d := addDrive(t, store, newDrive(t, "race"))
		speech, err := store.Speech(t.Context(), d.ID)
		require.NoError(t, err)
		assert.Equal(t, leaderboard.DefaultSpeech(), speech)
		require.NoError(t, store.Tell(t.Context(), d.ID, 0, leaderboard.Said{Opened: true}, nil, false))
		_, err = store.EditSpeech(t.Context(), "race", func(s *leaderboard.Speech) error {
			s.PerDay, s.Warning = 1, ""
			return nil
		})
		require.NoError(t, err)
		speech, err = store.Speech(t.Context(), d.ID)
		require.NoError(t, err)
		want := leaderboard.DefaultSpeech()
		want.PerDay, want.Warning = 1, ""
		assert.Equal(t, want, speech)
		said, _, err := store.Said(t.Context(), d.ID)
		require.NoError(t, err)
		assert.True(t, said.Opened, "what was said stays")

		for name, edit := range map[string]func(*leaderboard.Speech) error{
			"refused":  func(*leaderboard.Speech) error { return errors.New("no") },
			"language": func(s *leaderboard.Speech) error { s.Language = "english, please"; return nil },
			"direct":   func(s *leaderboard.Speech) error { s.Visibility = "direct"; return nil },
			"ladder":   func(s *leaderboard.Speech) error { s.Donors = []int64{10, 10}; return nil },
			"gap":      func(s *leaderboard.Speech) error { s.Gap = time.Second; return nil },
			"hashtag": func(s *leaderboard.Speech) error {
				s.Hashtags = []string{"#Vote " + strings.Repeat("x", 3)}
				return nil
			},
		} {
			_, err := store.EditSpeech(t.Context(), "race", edit)
			require.ErrorIs(t, err, ledger.ErrInvalid, name)
		}
		_, err = store.EditSpeech(t.Context(), "nothing", func(*leaderboard.Speech) error { return nil })
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestLease(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		take := func(holder string, seconds int) bool {
			has, err := store.Lease(t.Context(), "bot", holder, clock.now().Add(time.Duration(seconds)*time.Second))
			require.NoError(t, err)
			return has
		}
		assert.True(t, take("a", 30))
		assert.False(t, take("b", 30))
		assert.True(t, take("a", 60), "prolonged")
		clock.set(noon.Add(59 * time.Second))
		assert.False(t, take("b", 30))
		clock.set(noon.Add(60 * time.Second))
		assert.True(t, take("b", 30), "its time was over")
		assert.False(t, take("a", 30))
		assert.True(t, take("b", 0), "given back")
		assert.True(t, take("a", 30))
	})
}
