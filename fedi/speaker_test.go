package fedi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

const statuses = "POST /api/v1/statuses"

func TestASpeakerNeedsItsThings(t *testing.T) {
	t.Parallel()
	_, err := fedi.NewSpeaker(fedi.SpeakerConfig{})
	for _, what := range []string{"client", "outbox", "writer", "ledger", "clock"} {
		require.ErrorContains(t, err, what)
	}
}

func TestItSpeaksInOrderAndWithPauses(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	s.add(leaderboard.NewsAmount)
	s.add(leaderboard.NewsDigest)
	s.start()
	rest := s.speak()
	assert.Equal(t, s.clock.Now().Add(time.Minute), rest.Until)
	assert.Empty(t, rest.Why)
	require.Len(t, s.server.Posts(), 1, "not two at once")
	assert.Contains(t, s.server.Posts()[0].Text, linkOf(2), "the digest is more important")
	s.speak()
	assert.Len(t, s.server.Posts(), 1)
	s.clock.pass(time.Minute)
	s.speak()
	posts := s.server.Posts()
	require.Len(t, posts, 2)
	assert.Equal(t, fedi.Key("a ledger", 1), posts[1].Key)
	assert.NotEqual(t, posts[0].Key, posts[1].Key)
	assert.NotEqual(t, fedi.Key("another ledger", 1), posts[1].Key)
	assert.Equal(t, fedi.Posted{ID: posts[1].ID, URL: posts[1].URL}, s.row(1).Posted)
	s.clock.pass(time.Minute)
	assert.Equal(t, fedi.Rest{}, s.speak(), "nothing to wait for")
	assert.Equal(t, 0, s.requests("GET", "/api/v1/accounts/111222333444555666/statuses"), "nothing was open")
}

// One fault at the post, and what comes of it.
func TestWhatBecomesOfAFailedPost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault     feditest.Fault
		why       string        // it is put off or dropped
		dropped   bool          //
		rest      time.Duration // at least; before it is tried again
		most      time.Duration
		paused    bool
		wasPosted bool
	}{
		{fault: feditest.Unavailable, why: "503", rest: 2 * time.Minute, most: 3 * time.Minute},
		{fault: feditest.Overloaded, why: "asks to wait until 12:03:00", rest: 2 * time.Minute, most: 2 * time.Minute},
		{fault: feditest.BrokenServer, why: "500 Internal Server Error", rest: 2 * time.Minute, most: 3 * time.Minute},
		{fault: feditest.GatewayPage, why: "504 Gateway Timeout", rest: 2 * time.Minute, most: 3 * time.Minute, wasPosted: true},
		{fault: feditest.Unauthorized, why: "401: The access token was revoked", rest: 15 * time.Minute, most: 15 * time.Minute, paused: true},
		{fault: feditest.Forbidden, why: "403: Your login is currently disabled", rest: 15 * time.Minute, most: 15 * time.Minute, paused: true},
		{fault: feditest.Throttled, why: "asks to wait until 12:05:00", rest: 4 * time.Minute, most: 4 * time.Minute},
		{fault: feditest.ThrottledFor, why: "asks to wait until 12:02:30", rest: 90 * time.Second, most: 90 * time.Second},
		{fault: feditest.Refused, why: "Validation failed: this is refused on purpose", dropped: true},
		{fault: feditest.HangBefore, why: "context canceled", rest: 2 * time.Minute, most: 3 * time.Minute},
		{fault: feditest.HangAfter, why: "context canceled", rest: 2 * time.Minute, most: 3 * time.Minute, wasPosted: true},
		{fault: feditest.LateWrite, why: "context canceled", rest: 2 * time.Minute, most: 3 * time.Minute, wasPosted: true},
		{fault: feditest.CutBefore, why: "EOF", rest: 2 * time.Minute, most: 3 * time.Minute},
		{fault: feditest.CutAfter, why: "EOF", rest: 2 * time.Minute, most: 3 * time.Minute, wasPosted: true},
		{fault: feditest.Garbled, why: "EOF", rest: 2 * time.Minute, most: 3 * time.Minute, wasPosted: true},
		{fault: feditest.Elsewhere, why: "http://elsewhere.invalid", rest: 2 * time.Minute, most: 3 * time.Minute},
	} {
		for name, style := range styles() {
			t.Run(string(tt.fault)+" on "+name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, feditest.Options{Style: style})
				id := s.add(leaderboard.NewsShare)
				s.start()
				began := s.clock.Now()
				s.server.Fail(1, tt.fault, statuses)
				rest := s.speak()
				row := s.row(id)
				assert.Contains(t, row.Why, tt.why)
				assert.Equal(t, tt.dropped, row.Dropped)
				if tt.dropped {
					assert.Empty(t, s.server.Posts())
					return
				}
				assert.False(t, row.Done)
				assert.Equal(t, rest, s.speaker.Rest())
				assert.NotEmpty(t, rest.Why)
				assert.Equal(t, tt.paused, rest.Paused)
				assert.GreaterOrEqual(t, rest.Until.Sub(began), tt.rest)
				assert.LessOrEqual(t, rest.Until.Sub(began), tt.most)

				before := len(s.server.Requests())
				s.clock.pass(rest.Until.Sub(began) - time.Second)
				s.speak()
				assert.Len(t, s.server.Requests(), before, "it keeps still")
				s.play()
				row = s.row(id)
				assert.True(t, row.Done)
				assert.Equal(t, 1, s.wrote[id], "the words are kept")
				posts := s.server.Posts()
				require.Len(t, posts, 1)
				assert.Equal(t, posts[0].ID, row.Posted.ID)
				assert.Equal(t, posts[0].URL, row.Posted.URL)
				if tt.wasPosted {
					assert.Equal(t, 1, row.Attempts, "it was found, not posted again")
				} else {
					assert.Equal(t, 2, row.Attempts)
				}
			})
		}
	}
}

// The key of the first attempt is forgotten after an hour. So a toot that was posted
// and could not be looked for meanwhile must still be found.
func TestAnOutageAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for name, style := range styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			style.Limit = 0
			s := newStage(t, feditest.Options{Style: style})
			id := s.add(leaderboard.NewsDigest)
			s.start()
			s.server.Fail(1, feditest.CutAfter, statuses)
			s.speak()
			// Meanwhile its people post by hand, more than is on one page.
			s.clock.pass(time.Minute)
			byHand := connect(t, s.server, s.clock.Now)
			for n := range 45 {
				_, err := byHand.Post(t.Context(), toot(linkOf(int64(1000+n))), fmt.Sprint("by hand ", n))
				require.NoError(t, err)
			}
			asked := len(s.server.Requests())
			s.server.Chaos(1, feditest.Unavailable, feditest.BrokenServer)
			for began := s.clock.Now(); s.clock.Now().Sub(began) < 3*time.Hour; {
				rest := s.speak()
				s.clock.pass(rest.Until.Sub(s.clock.Now()))
			}
			assert.Less(t, len(s.server.Requests())-asked, 40, "it asks ever more seldom")
			s.server.Calm()
			s.play()
			assert.True(t, s.row(id).Done)
			assert.Equal(t, 1, s.row(id).Attempts)
			assert.Equal(t, s.server.Posts()[0].ID, s.row(id).Posted.ID)
			assert.Len(t, s.server.Posts(), 46)
		})
	}
}

func TestNewsThatGetsOld(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	lost, never := s.add(leaderboard.NewsShare), s.add(leaderboard.NewsAmount)
	s.start()
	s.server.Fail(1, feditest.CutAfter, statuses)
	s.speak()
	s.clock.pass(13 * time.Hour)
	s.server.Fail(1, feditest.Unavailable, "GET /api/v1/accounts/1112")
	s.speak()
	assert.False(t, s.row(lost).Done || s.row(lost).Dropped, "as long as it is open whether it was posted, it is not given up")
	s.play()
	assert.True(t, s.row(lost).Done, "old, and posted in time")
	assert.True(t, s.row(never).Dropped)
	assert.Contains(t, s.row(never).Why, "too old")
	assert.Zero(t, s.wrote[never])

	tried := s.add(leaderboard.NewsLastHour)
	s.server.Fail(100, feditest.Unavailable, statuses)
	s.clock.pass(time.Minute)
	s.play()
	assert.True(t, s.row(tried).Dropped)
	assert.Contains(t, s.row(tried).Why, "too old")
	assert.Greater(t, s.row(tried).Attempts, 2)
	assert.Len(t, s.server.Posts(), 1)
}

func TestWhatIsNotTrueIsNotSaid(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	untrue, strange, fine := s.add(leaderboard.NewsLead), s.add(leaderboard.NewsLead), s.add(leaderboard.NewsAmount)
	broken := true
	s.write = func(row fedi.Row) (fedi.Toot, error) {
		switch row.ID {
		case untrue:
			return fedi.Toot{}, &fedi.UnsaidError{Why: "somebody else leads"}
		case strange:
			return fedi.Toot{Text: "words without the link", Link: linkOf(row.ID)}, nil
		}
		if broken {
			return fedi.Toot{}, errors.New("the board cannot be read")
		}
		return toot(linkOf(row.ID)), nil
	}
	s.start()
	rest := s.speak()
	assert.True(t, s.row(untrue).Dropped)
	assert.Equal(t, "somebody else leads", s.row(untrue).Why)
	assert.Contains(t, s.row(strange).Why, "own link")
	assert.Equal(t, "writing it: the board cannot be read", rest.Why)
	assert.Zero(t, s.row(fine).Attempts, "that was no attempt")
	broken = false
	s.play()
	assert.True(t, s.row(fine).Done)
	assert.Len(t, s.server.Posts(), 1)
}

func TestRepliesWhoseParentIsGone(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	id := s.add(leaderboard.NewsThanks)
	s.write = func(row fedi.Row) (fedi.Toot, error) {
		reply := toot(linkOf(row.ID))
		reply.InReplyTo = "404"
		return reply, nil
	}
	s.start()
	s.speak()
	assert.True(t, s.row(id).Dropped)
	assert.Contains(t, s.row(id).Why, "what it answers is gone")
}

// A row that fails again and again lets others go first after a while.
func TestOneRowDoesNotHoldUpTheOthersForEver(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	bad, good := s.add(leaderboard.NewsClosed), s.add(leaderboard.NewsAmount)
	s.server.Fail(5, feditest.BrokenServer, statuses)
	s.start()
	for range 5 {
		rest := s.speak()
		assert.Zero(t, s.row(good).Attempts)
		s.clock.pass(rest.Until.Sub(s.clock.Now()))
	}
	assert.Equal(t, 5, s.row(bad).Attempts)
	s.clock.pass(-time.Minute) // it would be its turn again
	s.speak()
	assert.True(t, s.row(good).Done)
	assert.Contains(t, s.row(bad).Why, "others go first")
	s.play()
	assert.True(t, s.row(bad).Done)
	assert.Len(t, s.server.Posts(), 2)
}

func TestNoAttemptGoesBeyondTheLease(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	id := s.add(leaderboard.NewsShare)
	s.pace = fedi.Pace{Attempt: time.Hour, Least: 50 * time.Millisecond, Margin: 5 * time.Second}
	s.start()
	until := s.clock.Now().Add(5*time.Second + 40*time.Millisecond)
	rest, err := s.speaker.Speak(t.Context(), until)
	require.NoError(t, err)
	assert.Equal(t, until, rest.Until)
	assert.Empty(t, s.server.Requests(), "too little is left to begin")

	s.patient.stop = nil
	client, err := fedi.New(fedi.Config{Server: s.server.URL(), Token: s.server.Token(), Now: s.clock.Now, Timeout: 5 * time.Second})
	require.NoError(t, err)
	impatient, err := fedi.NewSpeaker(fedi.SpeakerConfig{
		Client: client, Outbox: s.outbox, Ledger: "l", Now: s.clock.Now, Pace: s.pace,
		Write: func(_ context.Context, row fedi.Row, _ fedi.Limits) (fedi.Toot, error) {
			return toot(linkOf(row.ID)), nil
		},
	})
	require.NoError(t, err)
	s.server.Fail(1, feditest.HangBefore, statuses)
	_, err = impatient.Speak(t.Context(), s.clock.Now().Add(5*time.Second+500*time.Millisecond))
	require.NoError(t, err, "it has come back, and noted it down")
	assert.Contains(t, s.row(id).Why, "deadline exceeded")
	assert.NotContains(t, s.row(id).Why, "Client.Timeout", "the end of the lease was first")
	assert.Equal(t, 1, s.row(id).Attempts)
}

// A program that is told to end while it posts notes down how it went.
func TestItEndsInOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{})
	first, second := s.add(leaderboard.NewsShare), s.add(leaderboard.NewsShare)
	ctx, cancel := context.WithCancel(t.Context())
	s.start()
	s.server.Fail(1, feditest.CutAfter, statuses)
	s.write = func(row fedi.Row) (fedi.Toot, error) {
		s.patient.after = cancel // from the next request on
		return toot(linkOf(row.ID)), nil
	}
	_, err := s.speaker.Speak(ctx, s.clock.Now().Add(2*time.Minute))
	require.NoError(t, err)
	assert.Contains(t, s.row(first).Why, "EOF")
	s.clock.pass(time.Hour)
	asked := len(s.server.Requests())
	_, err = s.speaker.Speak(ctx, s.clock.Now().Add(2*time.Minute))
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, s.server.Requests(), asked)
	s.patient.after, s.write = nil, nil
	s.play()
	assert.True(t, s.row(first).Done && s.row(second).Done)
	assert.Equal(t, 1, s.row(first).Attempts)
	assert.Len(t, s.server.Posts(), 2)
}

func TestPictures(t *testing.T) {
	t.Parallel()
	const media = "POST /api/v2/media"
	for _, tt := range []struct {
		name     string
		fault    feditest.Fault
		on       string
		times    int
		picture  []byte
		alt      string
		polls    int
		attempts int
		with     bool
		paused   bool
	}{
		{name: "all is well", picture: png, alt: "x", attempts: 1, with: true},
		{name: "it takes its time", picture: png, alt: "x", polls: 2, attempts: 1, with: true},
		{name: "it takes too long", picture: png, alt: "x", polls: 100000, attempts: 3},
		{name: "no picture without words for it", picture: png, attempts: 1},
		{name: "not a kind that is taken", picture: []byte("GIF8"), alt: "x", attempts: 1},
		{name: "the server is away for a moment", picture: png, alt: "x", fault: feditest.Unavailable, on: media, times: 1, attempts: 2, with: true},
		{name: "the connection breaks", picture: png, alt: "x", fault: feditest.CutAfter, on: media, times: 1, attempts: 2, with: true},
		{name: "too many uploads", picture: png, alt: "x", fault: feditest.Throttled, on: media, times: 1, attempts: 2, with: true},
		{name: "the media server is down", picture: png, alt: "x", fault: feditest.BrokenServer, on: media, times: 9, attempts: 3},
		{name: "the token may not upload", picture: png, alt: "x", fault: feditest.Forbidden, on: media, times: 1, attempts: 1},
		{name: "the token may nothing", picture: png, alt: "x", fault: feditest.Unauthorized, on: media, times: 1, attempts: 2, with: true, paused: true},
		{name: "the picture is refused", picture: png, alt: "x", fault: feditest.Refused, on: media, times: 1, attempts: 1},
		{name: "the toot is refused with it", picture: png, alt: "x", fault: feditest.Refused, on: statuses, times: 1, attempts: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			style := feditest.Mastodon()
			style.MediaPolls, style.Limit = tt.polls, 0
			s := newStage(t, feditest.Options{Style: style})
			id := s.add(leaderboard.NewsDigest)
			s.pace = fedi.Pace{Picture: 400 * time.Millisecond}
			s.write = func(row fedi.Row) (fedi.Toot, error) {
				written := toot(linkOf(row.ID))
				written.Picture, written.Alt = tt.picture, tt.alt
				return written, nil
			}
			s.server.Fail(tt.times, tt.fault, tt.on)
			s.start()
			assert.Equal(t, tt.paused, s.speak().Paused)
			s.play()
			row, posts := s.row(id), s.server.Posts()
			require.True(t, row.Done, row.Why)
			require.Len(t, posts, 1)
			assert.Equal(t, tt.attempts, row.Attempts)
			if tt.with {
				require.Len(t, posts[0].Media, 1)
				assert.Equal(t, tt.alt, posts[0].Media[0].Alt)
			} else {
				assert.Empty(t, posts[0].Media)
			}
		})
	}
}

// The bot starts while its server is away, or its token is none.
func TestItWaitsForItsServer(t *testing.T) {
	t.Parallel()
	s := newStage(t, feditest.Options{Scopes: []string{"profile", "write:statuses"}})
	id := s.add(leaderboard.NewsClosed)
	s.server.Fail(1, feditest.CutBefore, "GET")
	s.server.Fail(1, feditest.Unauthorized, "GET")
	s.start()
	rest := s.speak()
	assert.False(t, rest.Paused)
	s.clock.pass(rest.Until.Sub(s.clock.Now()))
	rest = s.speak()
	assert.True(t, rest.Paused, rest.Why)
	assert.Contains(t, rest.Why, "asking whose account it is")
	s.clock.pass(rest.Until.Sub(s.clock.Now()))
	s.server.Fail(1, feditest.CutBefore, statuses)
	rest = s.speak()
	s.clock.pass(rest.Until.Sub(s.clock.Now()))
	rest = s.speak()
	assert.True(t, rest.Paused, "without read:statuses it cannot know, and does not guess")
	assert.True(t, strings.Contains(rest.Why, "looking through the latest posts") && strings.Contains(rest.Why, "scopes"), rest.Why)
	assert.Equal(t, 1, s.row(id).Attempts)
}
