package actbluetest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fedirally/actblue/actbluetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that moves only when somebody sleeps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.slept = c.now.Add(d), append(c.slept, d)
	return ctx.Err()
}

// serve starts a server and gives a sender for it whose waits take no time.
func serve(t *testing.T, handler http.HandlerFunc) (*actbluetest.Sender, *clock) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	clock := &clock{now: noon()}
	return &actbluetest.Sender{
		BaseURL: server.URL, User: "actblue", Password: "with:colon", Now: clock.Now, Sleep: clock.Sleep,
	}, clock
}

func someNotices(t *testing.T, n int) []actbluetest.Notice {
	t.Helper()
	return actbluetest.Notices(newRace(t, harsh(4)).Deliveries)[:n]
}

func TestSenderPostsAsActBlueDoes(t *testing.T) {
	notices := someNotices(t, 40)
	var mu sync.Mutex
	got := map[string]bool{}
	sender, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		assert.Equal(t, "actblue with:colon", user+" "+password)
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, http.MethodPost, r.Method)
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path+string(body)] = true
		_, _ = io.WriteString(w, `{"recorded":1}`)
	})
	report, err := sender.Send(t.Context(), notices)
	require.NoError(t, err)
	assert.Equal(t, notices, report.With(actbluetest.Acknowledged))
	assert.JSONEq(t, `{"recorded":1}`, string(report[0].Answer))
	for _, notice := range notices {
		assert.True(t, got["/webhooks/actblue/"+string(notice.Kind)+string(notice.Body)])
	}
}

func TestSenderTriesAgainWithGrowingWaits(t *testing.T) {
	attempts := 0
	sender, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if attempts++; attempts < 5 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	sender.Backoff, sender.MaxBackoff = time.Second, 3*time.Second
	report, err := sender.Send(t.Context(), someNotices(t, 1))
	require.NoError(t, err)
	assert.Equal(t, actbluetest.Acknowledged, report[0].Fate)
	assert.Equal(t, 5, report[0].Attempts)
	require.Len(t, clock.slept, 4)
	for i, mean := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second} {
		assert.InDelta(t, mean, clock.slept[i], float64(mean)/2)
	}
}

func TestSenderHonorsRetryAfter(t *testing.T) {
	for name, header := range map[string]string{
		"seconds": "40", "date": noon().Add(40 * time.Second).Format(http.TimeFormat),
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			sender, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if attempts++; attempts == 1 {
					w.Header().Set("Retry-After", header)
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			_, err := sender.Send(t.Context(), someNotices(t, 1))
			require.NoError(t, err)
			assert.Equal(t, []time.Duration{40 * time.Second}, clock.slept)
		})
	}
}

func TestSenderGivesUpInTheEnd(t *testing.T) {
	sender, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	sender.Attempts = 3
	report, err := sender.Send(t.Context(), someNotices(t, 2))
	require.NoError(t, err)
	assert.Len(t, report.With(actbluetest.Open), 2)
	assert.Equal(t, 3, report[0].Attempts)
	assert.Equal(t, http.StatusUnauthorized, report[0].Status)
}

func TestSenderReportsNetworkErrors(t *testing.T) {
	sender, _ := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	sender.Attempts = 2
	report, err := sender.Send(t.Context(), someNotices(t, 1))
	require.NoError(t, err)
	require.Error(t, report[0].Err)
	assert.Equal(t, actbluetest.Open, report[0].Fate)
	assert.Zero(t, report[0].Status)
}

func TestSenderStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var answered atomic.Int64
	sender, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		// A server notices that its client went away only once the body is read.
		_, _ = io.Copy(io.Discard, r.Body)
		if answered.Add(1) > 10 {
			cancel()
			<-r.Context().Done()
		}
	})
	report, err := sender.Send(ctx, someNotices(t, 100))
	require.ErrorIs(t, err, context.Canceled)
	acknowledged, open := len(report.With(actbluetest.Acknowledged)), len(report.With(actbluetest.Open))
	assert.LessOrEqual(t, acknowledged, 10)
	assert.NotZero(t, open)
	assert.NotEmpty(t, report.With(actbluetest.Unsent))
	assert.Len(t, report, 100)
}

func TestSenderKeepsWithinItsConcurrency(t *testing.T) {
	var now atomic.Int64
	var mu sync.Mutex
	most := int64(0)
	sender, _ := serve(t, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		mu.Lock()
		most = max(most, n)
		mu.Unlock()
		time.Sleep(time.Millisecond)
	})
	sender.Concurrency = 3
	_, err := sender.Send(t.Context(), someNotices(t, 60))
	require.NoError(t, err)
	assert.LessOrEqual(t, most, int64(3))
}

// What a server wrote down before it fell is either acknowledged or open, and
// all that is acknowledged was written down: a crash test rests on this.
func TestReportTellsWhatAServerMustHave(t *testing.T) {
	var mu sync.Mutex
	written, n := map[string]bool{}, 0
	sender, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		mu.Lock()
		defer mu.Unlock()
		switch n++; n % 5 {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			written[string(body)] = true
			panic(http.ErrAbortHandler)
		default:
			written[string(body)] = true
		}
	})
	sender.Attempts = 1
	report, err := sender.Send(t.Context(), someNotices(t, 100))
	require.NoError(t, err)
	for _, notice := range report.With(actbluetest.Acknowledged) {
		assert.True(t, written[string(notice.Body)])
	}
	assert.NotEmpty(t, report.With(actbluetest.Open))
	assert.Empty(t, report.With(actbluetest.Unsent))
}

func TestPlayKeepsTime(t *testing.T) {
	race := newRace(t, harsh(6))
	const speed = 60
	backlog := len(race.Backlog())
	i := 0
	var clock *clock
	var sender *actbluetest.Sender
	sender, clock = serve(t, func(http.ResponseWriter, *http.Request) {
		due := noon()
		if i >= backlog {
			due = due.Add(race.Deliveries[i].At.Sub(noon()) / speed)
		}
		// The clock may be ahead by one delivery, whose wait has begun.
		assert.False(t, clock.Now().Before(due.Add(-time.Millisecond)), i)
		i++
	})
	sender.Concurrency = 1
	report, err := sender.Play(t.Context(), race, speed)
	require.NoError(t, err)
	assert.Len(t, report.With(actbluetest.Acknowledged), len(race.Deliveries))
	last := race.Deliveries[len(race.Deliveries)-1].At
	assert.WithinDuration(t, noon().Add(last.Sub(noon())/speed), clock.Now(), time.Second)
}

func TestPlayNeedsAClockAndASpeed(t *testing.T) {
	race := newRace(t, harsh(6))
	_, err := (&actbluetest.Sender{}).Play(t.Context(), race, 1)
	require.ErrorIs(t, err, actbluetest.ErrNoClock)
	_, err = (&actbluetest.Sender{Now: noon}).Play(t.Context(), race, 0)
	assert.Error(t, err)
}
