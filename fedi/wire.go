package fedi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// mostAnswer bounds the body of an answer; a page of 40 posts has some 200 kB.
	mostAnswer = 8 << 20
	// mostDrained is how much of a body is read to its end so that the connection can be
	// used again.
	mostDrained = 64 << 10
	// usualRest is how long a server is left alone that does not say for how long, and
	// leastRest and mostRest bound what it says.
	usualRest = 5 * time.Minute
	leastRest = 5 * time.Second
	mostRest  = 12 * time.Hour
)

type keyName struct{}

// withKey lets a post carry an Idempotency-Key.
func withKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyName{}, key)
}

// RateLimitError says that the server wants no request before the reset. Nothing was
// written.
type RateLimitError struct{ Reset time.Time }

func (e *RateLimitError) Error() string {
	return "the server asks to wait until " + e.Reset.UTC().Format("15:04:05 UTC")
}

// wire is the transport below go-mastodon, which knows no Idempotency-Key, and would
// itself sleep over an answer of 429 for hours.
type wire struct {
	next  http.RoundTripper
	agent string
	now   func() time.Time
}

// RoundTrip sends a request once. An answer of 429, and of 503 that says for how long,
// becomes a [RateLimitError].
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", w.agent)
	if key, ok := r.Context().Value(keyName{}).(string); ok {
		r.Header.Set("Idempotency-Key", key)
	}
	// net/http takes a request with an Idempotency-Key for one that it may send again when
	// the connection breaks. A server that ignores the key would post twice. It cannot
	// send again what it cannot rewind.
	r.GetBody = nil
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &bounded{body: response.Body, left: mostAnswer}
	told := response.Header.Get("Retry-After") != ""
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable && told {
		reset := w.now().Add(w.rest(response.Header))
		_ = response.Body.Close() // nothing of it is needed
		return nil, &RateLimitError{Reset: reset}
	}
	return response, nil
}

// rest is for how long the server wants to be left alone. Times are taken against the
// server's own clock where it tells it, so that a clock that is wrong does no harm.
func (w *wire) rest(header http.Header) time.Duration {
	now := w.now()
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	wait := usualRest
	retry, reset := header.Get("Retry-After"), header.Get("X-RateLimit-Reset")
	if seconds, err := strconv.ParseInt(retry, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(retry); err == nil {
		wait = date.Sub(now)
	} else if at, err := time.Parse(time.RFC3339Nano, reset); err == nil {
		wait = at.Sub(now)
	} else if seconds, err := strconv.ParseInt(reset, 10, 64); err == nil && seconds > 1_000_000_000 {
		wait = time.Unix(seconds, 0).Sub(now)
	}
	return min(max(wait, leastRest), mostRest)
}

var errTooLong = errors.New("the answer is too long")

// bounded is a body that ends with an error before it is too long, and is drained when
// it is closed.
type bounded struct {
	body io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (b *bounded) Close() error {
	if b.left > 0 {
		_, _ = io.CopyN(io.Discard, b.body, mostDrained) // the connection is as good as closed
	}
	return b.body.Close()
}

// cleanWords is what a server said, fit to be shown and kept: one line, no marks, not
// long.
func cleanWords(s string) string {
	words := strings.Join(strings.Fields(Plain(s)), " ")
	if runes := []rune(words); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return words
}
