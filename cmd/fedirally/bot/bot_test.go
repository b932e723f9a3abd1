package bot_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

func onSQLite(t *testing.T, change func(*bot.Config)) *stage {
	t.Helper()
	return newStage(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), change)
}

func (s *stage) speech(edit func(*leaderboard.Speech)) {
	s.Helper()
	_, err := s.store.EditSpeech(s.Context(), "summer", func(speech *leaderboard.Speech) error { edit(speech); return nil })
	require.NoError(s, err)
}

func (s *stage) known(hosts ...leaderboard.Host) {
	s.Helper()
	for _, host := range hosts {
		require.NoError(s, s.store.SetInstance(s.Context(), host, leaderboard.Known, "test"))
	}
}

func (s *stage) toots() []ledger.Toot {
	s.Helper()
	toots, err := s.store.Toots(s.Context(), ledger.Toots{}, 100)
	require.NoError(s, err)
	return toots
}

// Of two servers on a ledger one speaks, and the other when that one has ended.
func TestOneSpeaks(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := newStage(t, url, nil)
		other := s.newBot("two", nil)
		s.set(start)
		s.bot.Turn(t.Context())
		other.Turn(t.Context())
		assert.True(t, s.bot.Status().Speaks)
		assert.False(t, other.Status().Speaks)
		require.ErrorIs(t, other.Once(t.Context()), bot.ErrElsewhere)
		assert.Len(t, s.server.Posts(), 1)

		s.set(start.Add(time.Hour)) // the first has not been heard of for an hour
		other.Turn(t.Context())
		assert.True(t, other.Status().Speaks)
		s.bot.Turn(t.Context())
		assert.False(t, s.bot.Status().Speaks)
		assert.Len(t, s.server.Posts(), 1, "the drive has opened once")
	})
}

// Whoever ends gives the lease up, so that the next need not wait.
func TestTheLeaseIsGivenUp(t *testing.T) {
	s := onSQLite(t, nil)
	s.set(start)
	require.NoError(t, s.bot.Once(t.Context()))
	assert.False(t, s.bot.Status().Speaks)
	require.NoError(t, s.newBot("two", nil).Once(t.Context()))
}

func TestHeldTootsWaitForAPerson(t *testing.T) {
	s := onSQLite(t, nil)
	s.speech(func(speech *leaderboard.Speech) { speech.Approve = true })
	s.set(start)
	s.bot.Turn(t.Context())
	require.Len(t, s.toots(), 1)
	assert.Equal(t, ledger.TootHeld, s.toots()[0].State)
	s.pass(8*time.Hour, time.Hour)
	assert.Empty(t, s.server.Posts())

	require.NoError(t, s.store.ApproveToot(t.Context(), s.toots()[0].ID))
	s.pass(time.Minute, time.Minute)
	require.Len(t, s.server.Posts(), 1, "its time began with the approval")
	assert.Contains(t, s.server.Posts()[0].Text, "The summer race")
}

// Without an account nothing is posted, and people can read what would be.
func TestARehearsalPostsNothing(t *testing.T) {
	s := onSQLite(t, func(c *bot.Config) { c.Client = nil })
	s.set(start)
	require.NoError(t, s.bot.Once(t.Context()))
	toot := s.toots()[0]
	assert.Equal(t, ledger.TootHeld, toot.State)
	assert.Empty(t, s.server.Requests())
	reads, err := s.bot.Reads(t.Context(), toot, fedi.DefaultLimits())
	require.NoError(t, err)
	assert.Contains(t, reads.Text, "https://rally.example/drives/summer?n=1")
	assert.Equal(t, "US politics, fundraising", reads.Warning)
}

func TestASilentBotSaysNothingAndGoesOnNoticing(t *testing.T) {
	s := onSQLite(t, nil)
	s.known("mas.example")
	s.speech(func(speech *leaderboard.Speech) { speech.Silent = true })
	s.set(start)
	s.bot.Turn(t.Context())
	s.crowd("mas.example", 40, 100_00)
	s.pass(3*time.Hour, 10*time.Minute)
	assert.Empty(t, s.toots())
	s.speech(func(speech *leaderboard.Speech) { speech.Silent = false })
	s.pass(3*time.Hour, 10*time.Minute)
	assert.Empty(t, s.toots(), "what went by in silence is not told later")
	s.crowd("mas.example", 40, 100_00)
	s.pass(time.Hour, 10*time.Minute)
	assert.Len(t, s.server.Posts(), 1)
}

// A campaigner's thanks are of a group, or they are not said.
func TestThanksThatAPersonAsksFor(t *testing.T) {
	s := onSQLite(t, nil)
	s.known("mas.example", "small.example")
	s.set(start)
	s.bot.Turn(t.Context())
	s.crowd("mas.example", 12, 100)
	s.crowd("small.example", 4, 100)
	for _, host := range []leaderboard.Host{"mas.example", "small.example", "nobody.example"} {
		_, err := s.store.Request(t.Context(), leaderboard.News{Kind: leaderboard.NewsThanks, Drive: s.drive.ID, Host: host, At: start}, false)
		require.NoError(t, err)
	}
	s.pass(20*time.Minute, 2*time.Minute)
	posts := s.server.Posts()
	require.Len(t, posts, 2)
	assert.Contains(t, posts[1].Text, "12 people")
	assert.Contains(t, posts[1].Text, "https://rally.example/drives/summer/instances/mas.example?n=2")
	for _, toot := range s.toots()[:2] {
		assert.Equal(t, ledger.TootDropped, toot.State)
		assert.Contains(t, toot.Why, "not enough people")
	}
}

// What is not true any more when it could be posted is not posted.
func TestUntrueNewsIsDropped(t *testing.T) {
	s := onSQLite(t, nil)
	s.known("mas.example")
	s.set(start)
	s.bot.Turn(t.Context())
	require.NoError(t, s.store.Tell(t.Context(), s.drive.ID, 1, leaderboard.Said{Opened: true}, []leaderboard.News{{
		Kind: leaderboard.NewsAmount, Drive: s.drive.ID, Host: "mas.example", Threshold: 100_00, At: start,
	}}, false))
	s.pass(5*time.Minute, time.Minute)
	assert.Len(t, s.server.Posts(), 1)
	assert.Equal(t, ledger.TootDropped, s.toots()[0].State)
}

// A token that is not taken any more pauses the bot. Nothing is told meanwhile, and what
// has happened is told as one when a person has seen to it.
func TestAnAccountThatMayNotPost(t *testing.T) {
	s := onSQLite(t, nil)
	s.known("mas.example")
	s.set(start)
	s.bot.Turn(t.Context())
	s.server.Chaos(1, feditest.Unauthorized)
	for i := range 6 {
		s.set(start.Add(time.Duration(3+i) * time.Hour))
		s.crowd("mas.example", 10*(i+1), 10_00)
		s.bot.Turn(t.Context())
		s.pass(2*time.Minute, time.Minute)
		assert.Len(t, s.toots(), 1)
	}
	assert.True(t, s.bot.Status().Paused)
	assert.Contains(t, s.bot.Status().Why, "401")
	s.server.Calm()
	s.pass(20*time.Minute, time.Minute)
	assert.False(t, s.bot.Status().Paused)
	assert.Len(t, s.server.Posts(), 2)
}

// On a locked account those are let in whom the rule lets in, and nobody else.
func TestFollowersByRule(t *testing.T) {
	s := onSQLite(t, func(c *bot.Config) { c.LetFollowAfter = 30 * 24 * time.Hour })
	server, err := feditest.Open(t.Context(), feditest.Options{
		Now: s.clock, Scopes: append(feditest.LeastScopes(), "read:follows", "write:follows"), Profile: feditest.Profile{Username: "locked", Bot: true, Locked: true},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	require.NoError(t, s.store.SetInstance(t.Context(), "blocked.example", leaderboard.Blocked, "test"))
	old := start.AddDate(-1, 0, 0)
	for i, f := range []feditest.Follower{
		{Sender: feditest.Sender{Acct: "ada@good.example"}, Created: old},
		{Sender: feditest.Sender{Acct: "eve@sub.blocked.example"}, Created: old},
		{Sender: feditest.Sender{Acct: "robot@good.example", Bot: true}, Created: old},
		{Sender: feditest.Sender{Acct: "young@good.example"}, Created: start.AddDate(0, 0, -3)},
	} {
		f.ID = strconv.Itoa(100 + i)
		server.AskToFollow(f)
	}
	let := func(after time.Duration) []bool {
		b := s.newBot("two", func(c *bot.Config) {
			c.LetFollowAfter = after
			c.Client, err = fedi.New(fedi.Config{Server: server.URL(), Token: server.Token(), Now: s.clock})
			require.NoError(t, err)
		})
		require.NotZero(t, b.Turn(t.Context()))
		s.set(s.clock().Add(time.Hour)) // the lease is over
		var is []bool
		for _, f := range server.Followers() {
			is = append(is, f.Let)
			assert.False(t, f.Refused, "nobody is refused by a rule")
		}
		return is
	}
	s.set(start)
	assert.Equal(t, []bool{false, false, false, false}, let(-1), "without a rule all wait for a person")
	assert.Equal(t, []bool{true, false, false, false}, let(30*24*time.Hour))
	assert.Equal(t, []bool{true, false, false, true}, let(0))
}

func TestABotNamesWhatItLacks(t *testing.T) {
	_, err := bot.New(bot.Config{})
	require.Error(t, err)
}
