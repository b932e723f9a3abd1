package feditest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxBody is the largest request that is read.
const maxBody = 32 << 20

// Server is a simulated server. All methods may be called at the same time.
type Server struct {
	options Options
	url     string
	http    *http.Server
	api     *http.ServeMux
	pages   *http.ServeMux
	closing chan struct{}
	end     sync.Once

	mu            sync.Mutex
	rng           *rand.Rand
	ids           identifiers
	posts         []*Post // oldest first
	keys          map[string]keyed
	media         map[string]*Media
	notifications []Notification // oldest first
	followers     []Follower     // who asked to follow, oldest first
	policy        map[string]string
	requests      []Request
	planned       []plan
	chance        float64
	chances       []Fault
	late          []lateWrite
	window        time.Time
	used          int
}

// Request is one that has arrived at the API.
type Request struct {
	Method, Path, Query string
	// Key is its Idempotency-Key, and Agent its User-Agent.
	Key, Agent string
	At         time.Time
	// Fault is what went wrong with it on purpose, or nothing.
	Fault Fault
}

// Open starts a server. It must be closed.
func Open(ctx context.Context, options Options) (*Server, error) {
	options = options.filled()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", options.Addr)
	if err != nil {
		return nil, fmt.Errorf("opening a simulated Mastodon server: %w", err)
	}
	s := &Server{
		options: options, url: "http://" + listener.Addr().String(), closing: make(chan struct{}),
		rng:  rand.New(rand.NewPCG(options.Seed, 20_261_122)),
		keys: map[string]keyed{}, media: map[string]*Media{},
		policy: map[string]string{
			"for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
			"for_private_mentions": "accept", "for_limited_accounts": "filter",
		},
	}
	s.routes()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	go s.http.Serve(listener) //nolint:errcheck // it ends with http.ErrServerClosed
	return s, nil
}

// URL is the server's address, without a final slash.
func (s *Server) URL() string { return s.url }

// Token is the access token that it takes.
func (s *Server) Token() string { return s.options.Token }

// Close ends the server and everything that hangs.
func (s *Server) Close() error {
	s.end.Do(func() { close(s.closing) })
	if err := s.http.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("closing a simulated Mastodon server: %w", err)
	}
	return nil
}

// Requests gives what has arrived at the API, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Posts gives what was posted, oldest first, deleted posts included.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeLate()
	posts := make([]Post, len(s.posts))
	for i, post := range s.posts {
		posts[i] = *post
	}
	return posts
}

func (s *Server) routes() {
	s.api = http.NewServeMux()
	handle := func(pattern string, answer func(r *http.Request) reply, scopes ...string) {
		s.api.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if refusal, refused := s.refuse(r, scopes); refused {
				refusal.send(w)
				return
			}
			answer(r).send(w)
		})
	}
	handle("GET /api/v1/accounts/verify_credentials", s.verifyCredentials, "profile", "read:accounts")
	handle("GET /api/v1/accounts/{id}/statuses", s.accountStatuses, "read:statuses")
	handle("GET /api/v1/apps/verify_credentials", s.verifyApp, anyScope)
	handle("POST /api/v1/statuses", s.postStatus, "write:statuses")
	handle("GET /api/v1/statuses/{id}", s.getStatus, "read:statuses")
	handle("DELETE /api/v1/statuses/{id}", s.deleteStatus, "write:statuses")
	handle("POST /api/v2/media", s.postMedia, "write:media")
	handle("GET /api/v1/media/{id}", s.getMedia, "write:media")
	handle("GET /api/v1/notifications", s.getNotifications, "read:notifications")
	handle("GET /api/v1/follow_requests", s.getFollowRequests, "read:follows")
	handle("POST /api/v1/follow_requests/{id}/authorize", s.answerFollow(true), "write:follows")
	handle("POST /api/v1/follow_requests/{id}/reject", s.answerFollow(false), "write:follows")
	handle("GET /api/v1/timelines/home", s.homeTimeline, "read:statuses")
	handle("GET /api/v1/instance", s.instanceV1)
	if !s.options.Style.OnlyV1 {
		handle("GET /api/v2/instance", s.instanceV2)
	}
	if !s.options.Style.OnlyV1 && !s.options.Style.HidesScopes {
		handle("GET /.well-known/oauth-authorization-server", s.oauthMetadata)
		handle("GET /api/v2/notifications/policy", s.getPolicy, "read:notifications")
	}
	s.pages = http.NewServeMux()
	s.pageRoutes()
}

// anyScope stands for a request that needs a token, whatever that allows.
const anyScope = "any"

// refuse checks the token and what it allows. Without scopes anybody is let in.
func (s *Server) refuse(r *http.Request, scopes []string) (reply, bool) {
	given, hasToken := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case len(scopes) == 0:
		return reply{}, false
	case !hasToken || given != s.options.Token:
		if s.options.Style.gotosocial() {
			return failure(http.StatusUnauthorized, "Unauthorized: token not supplied"), true
		}
		return failure(http.StatusUnauthorized, "The access token is invalid"), true
	case scopes[0] != anyScope && !s.options.allows(scopes...):
		return s.outside(), true
	}
	return reply{}, false
}

// outside says that the token does not allow this.
func (s *Server) outside() reply {
	if s.options.Style.gotosocial() {
		return failure(http.StatusForbidden, "Forbidden: token has insufficient scope permission")
	}
	return failure(http.StatusForbidden, "This action is outside the authorized scopes")
}

// ServeHTTP answers, or fails as it was asked to.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasPrefix(r.URL.Path, "/.well-known/") {
		s.pages.ServeHTTP(w, r)
		return
	}
	// Only when the body has been read is a client noticed that goes away.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		failure(http.StatusRequestEntityTooLarge, "the body is too large").send(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.Header().Set("Date", s.options.Now().UTC().Format(http.TimeFormat))

	s.mu.Lock()
	s.writeLate()
	fault := s.nextFault(r)
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Key: r.Header.Get("Idempotency-Key"), Agent: r.UserAgent(), At: s.options.Now(), Fault: fault,
	})
	throttled := s.count(w.Header())
	s.mu.Unlock()
	if throttled && fault == "" {
		fault = Throttled
	}
	s.act(w, r, fault, body)
}

// count counts the request into the window of the clock, writes where the limit stands,
// and reports whether it is passed.
func (s *Server) count(header http.Header) bool {
	style := s.options.Style
	if style.Limit == 0 {
		return false
	}
	now := s.options.Now()
	if window := now.Truncate(style.Window); !window.Equal(s.window) {
		s.window, s.used = window, 0
	}
	s.used++
	header.Set("X-RateLimit-Limit", strconv.Itoa(style.Limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(max(style.Limit-s.used, 0)))
	header.Set("X-RateLimit-Reset", s.reset(s.window.Add(style.Window)))
	return s.used > style.Limit
}

// reset writes the time as servers do: with milliseconds, or with microseconds.
func (s *Server) reset(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05." + strings.Repeat("0", max(s.options.Style.ResetDigits, 1)) + "Z")
}
