package bot_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// mention is what somebody writes to the bot.
func mention(acct, text string) feditest.Notification {
	return feditest.Notification{
		From:    feditest.Sender{ID: "of " + acct, Username: strings.Split(acct, "@")[0], Acct: acct},
		Content: `<p><span class="h-card"><a href="https://social.example/@raceboard" class="u-url mention">@<span>raceboard</span></a></span> ` + text + `</p>`, Visibility: "public",
	}
}

// mutter lets the bot say nothing by itself, so that all its posts are answers.
func (s *stage) mutter() {
	s.Helper()
	s.speech(func(speech *leaderboard.Speech) { speech.PerDay, speech.DigestHour, speech.Thanks = 0, -1, false })
	s.set(start)
	s.bot.Turn(s.Context()) // the drive has opened
}

// answers are the posts that answer somebody.
func (s *stage) answers() (list []feditest.Post) {
	for _, post := range s.server.Posts() {
		if post.InReplyTo != "" {
			list = append(list, post)
		}
	}
	return list
}

func TestMentionsAreAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := newStage(t, url, nil)
		s.known("mas.example", "big.example", "away.example")
		_, err := s.store.AliasHost(t.Context(), "old.example", "mas.example", "test", true)
		require.NoError(t, err)
		require.NoError(t, s.store.SetInstance(t.Context(), "away.example", leaderboard.OptedOut, "test"))
		s.mutter()
		s.crowd("big.example", 10, 100_00)
		s.crowd("mas.example", 6, 50_00)
		s.crowd("tiny.example", 2, 500_00)
		asked := map[string]feditest.Notification{}
		for acct, text := range map[string]string{
			"ann@mas.example": "link please", "bob@mas.example": "Score?", "cy@tiny.example": "", "dee@tiny.example": "score",
			"eve@big.example": "top", "fay@elsewhere.example": "help", "gus@away.example": "link", "hal@old.example": "who are you?",
			"ivy@mas.example": "thanks!", "local": "opt out",
		} {
			n := mention(acct, text)
			if acct == "bob@mas.example" {
				n.Visibility = "direct"
			}
			asked[acct] = s.server.Notify(n)
		}
		s.pass(3*time.Minute, 5*time.Second)
		want := map[string][]string{
			"ann@mas.example":       {"2nd", "$300", "6 people", "/instances/mas.example?n=a", "I also know"},
			"bob@mas.example":       {"2nd", "$300", "$701 takes 1st"},
			"cy@tiny.example":       {"tiny.example", "once 5 people have given through it", "/instances/tiny.example?n=a"},
			"dee@tiny.example":      {"tiny.example", "once 5 people have given through it"},
			"eve@big.example":       {"1st big.example $1,000\n2nd mas.example $300\n\nhttps://rally.example/drives/summer?n=a"},
			"fay@elsewhere.example": {"score", "stop", "opt out"},
			"gus@away.example":      {"away.example", "/drives/summer?n=a"},
			"hal@old.example":       {"2nd", "/instances/mas.example?n=a"},
			"local":                 {"organizer"},
		}
		posts := s.answers()
		assert.Len(t, posts, len(want), "each once, and thanks are not answered")
		for _, post := range posts {
			acct := strings.TrimPrefix(strings.Fields(post.Text)[0], "@")
			require.Contains(t, want, acct, post.Text)
			for _, words := range want[acct] {
				assert.Contains(t, post.Text, words)
			}
			delete(want, acct)
			assert.Equal(t, asked[acct].StatusID, post.InReplyTo, acct)
			assert.Equal(t, map[bool]string{true: "direct", false: "unlisted"}[acct == "bob@mas.example"], post.Visibility)
			assert.Equal(t, "US politics, fundraising", post.Warning)
			assert.NotContains(t, strings.Replace(post.Text, "@"+acct, "", 1), "@", "only the asker is called")
		}
		assert.Empty(t, want, "not answered")
		outbox, err := s.store.Outbox(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, int64(1), outbox.Posted, "answers are none of the drive's toots")
	})
}

// What must not be answered is not, and what is asked for besides is done.
func TestManners(t *testing.T) {
	s := onSQLite(t, nil)
	s.mutter()
	robot, shy, shyAsks := mention("robot@a.example", "link"), mention("shy@a.example", "hello there"), mention("asks@a.example", "link")
	robot.From.Bot = true
	shy.From.Note, shyAsks.From.Note = "<p>#nobot</p>", "<p>#nobot</p>"
	first := s.server.Notify(mention("stopper@a.example", "link"))
	s.pass(time.Minute, 5*time.Second)
	require.Len(t, s.answers(), 1)
	aside, asideAsks := mention("aside@a.example", "I would not give them a cent"), mention("top@a.example", "top!")
	chat, angry := mention("chat@a.example", "so funny"), mention("angry@a.example", "stop it")
	aside.InReplyTo, asideAsks.InReplyTo, chat.InReplyTo, angry.InReplyTo = first.StatusID, first.StatusID, first.StatusID, first.StatusID
	old := mention("old@a.example", "link")
	old.At = s.clock().Add(-7 * time.Hour)
	for _, n := range []feditest.Notification{robot, shy, shyAsks, aside, asideAsks, chat, angry, old, mention("stopper@a.example", "please stop"), mention("stopper@a.example", "link")} {
		s.server.Notify(n)
	}
	s.pass(2*time.Minute, 5*time.Second)
	s.server.Notify(mention("stopper@a.example", "link"))
	s.server.Notify(mention("angry@a.example", "link")) // who was angry with somebody else
	s.pass(2*time.Minute, 5*time.Second)
	var texts []string
	for _, post := range s.answers()[1:] {
		texts = append(texts, strings.Fields(post.Text)[0])
		links := strings.HasPrefix(post.Text, "@angry@") || strings.HasPrefix(post.Text, "@asks@")
		assert.Equal(t, links, strings.Contains(post.Text, "/instances/a.example"), post.Text)
	}
	assert.ElementsMatch(t, []string{"@asks@a.example", "@top@a.example", "@stopper@a.example", "@angry@a.example"}, texts, "the stopper is answered once more")
}

func TestWhoRunsAnInstanceCanOptOut(t *testing.T) {
	s := onSQLite(t, nil)
	server, err := feditest.Open(t.Context(), feditest.Options{Now: s.clock, ContactID: "of admin"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	s.server = server
	s.bot = s.newBot("another account", nil)
	s.known("social.example", "a.example")
	s.mutter()
	for _, acct := range []string{"somebody", "admin@a.example"} {
		s.server.Notify(mention(acct, "opt out"))
	}
	s.pass(time.Minute, 5*time.Second)
	for _, host := range []leaderboard.Host{"social.example", "a.example"} {
		instance, _, err := s.store.Instance(t.Context(), host)
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Known, instance.State, "whoever says so is not believed")
	}
	n := mention("admin", "please opt us out")
	n.At = s.clock().Add(-10 * time.Hour)
	s.server.Notify(n)
	s.pass(time.Minute, 5*time.Second)
	instance, _, err := s.store.Instance(t.Context(), "social.example")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.OptedOut, instance.State, "however long the bot was away")
	assert.Len(t, s.answers(), 2, "and such an old post is not answered")
}

// The account that an instance names as its contact may speak for it, as far as that is
// known from the instance itself, of late, and not because somebody gave.
func TestTheContactOfARemoteInstanceCanOptOut(t *testing.T) {
	s := onSQLite(t, nil)
	s.mutter()
	s.known("good.example", "stale.example", "silent.example")
	for host, read := range map[leaderboard.Host]time.Time{
		"good.example": start, "stale.example": start.Add(-8 * 24 * time.Hour), "found.example": start, "silent.example": start,
	} {
		facts := leaderboard.Facts{Contact: "Admin@" + string(host)}
		if host == "silent.example" {
			facts.Contact = ""
		}
		require.NoError(t, s.store.PutProfile(t.Context(), leaderboard.Profile{Host: host, Facts: facts, Read: read}))
	}
	s.crowd("found.example", 6, 100)
	found, err := s.store.FindInstance(t.Context(), "found.example")
	require.NoError(t, err)
	require.True(t, found)
	for _, acct := range []string{"other@good.example", "admin@stale.example", "admin@found.example", "admin@silent.example"} {
		s.server.Notify(mention(acct, "opt out"))
	}
	s.pass(time.Minute, 5*time.Second)
	for _, host := range []leaderboard.Host{"good.example", "stale.example", "found.example", "silent.example"} {
		instance, _, err := s.store.Instance(t.Context(), host)
		require.NoError(t, err)
		assert.Equal(t, leaderboard.Known, instance.State, host)
	}
	assert.Len(t, s.answers(), 4)
	s.server.Notify(mention("admin@good.example", "opt out"))
	s.pass(time.Minute, 5*time.Second)
	instance, _, err := s.store.Instance(t.Context(), "good.example")
	require.NoError(t, err)
	assert.Equal(t, leaderboard.OptedOut, instance.State)
	assert.Contains(t, s.answers()[4].Text, "from now on")
}

// Where the bot is silent, and where a person reads every toot before, nobody is
// answered; and what was asked meanwhile is not answered later.
func TestASilentBotAnswersNobody(t *testing.T) {
	for name, hush := range map[string]func(*leaderboard.Speech){
		"silent": func(speech *leaderboard.Speech) { speech.Silent = true }, "approve": func(speech *leaderboard.Speech) { speech.Approve = true },
	} {
		s := onSQLite(t, nil)
		s.mutter()
		s.speech(hush)
		s.server.Notify(mention("ann@a.example", "link"))
		s.server.Notify(mention("bob@a.example", "stop"))
		s.pass(2*time.Minute, 5*time.Second)
		assert.Empty(t, s.answers(), name)
		s.speech(func(speech *leaderboard.Speech) { speech.Silent, speech.Approve = false, false })
		s.server.Notify(mention("bob@a.example", "link"))
		s.pass(2*time.Minute, 5*time.Second)
		assert.Empty(t, s.answers(), name)
		talk, err := s.store.Talk(t.Context())
		require.NoError(t, err)
		assert.Equal(t, ledger.Talk{Stopped: 1}, talk, "a stop is heard in silence, too")
	}
}

// Ten thousand mentions come at once, of a crowd on one server and of some who write all
// the time. The bot stays within its budget, and a stranger's only question, the last of
// all, is answered.
func TestABurstOfMentions(t *testing.T) {
	s := onSQLite(t, nil)
	s.mutter()
	for i := range 10_000 {
		acct := fmt.Sprintf("c%d@crowd.example", i%3000)
		if i%4 == 0 {
			acct = fmt.Sprintf("loud%d@loud.example", i%7)
		}
		s.server.Notify(mention(acct, "link"))
	}
	s.server.Notify(mention("stranger@lonely.example", "score"))
	asks := len(s.server.Requests())
	s.pass(time.Hour, 15*time.Second)
	assert.LessOrEqual(t, len(s.answers()), leaderboard.DefaultBudget().Hour)
	s.pass(time.Hour, time.Minute)
	posts := s.answers()
	assert.LessOrEqual(t, len(posts), 2*leaderboard.DefaultBudget().Hour)
	to := map[string]int{}
	for _, post := range posts {
		to[strings.Fields(post.Text)[0]]++
	}
	assert.Equal(t, 1, to["@stranger@lonely.example"])
	for acct, n := range to {
		assert.LessOrEqual(t, n, 6, acct)
	}
	polls := 0
	for _, request := range s.server.Requests()[asks:] {
		if request.Path == "/api/v1/notifications" {
			polls++
		}
	}
	assert.Less(t, polls, 2*120+10_000/80+50, "two hours of polls, and the pages of the burst")
	talk, err := s.store.Talk(t.Context())
	require.NoError(t, err)
	assert.LessOrEqual(t, talk.Waiting, int64(500))
}

// Two bots that mention each other end at once, and end soon even where neither says
// that it is one.
func TestTwoBots(t *testing.T) {
	for _, says := range []bool{true, false} {
		t.Run(fmt.Sprint("says that it is a bot: ", says), func(t *testing.T) {
			a, b := onSQLite(t, nil), onSQLite(t, nil)
			for _, s := range []*stage{a, b} {
				s.mutter()
			}
			// carry delivers what one posts to the other's server.
			seen := map[string]bool{}
			ids := map[string]string{} // of the same post at the other server
			carry := func(from, to *stage, acct string) {
				for _, post := range from.answers() {
					key := acct + post.ID
					if seen[key] {
						continue
					}
					seen[key] = true
					n := mention(acct, strings.SplitN(post.Text, " ", 2)[1])
					n.From.Bot, n.InReplyTo = says, ids[acct+post.InReplyTo]
					delivered := to.server.Notify(n)
					ids[other(acct)+delivered.StatusID] = post.ID
				}
			}
			n := mention("b@b.example", "link")
			n.From.Bot = says
			a.server.Notify(n)
			for range 200 {
				for _, s := range []*stage{a, b} {
					s.pass(30*time.Second, 30*time.Second)
				}
				carry(a, b, "a@a.example")
				carry(b, a, "b@b.example")
			}
			most := 0
			if !says {
				most = leaderboard.DefaultBudget().AskerHour
			}
			assert.LessOrEqual(t, len(a.answers()), most)
			assert.LessOrEqual(t, len(b.answers()), most)
			assert.Equal(t, !says, len(a.answers()) > 0)
		})
	}
}

func other(acct string) string {
	if acct == "a@a.example" {
		return "b@b.example"
	}
	return "a@a.example"
}

// News and answers do not wait for each other.
func TestNewsAndAnswersDoNotWaitForEachOther(t *testing.T) {
	s := onSQLite(t, nil)
	s.known("mas.example")
	s.set(start)
	s.server.Fail(1, feditest.CutBefore, "POST /api/v1/statuses") // the opening has to wait
	s.bot.Turn(t.Context())
	s.server.Notify(mention("ann@mas.example", "link"))
	s.pass(30*time.Second, 10*time.Second)
	assert.Len(t, s.answers(), 1)
	outbox, err := s.store.Outbox(t.Context(), s.drive.ID)
	require.NoError(t, err)
	assert.Equal(t, int64(1), outbox.Ready)
	s.server.Fail(1, feditest.CutBefore, "POST /api/v1/statuses") // and now the first of two answers
	s.server.Notify(mention("bob@mas.example", "link"))
	s.server.Notify(mention("cy@mas.example", "link"))
	s.pass(40*time.Second, 10*time.Second)
	assert.Len(t, s.answers(), 2)

	s.pass(10*time.Minute, 30*time.Second)
	s.server.Fail(1, feditest.CutBefore, "POST /api/v1/statuses")
	s.server.Notify(mention("ann@mas.example", "score"))
	s.set(s.clock().Add(30 * time.Second))
	s.bot.Turn(t.Context())
	require.Len(t, s.answers(), 3)
	s.crowd("mas.example", 12, 100_00)
	s.set(s.clock().Add(30 * time.Second))
	s.bot.Turn(t.Context())
	assert.Len(t, s.toots(), 1)
	s.pass(3*time.Hour, time.Minute)
	assert.Len(t, s.answers(), 4)
	assert.Len(t, s.server.Posts(), 6)
}

// A server that wants to be left alone is, and what came meanwhile is answered.
func TestListeningIsPatient(t *testing.T) {
	s := onSQLite(t, nil)
	s.mutter()
	s.server.Fail(1, feditest.ThrottledFor, "GET /api/v1/notifications")
	s.pass(30*time.Second, 30*time.Second)
	s.server.Notify(mention("ann@a.example", "link"))
	before := len(s.server.Requests())
	s.pass(80*time.Second, 10*time.Second)
	for _, request := range s.server.Requests()[before:] {
		assert.NotEqual(t, "/api/v1/notifications", request.Path)
	}
	assert.Empty(t, s.bot.Status().Why, "it is no failure")
	s.pass(time.Minute, 10*time.Second)
	assert.Len(t, s.answers(), 1)
}

// Who asks is in no log, and after the answer nothing is left of it: see also the ledger's
// own test, which reads the database.
func TestNoLogNamesWhoAsks(t *testing.T) {
	var log bytes.Buffer
	s := onSQLite(t, func(c *bot.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.mutter()
	s.server.Notify(mention("zyxwvut@zyxwvuts.example", "link"))
	s.pass(time.Minute, 10*time.Second)
	require.Len(t, s.answers(), 1)
	s.server.Fail(1, feditest.Refused, "POST /api/v1/statuses")
	s.server.Notify(mention("zyxwvut@zyxwvuts.example", "opt out"))
	s.pass(time.Minute, 10*time.Second)
	require.Len(t, s.answers(), 1)
	assert.Contains(t, log.String(), "toot dropped")
	assert.NotContains(t, strings.ToLower(log.String()), "zyxwvut")
	assert.NotContains(t, log.String(), "refused on purpose", "the server's words may name somebody")
	assert.NotContains(t, log.String(), s.answers()[0].URL, "there it stands")
	assert.Contains(t, log.String(), `"msg":"the bot was mentioned","mentions":1,"to answer":1`)
}

// Who lets nobody answer a post keeps no others waiting; an account that may do nothing
// is another matter.
func TestAPostThatMayNotBeAnswered(t *testing.T) {
	s := onSQLite(t, nil)
	s.mutter()
	s.server.Fail(1, feditest.Forbidden, "POST /api/v1/statuses")
	s.server.Notify(mention("ann@a.example", "link"))
	s.server.Notify(mention("bob@b.example", "link"))
	s.pass(time.Minute, 10*time.Second)
	require.Len(t, s.answers(), 1)
	assert.Contains(t, s.answers()[0].Text, "@bob@b.example ")
	assert.False(t, s.bot.Status().Paused)
	talk, err := s.store.Talk(t.Context())
	require.NoError(t, err)
	assert.Zero(t, talk.Waiting)

	s.server.Notify(mention("cy@c.example", "link"))
	s.set(s.clock().Add(30 * time.Second))
	s.server.Fail(2, feditest.Unauthorized, "POST /api/v1/statuses")
	s.bot.Turn(t.Context())
	assert.True(t, s.bot.Status().Paused)
	s.server.Calm()
	s.pass(20*time.Minute, time.Minute)
	assert.Len(t, s.answers(), 2)
	assert.False(t, s.bot.Status().Paused)
}
