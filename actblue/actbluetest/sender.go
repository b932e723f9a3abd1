package actbluetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sender posts notices as ActBlue does: over HTTP with Basic auth, again and
// again with growing waits until the answer is 2xx, but not for ever. Its fields
// must not be changed once it sends; its methods may be called at the same time.
type Sender struct {
	// BaseURL is the server's address, to which "/webhooks/actblue/…" is added.
	BaseURL        string
	User, Password string
	// Client sends; nil: one with a time-out of ten seconds for each attempt.
	Client *http.Client
	// Concurrency bounds the notices under way; 0: 8. One that waits for its next
	// attempt is under way.
	Concurrency int
	// Attempts bounds the attempts for each notice; 0: 8.
	Attempts int
	// Backoff is the mean wait after the first attempt, and doubles with each; 0: 250 ms.
	Backoff time.Duration
	// MaxBackoff bounds the mean wait; 0: 30 s. A longer Retry-After is honored.
	MaxBackoff time.Duration
	// Seed decides the jitter.
	Seed uint64
	// Now is the clock of [Sender.Play] and of a Retry-After that gives a date.
	// Without it there is no playing, and such a date counts for nothing.
	Now func() time.Time
	// Sleep waits; it returns the context's error if that ends first. nil: by a timer.
	Sleep func(ctx context.Context, d time.Duration) error
}

// send posts a notice until it is acknowledged, attempts run out or ctx ends.
// The index tells the notice's jitter from others'.
func (s *Sender) send(ctx context.Context, client *http.Client, index int, n Notice) Outcome {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(index)))
	outcome := Outcome{Notice: n}
	wait, longest := cmp.Or(s.Backoff, 250*time.Millisecond), cmp.Or(s.MaxBackoff, 30*time.Second)
	for attempt := 1; ; attempt++ {
		if ctx.Err() != nil {
			return outcome
		}
		after := s.attempt(ctx, client, n, &outcome)
		if outcome.Fate == Acknowledged || attempt >= cmp.Or(s.Attempts, 8) {
			return outcome
		}
		jittered := time.Duration((0.5 + rng.Float64()) * float64(min(wait, longest)))
		if s.sleep(ctx, max(jittered, after)) != nil {
			return outcome
		}
		wait = min(2*wait, longest)
	}
}

// attempt posts once and gives the wait that the server asked for, if any.
func (s *Sender) attempt(ctx context.Context, client *http.Client, n Notice, outcome *Outcome) time.Duration {
	address := strings.TrimRight(s.BaseURL, "/") + "/webhooks/actblue/" + string(n.Kind)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(n.Body))
	if err != nil {
		outcome.Err = fmt.Errorf("making the request: %w", err)
		return 0
	}
	request.SetBasicAuth(s.User, s.Password)
	request.Header.Set("Content-Type", "application/json")
	outcome.Attempts++
	outcome.Fate, outcome.Status, outcome.Err, outcome.Answer = Open, 0, nil, nil
	response, err := client.Do(request)
	if err != nil {
		outcome.Err = err
		return 0
	}
	defer response.Body.Close()
	outcome.Status = response.StatusCode
	// The status line acknowledges; a body that is cut off does not take it back.
	outcome.Answer, _ = io.ReadAll(io.LimitReader(response.Body, 4_096))
	if response.StatusCode/100 == 2 {
		outcome.Fate = Acknowledged
	}
	return s.retryAfter(response.Header.Get("Retry-After"))
}

// retryAfter reads a number of seconds or a date.
func (s *Sender) retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil && s.Now != nil {
		return date.Sub(s.Now())
	}
	return 0
}

func (s *Sender) sleep(ctx context.Context, d time.Duration) error {
	if s.Sleep != nil {
		return s.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// client gives the client and what is to be called when it is needed no more.
func (s *Sender) client() (*http.Client, func()) {
	if s.Client != nil {
		return s.Client, func() {}
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: s.concurrency()}
	return &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		// A redirect is no acknowledgment.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, transport.CloseIdleConnections
}

func (s *Sender) concurrency() int { return max(cmp.Or(s.Concurrency, 8), 1) }
