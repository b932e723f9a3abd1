package bot_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/bot"
	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
	"fedirally/leaderboard/ranking"
)

func TestMain(m *testing.M) {
	if os.Getenv(envDatabase) != "" {
		if err := speak(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ledgertest.Main(m)
}

// These settings make this test program a bot that speaks until it is killed.
const (
	envDatabase = "FEDIRALLY_TEST_BOT_DATABASE"
	envServer   = "FEDIRALLY_TEST_BOT_SERVER"
	envToken    = "FEDIRALLY_TEST_BOT_TOKEN"
	envAttempt  = "FEDIRALLY_TEST_BOT_ATTEMPT"
)

// killedPace is short, and still longer for what is late than the server is. A real one
// takes its time to look through a thousand posts.
func killedPace(attempt time.Duration) fedi.Pace {
	settle := attempt + 150*time.Millisecond
	return fedi.Pace{
		Attempt: attempt, Picture: 100 * time.Millisecond, Least: 50 * time.Millisecond, Margin: 200 * time.Millisecond,
		Settle: settle, Longest: settle, Pause: time.Second, Gap: time.Millisecond, Aside: 5,
	}
}

// lateBy is how late a server may write what it got before its client gave up.
const lateBy = 100 * time.Millisecond

func speak() error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // it ends with the test, whatever ends that
		cancel()
	}()
	store, err := ledger.Open(ctx, ledger.Options{URL: os.Getenv(envDatabase), Secret: []byte(secret), Now: time.Now})
	if err != nil {
		return err
	}
	client, err := fedi.New(fedi.Config{Server: os.Getenv(envServer), Token: os.Getenv(envToken), Now: time.Now})
	if err != nil {
		return err
	}
	attempt, err := time.ParseDuration(os.Getenv(envAttempt))
	if err != nil {
		return err
	}
	s := &stage{ranks: ranking.NewMemory()}
	s.follower = ranking.NewFollower(ranking.FollowerConfig{Source: store, Rankings: s.ranks, Clock: time.Now})
	b, err := bot.New(bot.Config{
		Ledger: store, Boards: boards{s}, Client: client, Holder: "the one that is killed", Clock: time.Now, Address: address,
		Tick: 10 * time.Millisecond, ListenTick: 10 * time.Millisecond, Pace: killedPace(attempt),
	})
	if err != nil {
		return err
	}
	fmt.Println("it speaks")
	b.Run(ctx)
	return nil
}

// TestKilledBotPostsEachTootOnce kills the bot's process at moments that chance decides,
// while its server fails at random and keeps no Idempotency-Key. Each toot is there once
// in the end, and says what the board said when it was first tried.
func TestKilledBotPostsEachTootOnce(t *testing.T) {
	kills := 10
	if os.Getenv("FEDIRALLY_LONG") != "" {
		kills = 200
	}
	onBoth(t, func(t *testing.T, url string) {
		style := feditest.GoToSocial()
		style.Limit = 0
		server, err := feditest.Open(t.Context(), feditest.Options{Style: style, Late: lateBy, Seed: 7})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, server.Close()) })
		server.Chaos(0.12, feditest.Unavailable, feditest.GatewayPage, feditest.BrokenServer, feditest.CutBefore, feditest.CutAfter,
			feditest.Garbled, feditest.HangAfter, feditest.LateWrite)
		toots, attempts := killedBot(t, url, account{server.URL(), server.Token(), 300 * time.Millisecond}, kills, func() []string {
			time.Sleep(2 * lateBy) // what is late is there by now
			var texts []string
			for _, post := range server.Posts() {
				texts = append(texts, post.Text)
			}
			return texts
		})
		assert.GreaterOrEqual(t, attempts, int64(toots))
	})
}

// TestKilledBotOnARealServer does the same on the server that the tests of package fedi
// against a real one are told of, where it leaves its toots.
func TestKilledBotOnARealServer(t *testing.T) {
	on := account{os.Getenv("FEDIRALLY_TEST_MASTODON_SERVER"), os.Getenv("FEDIRALLY_TEST_MASTODON_TOKEN"), 1500 * time.Millisecond}
	if on.server == "" || on.token == "" {
		t.Skip("it takes a real server, which no package installs: see CONTRIBUTING.md, \"A real server\"")
	}
	onBoth(t, func(t *testing.T, url string) {
		killedBot(t, url, on, 200, func() []string { return on.posts(t) })
	})
}

// account is whose name the bot speaks in, and how long an attempt may take there.
type account struct {
	server, token string
	attempt       time.Duration
}

// posts are the texts of what is on a real server, past the client that is tested.
func (a account) posts(t *testing.T) []string {
	t.Helper()
	client := mastodon.NewClient(&mastodon.Config{Server: a.server, AccessToken: a.token})
	own, err := client.GetAccountCurrentUser(t.Context())
	require.NoError(t, err)
	var texts []string
	for page := (mastodon.Pagination{Limit: 40}); ; {
		posts, err := client.GetAccountStatuses(t.Context(), own.ID, &page)
		require.NoError(t, err)
		for _, post := range posts {
			texts = append(texts, fedi.Plain(post.Content))
		}
		if len(posts) == 0 || page.MaxID == "" {
			return texts
		}
		page = mastodon.Pagination{Limit: 40, MaxID: posts[len(posts)-1].ID}
	}
}

// waitingMost is how many toots wait when the bot starts, so that most kills come in the
// middle of one.
const waitingMost = 12

// killedBot kills a bot, and gives how many toots there were, and attempts to post them.
func killedBot(t *testing.T, url string, on account, kills int, posts func() []string) (toots int, attempts int64) {
	t.Helper()
	s := newStage(t, url, nil)
	s.set(time.Now())
	_, err := s.store.EditDrive(t.Context(), "summer", "test", true, func(d *leaderboard.Drive) error {
		d.MinDonors, d.Start, d.End = 2, time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
		return nil
	})
	require.NoError(t, err)
	// Nothing but what is asked for is said.
	_, err = s.store.EditSpeech(t.Context(), "summer", func(speech *leaderboard.Speech) error {
		speech.PerDay, speech.DigestHour = 0, -1
		return nil
	})
	require.NoError(t, err)
	// run is in the links of this run's toots, and of no others.
	run := strings.ToLower(rand.Text())
	rng := mathrand.New(mathrand.NewPCG(uint64(kills), 1))
	asked, cut := map[int64]asking{}, 0
	ask := func(toots int) {
		for range toots {
			i := len(asked)
			host := leaderboard.Host(fmt.Sprintf("i%d.%s.example", i, run))
			require.NoError(t, s.store.SetInstance(t.Context(), host, leaderboard.Known, "test"))
			s.set(time.Now())
			s.crowd(host, 2+i%3, 500)
			id, err := s.store.Request(t.Context(), leaderboard.News{Kind: leaderboard.NewsThanks, Drive: s.drive.ID, Host: host, At: time.Now().UTC()}, false)
			require.NoError(t, err)
			asked[id] = asking{host, 2 + i%3}
		}
	}
	ask(waitingMost)
	for i := range kills {
		before, err := s.store.Outbox(t.Context(), 0)
		require.NoError(t, err)
		kill := startBot(t, url, on)
		if i%2 == 0 { // at any time; otherwise soon after it has begun to post
			time.Sleep(time.Duration(rng.IntN(150)) * time.Millisecond)
		} else {
			require.Eventually(t, func() bool {
				now, err := s.store.Outbox(t.Context(), 0)
				return err == nil && now.Posted > before.Posted
			}, time.Minute, time.Millisecond, "it posts nothing")
			time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
		}
		kill(t)
		next, err := s.store.Toots(t.Context(), ledger.Toots{State: ledger.TootReady}, waitingMost)
		require.NoError(t, err)
		ask(waitingMost - len(next))
		// Who was killed in the middle leaves a toot that has to settle first.
		if len(next) > 0 && next[len(next)-1].Attempts > 0 {
			cut++
			time.Sleep(time.Until(next[len(next)-1].Tried.Add(on.attempt + 250*time.Millisecond)))
		}
	}
	halfway, err := s.store.Outbox(t.Context(), 0)
	require.NoError(t, err)
	for host, more := range asked { // the board goes on
		s.give(more.host, fmt.Sprintf("late-%d", host), 500)
	}
	end := startBot(t, url, on)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		waiting, err := s.store.Toots(t.Context(), ledger.Toots{State: ledger.TootReady}, 1)
		require.NoError(c, err)
		assert.Empty(c, waiting)
	}, 5*time.Minute, 100*time.Millisecond)
	end(t)

	seen := map[int64]int{}
	for _, text := range posts() {
		if !strings.Contains(text, run) {
			continue
		}
		link := regexp.MustCompile(`\?n=(\d+)`).FindStringSubmatch(text)
		require.Len(t, link, 2, text)
		id, err := strconv.ParseInt(link[1], 10, 64)
		require.NoError(t, err)
		seen[id]++
		said := regexp.MustCompile(`(\d+) people`).FindStringSubmatch(text)
		require.Len(t, said, 2, text)
		donors, err := strconv.Atoi(said[1])
		require.NoError(t, err)
		assert.GreaterOrEqual(t, donors, asked[id].donors, text)
		assert.LessOrEqual(t, donors, asked[id].donors+1, text)
	}
	assert.Len(t, seen, len(asked))
	for id, times := range seen {
		assert.Equal(t, 1, times, "toot %d", id)
	}
	all, err := s.store.Toots(t.Context(), ledger.Toots{}, 2*len(asked))
	require.NoError(t, err)
	for _, toot := range all {
		assert.Equal(t, ledger.TootPosted, toot.State, toot.Why)
		attempts += toot.Attempts
	}
	t.Logf("%d kills, %d of them in the middle of a toot: %d toots, %d of them meanwhile, %d attempts", kills, cut, len(all), halfway.Posted, attempts)
	assert.Positive(t, cut, "some kills came in the middle of a toot")
	return len(all), attempts
}

// asking is what was asked for, with how many donors there were then.
type asking struct {
	host   leaderboard.Host
	donors int
}

// startBot starts the bot as a process, and gives what kills it.
func startBot(t *testing.T, database string, on account) func(*testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envDatabase+"="+database, envServer+"="+on.server, envToken+"="+on.token, envAttempt+"="+on.attempt.String())
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe()
	require.NoError(t, err)
	says, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = bufio.NewReader(says).ReadString('\n')
	require.NoError(t, err, "it does not begin")
	killed := false
	end := func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(end)
	return func(t *testing.T) {
		t.Helper()
		require.Nil(t, cmd.ProcessState, "it has ended by itself")
		end()
	}
}

func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, ledgertest.Postgres(t)) })
}
