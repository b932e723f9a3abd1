package ledger_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const account = "https://social.example 1"

var budget = leaderboard.DefaultBudget()

// question is the n-th of an account, which has its own post and thread.
func question(n int, asker string) ledger.Question {
	return ledger.Question{
		Mention: fmt.Sprint("mention ", n), Asker: asker, Host: leaderboard.Host(asker[strings.IndexByte(asker, '@')+1:]), Status: fmt.Sprint("status ", n),
		At: noon.Add(time.Duration(n) * time.Millisecond), Asks: json.RawMessage(fmt.Sprintf(`{"asks":"%s %d"}`, asker, n)),
	}
}

func hear(t *testing.T, store *ledger.Store, questions ...ledger.Question) int {
	t.Helper()
	kept, err := store.Hear(t.Context(), account, fmt.Sprint("place ", len(questions)), questions, budget)
	require.NoError(t, err)
	return kept
}

// answer answers what is next, if there is something, and gives what it was.
func answer(t *testing.T, store *ledger.Store, now time.Time) string {
	t.Helper()
	next, found, err := store.NextAnswer(t.Context(), now, budget)
	require.NoError(t, err)
	if !found {
		return ""
	}
	require.NoError(t, store.TryAnswer(t.Context(), next.ID, now, json.RawMessage(`{"text":"said"}`)))
	require.NoError(t, store.PostedAnswer(t.Context(), next.ID, fmt.Sprint("answer ", next.ID)))
	var asks struct{ Asks string }
	require.NoError(t, json.Unmarshal(next.Asks, &asks))
	return asks.Asks
}

func TestQuestionsAreKeptOnceAndWithTheirPlace(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		place, err := store.Place(t.Context(), account)
		require.NoError(t, err)
		assert.Empty(t, place)
		assert.Equal(t, 2, hear(t, store, question(1, "ann@a.example"), question(2, "bob@b.example")))
		assert.Zero(t, hear(t, store, question(1, "ann@a.example")), "known")
		assert.Zero(t, hear(t, store))
		place, err = store.Place(t.Context(), account)
		require.NoError(t, err)
		assert.Equal(t, "place 0", place)
		_, err = store.Hear(t.Context(), account, "further", []ledger.Question{{Mention: "m", Asker: "x@x.example", At: noon, Asks: json.RawMessage("no JSON")}}, budget)
		require.Error(t, err)
		place, err = store.Place(t.Context(), account)
		require.NoError(t, err)
		assert.Equal(t, "place 0", place, "with the question the place is lost")

		next, found, err := store.NextAnswer(t.Context(), noon, budget)
		require.NoError(t, err)
		require.True(t, found)
		assert.JSONEq(t, `{"asks":"ann@a.example 1"}`, string(next.Asks))
		assert.Nil(t, next.Post)
		assert.True(t, next.Asked.Equal(noon.Add(time.Millisecond)), next.Asked)
		require.NoError(t, store.TryAnswer(t.Context(), next.ID, noon, json.RawMessage(`{"n":1}`)))
		require.NoError(t, store.TryAnswer(t.Context(), next.ID, noon.Add(time.Second), json.RawMessage(`{"n":2}`)))
		tried, found, err := store.NextAnswer(t.Context(), noon, budget)
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, next.ID, tried.ID, "what was begun goes first")
		assert.JSONEq(t, `{"n":1}`, string(tried.Post))
		assert.Equal(t, int64(2), tried.Attempts)
		assert.True(t, tried.Tried.Equal(noon.Add(time.Second)))
		require.NoError(t, store.DelayAnswer(t.Context(), next.ID, noon.Add(time.Minute)))
		assert.Equal(t, "bob@b.example 2", answer(t, store, noon), "put off, it lets others go first")
		assert.Empty(t, answer(t, store, noon))
		require.NoError(t, store.DropAnswer(t.Context(), next.ID))
		require.ErrorIs(t, store.PostedAnswer(t.Context(), next.ID, "x"), ledger.ErrNotFound, "it has ended")
		require.ErrorIs(t, store.TryAnswer(t.Context(), 99, noon, nil), ledger.ErrNotFound)
		assert.Empty(t, answer(t, store, noon.Add(time.Hour)))
		talk, err := store.Talk(t.Context())
		require.NoError(t, err)
		assert.Equal(t, ledger.Talk{Answered: 1}, talk)
	})
}

func TestStopIsForGood(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		hear(t, store, question(1, "ann@a.example"), question(2, "bob@b.example"), question(3, "ann@a.example"))
		stop := question(4, "ann@a.example")
		stop.Stop = true
		hear(t, store, stop, question(5, "ann@a.example"))
		assert.Equal(t, "bob@b.example 2", answer(t, store, noon))
		assert.Equal(t, "ann@a.example 4", answer(t, store, noon), "it is confirmed, and the rest is given up")
		assert.Empty(t, answer(t, store, noon))
		hear(t, store, question(8, "dee@d.example"))
		_, err := store.Rotate(t.Context(), []byte("another secret, as long as that"))
		require.NoError(t, err)
		store = openWith(t, ledger.Options{URL: url, Secret: []byte("another secret, as long as that"), Now: clock.now})
		assert.Equal(t, "dee@d.example 8", answer(t, store, noon), "what waits is sealed anew")
		clock.set(noon.Add(1000 * time.Hour))
		for i, again := range []ledger.Question{question(6, "ann@a.example"), question(7, "bob@b.example")} {
			again.At = clock.now()
			again.Stop = i == 0
			hear(t, store, again)
		}
		assert.Equal(t, "bob@b.example 7", answer(t, store, clock.now()))
		assert.Empty(t, answer(t, store, clock.now()), "also under a new secret, and also for a second stop")
	})
}

// A thread goes on through the bot's answers, and does not go on for long.
func TestAThreadEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		parent, said := "an announcement", 0
		for n := 1; n <= 12; n++ {
			q := question(n, []string{"ann@a.example", "bob@b.example"}[n%2])
			q.Parent = parent
			hear(t, store, q)
			next, found, err := store.NextAnswer(t.Context(), noon, budget)
			require.NoError(t, err)
			if !found {
				break
			}
			said++
			require.NoError(t, store.TryAnswer(t.Context(), next.ID, noon, json.RawMessage("{}")))
			parent = fmt.Sprint("answer ", n)
			require.NoError(t, store.PostedAnswer(t.Context(), next.ID, parent))
		}
		assert.Equal(t, 4, said)
		stranger := question(20, "cy@c.example")
		stranger.Parent = parent
		assert.Equal(t, 1, hear(t, store, stranger))
		below := question(21, "ann@a.example")
		below.Parent = "an announcement"
		assert.Equal(t, 1, hear(t, store, below), "below an announcement each begins a thread")
	})
}

// What is too old, and what is over, is removed: also where nobody asks any more.
func TestOldQuestionsAreRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		hear(t, store, question(1, "ann@a.example"), question(2, "bob@b.example"))
		assert.NotEmpty(t, answer(t, store, noon))
		rows := func() (n int) {
			require.NoError(t, raw(t, url).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM answers").Scan(&n))
			return n
		}
		clock.set(noon.Add(6*time.Hour + time.Minute))
		assert.Empty(t, answer(t, store, clock.now()), "it is too old")
		old := question(3, "cy@c.example")
		assert.Zero(t, hear(t, store, old), "too old when it comes")
		assert.Equal(t, 1, rows())
		clock.set(noon.Add(49 * time.Hour))
		_, err := store.Purge(t.Context(), ledger.DefaultRetention())
		require.NoError(t, err)
		assert.Zero(t, rows())
	})
}

// Many ask at once: so many wait and no more, and who asks only once is among them.
func TestABurstOfQuestions(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		n := 0
		for range 15 {
			var page []ledger.Question
			for range 80 {
				n++
				page = append(page, question(n, fmt.Sprintf("u%d@crowd.example", n%900)))
			}
			hear(t, store, page...)
		}
		hear(t, store, question(n+1, "stranger@lonely.example"))
		talk, err := store.Talk(t.Context())
		require.NoError(t, err)
		assert.Equal(t, int64(500), talk.Waiting)
		var said []string
		for next := answer(t, store, noon); next != ""; next = answer(t, store, noon) {
			said = append(said, next)
		}
		assert.Len(t, said, budget.Hour)
		assert.Contains(t, said[:2], fmt.Sprint("stranger@lonely.example ", n+1))
	})
}

// TestNoAskerLiesOpen reads every byte of the database while answers are under way and
// after them, and the log.
func TestNoAskerLiesOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var log lockedBuffer
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: newClock(noon).now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "cy")))
		marked := func(n int) ledger.Question {
			q := question(n, strings.ToLower(marker)+"@zebulons.example")
			q.Asks = json.RawMessage(`{"acct":"` + marker + `@zebulons.example"}`)
			q.Status, q.Parent = marker+" status", marker+" parent"
			return q
		}
		stop := marked(4)
		stop.Stop = true
		hear(t, store, marked(1), marked(2), marked(3))
		for range 2 {
			next, found, err := store.NextAnswer(t.Context(), noon, budget)
			require.NoError(t, err)
			require.True(t, found)
			require.NoError(t, store.TryAnswer(t.Context(), next.ID, noon, json.RawMessage(`{"text":"@`+marker+`"}`)))
			require.NoError(t, store.PostedAnswer(t.Context(), next.ID, marker+" post"))
		}
		hear(t, store, stop)
		next, _, err := store.NextAnswer(t.Context(), noon, budget)
		require.NoError(t, err)
		assert.Contains(t, string(next.Asks), marker, "it is there, sealed")
		require.NoError(t, store.TryAnswer(t.Context(), next.ID, noon, json.RawMessage(`{"text":"@`+marker+`"}`)))
		for place, text := range everything(t, store, url) {
			for _, spelling := range []string{marker, strings.ToLower(marker), hex.EncodeToString([]byte(marker)), hex.EncodeToString([]byte(strings.ToLower(marker)))} {
				assert.NotContains(t, text, spelling, place)
			}
		}
		log.mu.Lock()
		defer log.mu.Unlock()
		assert.NotContains(t, log.buffer.String(), marker)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", stop, stop, stop), "ebulon")
		require.NoError(t, store.DropAnswer(t.Context(), next.ID))
		var sealed int
		require.NoError(t, raw(t, url).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM answers WHERE sealed IS NOT NULL").Scan(&sealed))
		assert.Zero(t, sealed, "what has ended is forgotten")
	})
}
