package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
	"fedirally/leaderboard/ranking/rankingtest"
)

// fleet is replicas on one PostgreSQL and one Redis, behind a load balancer.
type fleet struct {
	env      map[string]string
	postgres *ledgertest.Server
	redis    *rankingtest.Server
	balancer *balancer
	replicas []*process
	// leave takes each replica out of the balancer's list.
	leave []context.CancelFunc
}

func startFleet(t *testing.T, count int) *fleet {
	t.Helper()
	f := &fleet{postgres: ledgertest.StartServer(t), redis: rankingtest.StartRedis(t), balancer: startBalancer(t)}
	f.env = settingsOf(f.postgres.URL("postgres"))
	f.env[envRedisURL] = f.redis.URL
	f.env[envDrainDelay] = (10 * readyTick).String()
	f.replicas, f.leave = make([]*process, count), make([]context.CancelFunc, count)
	for i := range f.replicas {
		f.start(t, i)
	}
	t.Cleanup(func() {
		for i, p := range f.replicas {
			f.leave[i]()
			p.kill()
		}
	})
	return f
}

// start starts a replica that does not run, and waits until it is ready.
func (f *fleet) start(t *testing.T, i int) {
	t.Helper()
	f.replicas[i] = startProcess(t, f.env)
	ctx, cancel := context.WithCancel(context.Background())
	f.leave[i] = cancel
	f.balancer.add(ctx, f.replicas[i].url)
	f.balancer.awaitReady(t, f.replicas[i].url)
}

// kill ends a replica in the middle of whatever it does.
func (f *fleet) kill(i int) {
	f.replicas[i].kill()
	f.leave[i]()
}

// stop ends a replica as an operator does.
func (f *fleet) stop(t *testing.T, i int) {
	t.Helper()
	p := f.replicas[i]
	p.tell(t, syscall.SIGTERM)
	<-p.done
	require.NoError(t, p.cmd.Wait(), "it ends well: %s", p.logs)
	f.leave[i]()
}

// steadySender sends notices as ActBlue does, all the time: when all have been sent,
// they come again.
type steadySender struct {
	sender *actbluetest.Sender
	// acknowledged counts, and slow keeps the notices from running out.
	acknowledged atomic.Int64
	slow, enough atomic.Bool
}

// RoundTrip implements [http.RoundTripper].
func (c *steadySender) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.slow.Load() {
		time.Sleep(100 * time.Millisecond)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusOK {
		c.acknowledged.Add(1)
	}
	return response, err
}

func newSteadySender(address string) *steadySender {
	c := &steadySender{sender: sender(address)}
	c.slow.Store(true)
	c.sender.Client.Transport = c
	c.sender.Attempts = 10_000
	c.sender.Sleep = func(ctx context.Context, d time.Duration) error { // a Retry-After would make the test long
		timer := time.NewTimer(min(d, 200*time.Millisecond))
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}
	return c
}

// send goes on until it has been enough, and all notices are acknowledged.
func (c *steadySender) send(ctx context.Context, notices []actbluetest.Notice) error {
	for first := true; first || !c.enough.Load(); first = false {
		report, err := c.sender.Send(ctx, notices)
		if err != nil {
			return err
		}
		if n := len(report.With(actbluetest.Acknowledged)); n < len(notices) {
			return fmt.Errorf("%d of %d notices were acknowledged", n, len(notices))
		}
	}
	return nil
}

// await waits until some more notices have been acknowledged.
func (c *steadySender) await(t *testing.T, more int64) {
	t.Helper()
	from := c.acknowledged.Load()
	require.Eventually(t, func() bool { return c.acknowledged.Load() >= from+more }, time.Minute, 10*time.Millisecond,
		"nothing is acknowledged any more")
}

// TestKilledReplicasAgree sends a race to all replicas of a fleet while they are
// killed, stopped and started in turns, and the databases under them too. In the
// end every sum agrees with the model to the cent, and all show the same board.
func TestKilledReplicasAgree(t *testing.T) {
	for _, count := range []int{2, 3} {
		t.Run(fmt.Sprint(count, " replicas"), func(t *testing.T) { replicasAgree(t, count) })
	}
}

func replicasAgree(t *testing.T, count int) {
	rounds, orders := 1, 900
	if os.Getenv("FEDIRALLY_LONG") != "" {
		rounds, orders = 20, 12_000
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(2+rounds)*time.Minute)
	defer cancel()
	f := startFleet(t, count)
	race := harshRace(t, uint64(count), orders)
	openRace(t, f.env, race, "--min-donors", "3")
	for _, r := range f.replicas { // one may have read the drives a moment before
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			status, _ := fetchText(c, r.url+"/drives/race")
			assert.Equal(c, http.StatusOK, status)
		}, 10*time.Second, 20*time.Millisecond)
	}
	rng := rand.New(rand.NewPCG(uint64(count), 5))
	notices := actbluetest.Shuffle(rng, actbluetest.Notices(race.Deliveries))
	c := newSteadySender(f.balancer.URL)
	var sent error
	var sending sync.WaitGroup
	sending.Go(func() { sent = c.send(ctx, notices) })
	defer sending.Wait()
	defer cancel()

	for range rounds {
		f.roll(t, c)
		for i := range f.replicas {
			f.kill(i)
			c.await(t, 50) // the others go on
			f.start(t, i)
		}
		f.redis.Stop()
		c.await(t, 50) // intake does not need it
		f.redis.Start(t)
		require.NoError(t, f.postgres.Kill())
		f.kill(rng.IntN(count))
		require.NoError(t, f.postgres.Start())
		f.restartKilled(t)
		c.await(t, 50)
	}
	t.Logf("%d notices, %d acknowledged until the last replica was back", len(notices), c.acknowledged.Load())
	c.enough.Store(true)
	c.slow.Store(false)
	sending.Wait()
	require.NoError(t, sent)

	model := actbluetest.NewModel()
	model.Feed(notices...)
	drive := race.Drive(newYork(t), 3)
	want := model.Result(drive).All()
	f.showTheSame(t, int64(want.Total.Raised))
	for _, p := range f.replicas {
		checkBoard(t, p.url, want)
	}
	store, err := ledger.Open(ctx, ledger.Options{URL: f.env[envDatabaseURL], Secret: []byte(testSecret)})
	require.NoError(t, err)
	defer store.Close()
	booksAgree(t, store, f.env, model, drive)
	assert.Positive(t, mustJSON[auditDocument](t, f.env, "audit", "--json").Ranked, "the ranking was audited too")
	assert.Zero(t, deadlocks(t, f.postgres.URL("postgres")))
	for i := range f.replicas {
		f.stop(t, i)
	}
}

// roll restarts one replica after the other as a release does. Nobody notices:
// whoever posts is answered 200, or 503 to come again, and visitors see the board.
func (f *fleet) roll(t *testing.T, c *steadySender) {
	t.Helper()
	c.await(t, 50)
	f.awaitCalm(t)
	f.balancer.answers()
	visiting, leave := context.WithCancel(context.Background())
	defer leave()
	var visitors sync.WaitGroup
	defer visitors.Wait()
	defer leave()
	for range 4 {
		visitors.Go(func() {
			for visiting.Err() == nil {
				status, body := fetchText(t, f.balancer.URL+"/drives/race")
				if !assert.Equal(t, http.StatusOK, status, body) {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	for i := range f.replicas {
		f.stop(t, i)
		f.start(t, i)
		c.await(t, 50)
	}
	answers := f.balancer.answers()
	t.Logf("answers while the replicas were restarted one after the other: %v", answers)
	delete(answers, http.StatusOK)
	delete(answers, http.StatusServiceUnavailable)
	assert.Empty(t, answers, "of these statuses nobody should hear in a rolling restart")
}

// awaitCalm waits until all replicas have been ready for a while: what they say of a
// database that was away may be half a second old.
func (f *fleet) awaitCalm(t *testing.T) {
	t.Helper()
	calm := 0
	require.Eventually(t, func() bool {
		for _, p := range f.replicas {
			response, err := http.Get(p.url + "/readyz")
			if err == nil {
				err = response.Body.Close()
			}
			if err != nil || response.StatusCode != http.StatusOK {
				calm = 0
				return false
			}
		}
		calm++
		return calm > 20
	}, time.Minute, 50*time.Millisecond, "the replicas do not get calm")
}

// restartKilled starts whatever does not run.
func (f *fleet) restartKilled(t *testing.T) {
	t.Helper()
	for i, p := range f.replicas {
		select {
		case <-p.done:
			f.start(t, i)
		default:
			f.balancer.awaitReady(t, p.url)
		}
	}
}

// showTheSame waits until all replicas show the same board, to the byte, with all
// that was raised.
func (f *fleet) showTheSame(t *testing.T, raised int64) {
	t.Helper()
	begin := time.Now()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var boards []string
		for _, p := range f.replicas {
			status, board := fetchText(c, p.url+"/api/v1/drives/race/standings?limit=1000")
			require.Equal(c, http.StatusOK, status)
			boards = append(boards, board)
		}
		for _, board := range boards {
			assert.Contains(c, board, fmt.Sprintf(`"raised_cents":%d,`, raised))
			assert.Equal(c, boards[0], board)
		}
	}, time.Minute, 20*time.Millisecond, "the replicas show different boards")
	t.Logf("%v after the last acknowledgement all replicas showed the same board", time.Since(begin).Round(time.Millisecond))
}

// deadlocks tells how many PostgreSQL has had to break since it was started.
func deadlocks(t *testing.T, url string) (count int64) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT SUM(deadlocks) FROM pg_stat_database").Scan(&count))
	return count
}
