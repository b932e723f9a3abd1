package web

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
)

// Limits bound what one address may ask for; zero is no limit. Pages, pictures
// and webhooks have none: they cost little, or are wanted.
type Limits struct {
	// Proxies say for whom they ask.
	Proxies Proxies
	// Forms is how many forms one address may send in a minute.
	Forms int
	// API is how many questions it may ask the API in a second. For a while it may
	// be more often.
	API int
	// Streams is how many streams it may have open.
	Streams int
	// AllStreams is how many streams are open at most. Zero is [MostStreams].
	AllStreams int
}

// MostStreams is how many streams one process has open at most.
const MostStreams = maxWatchers

// DefaultLimits leaves room for a hall full of people who share one address.
func DefaultLimits() Limits { return Limits{Forms: 60, API: 10, Streams: 100} }

// apiBurst is for how many seconds' worth of questions the API may be asked at once.
const apiBurst = 6

// limits are the limits at work. A nil limiter or crowd is no limit.
type limits struct {
	clients *clients
	forms   *limiter
	api     *limiter
	streams *crowd
}

func newLimits(c Config) limits {
	l := limits{clients: newClients(c.Limits.Proxies, c.Logger)}
	if n := c.Limits.Forms; n > 0 {
		l.forms = newLimiter(float64(n)/60, n, c.Clock)
	}
	if n := c.Limits.API; n > 0 {
		l.api = newLimiter(float64(n), n*apiBurst, c.Clock)
	}
	if n := c.Limits.Streams; n > 0 {
		l.streams = newCrowd(n)
	}
	return l
}

// UnnamedProxy reports whether requests came through what seems to be a proxy that
// the limits do not trust, so that all its visitors share one limit.
func (s *Server) UnnamedProxy() bool { return s.limits.clients.unnamed.Load() }

// tooOftenError says that a visitor has to wait.
type tooOftenError struct{ wait time.Duration }

func (e tooOftenError) Error() string { return "too many requests" }

// retryAfter is the wait in whole seconds, and never too short.
func (e tooOftenError) retryAfter() string {
	return strconv.Itoa(max(1, int(math.Ceil(e.wait.Seconds()))))
}

// limit lets each visitor through as often as the limiter allows.
func (l *limits) limit(to *limiter) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if to == nil {
			return next
		}
		return func(c echo.Context) error {
			if visitor, known := l.clients.of(c.Request()); known {
				if wait := to.ask(visitor); wait > 0 {
					return tooOftenError{wait}
				}
			}
			return next(c)
		}
	}
}

// streamWait is how long a visitor with too many streams is told to wait.
const streamWait = 30 * time.Second

// enterStream takes one of the streams that each visitor may have at once, and gives
// what gives it back. It returns an error if there is none left.
func (l *limits) enterStream(r *http.Request) (leave func(), err error) {
	visitor, known := l.clients.of(r)
	if l.streams == nil || !known {
		return func() {}, nil
	}
	leave, entered := l.streams.enter(visitor)
	if !entered {
		return nil, tooOftenError{streamWait}
	}
	return leave, nil
}
