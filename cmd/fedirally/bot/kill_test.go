package bot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
)

// killedPace is short, and still longer for what is late than the server is.
func killedPace() fedi.Pace {
	return fedi.Pace{
		Attempt: 300 * time.Millisecond, Picture: 100 * time.Millisecond, Least: 50 * time.Millisecond, Margin: 200 * time.Millisecond,
		Settle: 450 * time.Millisecond, Longest: 450 * time.Millisecond, Pause: time.Second, Gap: time.Millisecond, Aside: 5,
	}
}

// lateBy is how late a server may write what it got before its client gave up.
const lateBy = 100 * time.Millisecond

func speak() error {
	ctx := context.Background()
	store, err := ledger.Open(ctx, ledger.Options{URL: os.Getenv(envDatabase), Secret: []byte(secret), Now: time.Now})
	if err != nil {
		return err
	}
	client, err := fedi.New(fedi.Config{Server: os.Getenv(envServer), Token: "token", Now: time.Now})
	if err != nil {
		return err
	}
	s := &stage{ranks: ranking.NewMemory()}
	s.follower = ranking.NewFollower(ranking.FollowerConfig{Source: store, Rankings: s.ranks, Clock: time.Now})
	b, err := bot.New(bot.Config{
		Ledger: store, Boards: boards{s}, Client: client, Holder: "the one that is killed", Clock: time.Now, Address: address,
		Tick: 10 * time.Millisecond, Pace: killedPace(),
	})
	if err != nil {
		return err
	}
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
	onBoth(t, func(t *testing.T, url string) { killedBot(t, url, kills) })
}

func killedBot(t *testing.T, url string, kills int) {
	style := feditest.GoToSocial()
	style.Limit = 0
	server, err := feditest.Open(t.Context(), feditest.Options{Style: style, Late: lateBy, Seed: 7})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	s := newStage(t, url, nil)
	s.set(time.Now())
	_, err = s.store.EditDrive(t.Context(), "summer", "test", true, func(d *leaderboard.Drive) error {
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
	server.Chaos(0.12, feditest.Unavailable, feditest.GatewayPage, feditest.BrokenServer, feditest.CutBefore, feditest.CutAfter,
		feditest.Garbled, feditest.HangAfter, feditest.LateWrite)

	rng := rand.New(rand.NewPCG(uint64(kills), 1))
	asked := map[int64]asking{}
	for i := range 2 * kills {
		host := leaderboard.Host(fmt.Sprintf("i%d.example", i))
		require.NoError(t, s.store.SetInstance(t.Context(), host, leaderboard.Known, "test"))
		s.set(time.Now())
		s.crowd(host, 2+i%3, 500)
		id, err := s.store.Request(t.Context(), leaderboard.News{Kind: leaderboard.NewsThanks, Drive: s.drive.ID, Host: host, At: time.Now().UTC()}, false)
		require.NoError(t, err)
		asked[id] = asking{host, 2 + i%3}
		if i%2 == 0 {
			continue
		}
		kill := startBot(t, url, server.URL())
		time.Sleep(time.Duration(40+rng.IntN(160)) * time.Millisecond)
		kill(t)
	}
	for host, more := range asked { // the board goes on
		s.give(more.host, fmt.Sprintf("late-%d", host), 500)
	}
	end := startBot(t, url, server.URL())
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		outbox, err := s.store.Outbox(t.Context(), 0)
		require.NoError(c, err)
		assert.Zero(c, outbox.Ready)
	}, 5*time.Minute, 100*time.Millisecond)
	end(t)

	time.Sleep(2 * lateBy) // what is late is there by now
	seen := map[int64]int{}
	for _, post := range server.Posts() {
		link := regexp.MustCompile(`\?n=(\d+)`).FindStringSubmatch(post.Text)
		require.Len(t, link, 2, post.Text)
		id, err := strconv.ParseInt(link[1], 10, 64)
		require.NoError(t, err)
		seen[id]++
		said := regexp.MustCompile(`(\d+) people`).FindStringSubmatch(post.Text)
		require.Len(t, said, 2, post.Text)
		donors, err := strconv.Atoi(said[1])
		require.NoError(t, err)
		assert.GreaterOrEqual(t, donors, asked[id].donors, post.Text)
		assert.LessOrEqual(t, donors, asked[id].donors+1, post.Text)
	}
	assert.Len(t, seen, 2*kills)
	for id, times := range seen {
		assert.Equal(t, 1, times, "toot %d", id)
	}
	toots, err := s.store.Toots(t.Context(), ledger.Toots{}, 3*kills)
	require.NoError(t, err)
	attempts := int64(0)
	for _, toot := range toots {
		assert.Equal(t, ledger.TootPosted, toot.State, toot.Why)
		attempts += toot.Attempts
	}
	assert.Greater(t, attempts, int64(2*kills), "some were tried more than once")
	t.Logf("%d kills: %d toots, %d attempts", kills, len(toots), attempts)
}

// asking is what was asked for, with how many donors there were then.
type asking struct {
	host   leaderboard.Host
	donors int
}

// startBot starts the bot as a process, and gives what kills it.
func startBot(t *testing.T, database, server string) func(*testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envDatabase+"="+database, envServer+"="+server)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
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
