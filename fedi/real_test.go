package fedi_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	imagepng "image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/fedi/feditest"
	"fedirally/leaderboard"
)

// The tests of this file hold the bot against a real server of the Mastodon API. They
// run only when FEDIRALLY_TEST_MASTODON_SERVER names one (http://localhost:8080) and
// FEDIRALLY_TEST_MASTODON_TOKEN is the token of an account on it that is there for
// nothing else, with the scopes of [fedi.LeastScopes]. They post a few hundred toots,
// unlisted, and delete them at the end; the server's limits of requests must be off
// (GoToSocial: advanced-rate-limit-requests: 0). So never take a server where people are.

// realAccount is an account on a real server. What is posted there is also looked at past the
// client that is tested.
type realAccount struct {
	t             *testing.T
	server, token string
	http          *http.Client
	// run is in the links of this test's toots, and of no others.
	run     string
	account fedi.Account
}

func newReal(t *testing.T) *realAccount {
	t.Helper()
	r := &realAccount{
		t: t, server: strings.TrimRight(os.Getenv("FEDIRALLY_TEST_MASTODON_SERVER"), "/"),
		token: os.Getenv("FEDIRALLY_TEST_MASTODON_TOKEN"), run: crand.Text(),
	}
	if r.server == "" || r.token == "" {
		t.Skip("it takes a real server, which no package installs: see CONTRIBUTING.md, \"A real server\"")
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	r.http = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	var err error
	r.account, err = r.client(nil).Account(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, post := range r.posts() {
			assert.Less(t, r.ask(http.MethodDelete, "/api/v1/statuses/"+post.ID, nil), 300)
		}
	})
	return r
}

func (r *realAccount) client(transport http.RoundTripper) *fedi.Client {
	r.t.Helper()
	if transport == nil {
		transport = r.http.Transport
	}
	client, err := fedi.New(fedi.Config{Server: r.server, Token: r.token, Transport: transport, Now: time.Now})
	require.NoError(r.t, err)
	return client
}

// ask sends a request without a body, gives the status, and reads the answer if it is a
// good one.
func (r *realAccount) ask(method, path string, answer any) int {
	r.t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.t.Context()), method, r.server+path, http.NoBody)
	require.NoError(r.t, err)
	request.Header.Set("Authorization", "Bearer "+r.token)
	response, err := r.http.Do(request)
	require.NoError(r.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	if answer != nil && response.StatusCode == http.StatusOK {
		require.NoError(r.t, json.Unmarshal(body, answer), "%s", body)
	}
	return response.StatusCode
}

// realPost is a post as the server gives it.
type realPost struct {
	ID, URL, Content, Visibility, Language string
	Warning                                string `json:"spoiler_text"`
	Sensitive                              bool
	Media                                  []struct{ Type, URL, Description string } `json:"media_attachments"`
}

// posts are those of this test that are on the server, the latest first.
func (r *realAccount) posts() []realPost {
	r.t.Helper()
	var mine []realPost
	for query := (url.Values{"limit": {"40"}}); ; {
		var page []realPost
		require.Equal(r.t, http.StatusOK, r.ask(http.MethodGet, "/api/v1/accounts/"+r.account.ID+"/statuses?"+query.Encode(), &page))
		for _, post := range page {
			if strings.Contains(post.Content, r.run) {
				mine = append(mine, post)
			}
		}
		if len(page) == 0 {
			return mine
		}
		query.Set("max_id", page[len(page)-1].ID)
	}
}

// link is that of a row. It has in it what is written otherwise in HTML.
func (r *realAccount) link(row int64) string {
	return fmt.Sprintf("https://rally.example/drives/a_drive?run=%s&n=%d", r.run, row)
}

func (r *realAccount) toot(row fedi.Row) fedi.Toot {
	written := toot(r.link(row.ID))
	if row.ID%4 == 1 {
		written.Picture, written.Alt = drawing(), "A square of colors."
	}
	return written
}

// drawing is a PNG that is one.
func drawing() []byte {
	picture := image.NewRGBA(image.Rect(0, 0, 80, 60))
	for i := range picture.Bounds().Dx() * picture.Bounds().Dy() {
		picture.Set(i%80, i/80, color.RGBA{R: uint8(3 * (i % 80)), G: uint8(4 * (i / 80)), B: 90, A: 255})
	}
	var b bytes.Buffer
	_ = imagepng.Encode(&b, picture) // nothing fails in memory
	return b.Bytes()
}

// realPace leaves a server on this machine hardly any time.
func realPace() fedi.Pace {
	return fedi.Pace{Settle: 50 * time.Millisecond, Longest: 200 * time.Millisecond, Gap: time.Millisecond, Pause: time.Millisecond}
}

// speak lets a bot speak that was just started, until all rows have ended or it crashed;
// it says where it crashed.
func (r *realAccount) speak(outbox *feditest.Outbox, next http.RoundTripper, pace fedi.Pace, write func(fedi.Row) fedi.Toot) string {
	r.t.Helper()
	speaker, err := fedi.NewSpeaker(fedi.SpeakerConfig{
		Client: r.client(outbox.Transport(next)), Outbox: outbox, Ledger: r.run, Now: time.Now, Pace: pace,
		Write: func(_ context.Context, row fedi.Row, _ fedi.Limits) (fedi.Toot, error) { return write(row), nil },
	})
	require.NoError(r.t, err)
	for unended(outbox) > 0 {
		rest, err := speaker.Speak(r.t.Context(), time.Now().Add(2*time.Minute))
		if where, crashed := outbox.Restart(); crashed {
			return where
		}
		require.NoError(r.t, err)
		require.False(r.t, rest.Paused, rest.Why)
		for _, row := range outbox.Rows() {
			require.Less(r.t, row.Attempts, 30, "toot %d does not come to an end: %s", row.ID, row.Why)
		}
		wait := time.Until(rest.Until)
		require.Less(r.t, wait, time.Minute, rest.Why)
		time.Sleep(min(max(wait, time.Millisecond), 20*time.Millisecond)) // something else may be due
	}
	return ""
}

func unended(outbox *feditest.Outbox) int {
	return len(slices.DeleteFunc(outbox.Rows(), func(row feditest.OutboxRow) bool { return row.Done || row.Dropped }))
}

// assertEachOnce holds the server against the outbox.
func (r *realAccount) assertEachOnce(outbox *feditest.Outbox) {
	r.t.Helper()
	there := map[string][]string{} // the identifiers, by the link
	for _, post := range r.posts() {
		text := strings.Fields(fedi.Plain(post.Content))
		there[text[len(text)-1]] = append(there[text[len(text)-1]], post.ID)
	}
	for _, row := range outbox.Rows() {
		if row.Dropped {
			assert.Empty(r.t, there[r.link(row.ID)], "toot %d was dropped: %s", row.ID, row.Why)
		} else if assert.Len(r.t, there[r.link(row.ID)], 1, "toot %d, after %d attempts", row.ID, row.Attempts) {
			assert.Equal(r.t, row.Posted.ID, there[r.link(row.ID)][0])
		}
	}
}

// lossy is a transport that loses answers: the server has carried the request out. To
// cut is not to wait for it.
type lossy struct {
	next http.RoundTripper
	// lose says of the n-th post whether its answer is lost.
	lose func(n int) bool
	// cut, if it is there, is after which time the n-th post is given up; 0: never.
	cut func(n int) time.Duration

	mu                sync.Mutex
	posts, lost, cuts int
}

var errLost = errors.New("the answer is lost")

func (l *lossy) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodPost || request.URL.Path != "/api/v1/statuses" {
		return l.next.RoundTrip(request)
	}
	l.mu.Lock()
	l.posts++
	n := l.posts
	l.mu.Unlock()
	if l.cut != nil {
		if after := l.cut(n); after > 0 {
			ctx, cancel := context.WithTimeout(request.Context(), after)
			defer cancel()
			request = request.WithContext(ctx)
		}
	}
	body, response, err := carry(l.next, request)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.cuts++
		return nil, err
	case l.lose(n):
		l.lost++
		return nil, errLost
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// carry carries a request out, and the answer home.
func carry(next http.RoundTripper, request *http.Request) ([]byte, *http.Response, error) {
	response, err := next.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return body, response, err
}

func news(kind leaderboard.NewsKind) leaderboard.News {
	return leaderboard.News{Kind: kind, Drive: 1, Host: "fosstodon.example"}
}

func TestRealAccount(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	for _, f := range fedi.Check(t.Context(), r.client(nil), fedi.Wants{}) {
		t.Logf("%s: %s: %s (%s)", f.Level, f.Subject, f.Says, f.Do)
		assert.NotEqual(t, fedi.Fault, f.Level, "%v", f)
	}
	stranger, err := fedi.New(fedi.Config{Server: r.server, Token: "nobody's", Now: time.Now})
	require.NoError(t, err)
	findings := fedi.Check(t.Context(), stranger, fedi.Wants{})
	require.Len(t, findings, 1)
	assert.Equal(t, "token", findings[0].Subject)
	assert.Contains(t, findings[0].Says, "does not take it")
	assert.Empty(t, r.posts(), "it posts nothing")
}

func TestRealToot(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	outbox := &feditest.Outbox{}
	outbox.Add(news(leaderboard.NewsDigest), time.Now())
	r.speak(outbox, r.http.Transport, realPace(), r.toot)
	r.assertEachOnce(outbox)
	posts := r.posts()
	require.Len(t, posts, 1)
	post := posts[0]
	assert.Equal(t, fedi.Posted{ID: post.ID, URL: post.URL}, outbox.Rows()[0].Posted)
	assert.Equal(t, "Something was passed.\n\n"+r.link(1), fedi.Plain(post.Content))
	assert.Equal(t, "US politics", post.Warning)
	assert.True(t, post.Sensitive, "the picture is behind the warning as well")
	assert.Equal(t, "unlisted", post.Visibility)
	assert.Equal(t, "en", post.Language)
	require.Len(t, post.Media, 1)
	assert.Equal(t, "image", post.Media[0].Type)
	assert.Equal(t, "A square of colors.", post.Media[0].Description)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, post.Media[0].URL, http.NoBody)
	require.NoError(t, err)
	response, err := r.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	picture, err := imagepng.Decode(response.Body)
	require.NoError(t, err)
	assert.Equal(t, image.Rect(0, 0, 80, 60), picture.Bounds())

	there, found, err := r.client(nil).Find(t.Context(), r.account.ID, r.link(1), time.Now())
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, fedi.Posted{ID: post.ID, URL: post.URL}, there)
	_, found, err = r.client(nil).Find(t.Context(), r.account.ID, r.link(1)+"0", time.Now())
	require.NoError(t, err)
	assert.False(t, found, "another address that begins alike")
}

// Every answer to a first attempt is lost when the server has written the post, or the
// connection is cut while the server writes it, or before it does.
func TestRealLostAnswers(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	const toots = 40
	outbox, rng := &feditest.Outbox{}, rand.New(rand.NewPCG(5, 1))
	for range toots {
		outbox.Add(news(leaderboard.NewsClosed), time.Now())
	}
	wire := &lossy{
		next: r.http.Transport,
		lose: func(n int) bool { return n <= toots },
		cut: func(n int) time.Duration {
			if n > toots || n%2 == 0 {
				return 0
			}
			return time.Duration(1 + rng.Int64N(int64(10*time.Millisecond)))
		},
	}
	pace := realPace()
	pace.Settle, pace.Longest, pace.Aside = time.Second, time.Second, 1 // it may go on writing; others go first
	r.speak(outbox, wire, pace, r.toot)
	r.assertEachOnce(outbox)
	again := 0
	for _, row := range outbox.Rows() {
		again += row.Attempts - 1
	}
	assert.GreaterOrEqual(t, wire.lost, toots/2)
	assert.Less(t, again, toots, "what was written is found, not sent again")
	t.Logf("%d toots, %d answers lost, %d connections cut, %d sent again", toots, wire.lost, wire.cuts, again)
}

// The program crashes 200 times at any of the points at which it can, and more often
// until it has crashed at each. Every other answer to a post is lost besides.
func TestRealCrashes(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	const crashes, points = 200, 10 // before and after Try, Done, Later, GET and POST
	outbox, rng, places := &feditest.Outbox{}, rand.New(rand.NewPCG(200, 5)), map[string]int{}
	wire := &lossy{next: r.http.Transport, lose: func(int) bool { return rng.IntN(2) == 0 }}
	n := 0
	for n < crashes || len(places) < points {
		require.Less(t, n, 5*crashes, "it never crashes at some points: %v", places)
		for range 6 - unended(outbox) {
			outbox.Add(news(leaderboard.NewsClosed), time.Now())
		}
		outbox.CrashAt(1 + rng.IntN(30))
		if where := r.speak(outbox, wire, realPace(), r.toot); where != "" {
			places[where]++
			n++
		}
	}
	outbox.CrashAt(0)
	r.speak(outbox, wire, realPace(), r.toot)
	r.assertEachOnce(outbox)
	t.Logf("%d crashes, %d toots, %d posts sent, %d answers lost; %v", n, len(outbox.Rows()), wire.posts, wire.lost, places)
}

// The length of a post is what the server counts: one character more is too many.
func TestRealLimits(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	client, limits := r.client(nil), r.account.Limits
	for i, start := range []string{
		"",
		"Two addresses: https://a.example and https://rally.example/drives/a_drive/instances/fosstodon.example?n=12345.\n",
		"\U0001f3f3\ufe0f\u200d\U0001f308 \U0001f469\u200d\U0001f4bb e\u0301 \u00fc \U0001f389 ",
		"#hashtag & <marks> \u201cquotes\u201d\n\n",
	} {
		written := toot(r.link(int64(i)))
		written.Warning = "US politics \U0001f3f3\ufe0f\u200d\U0001f308"
		written.Text = start + written.Link + " "
		written.Text += strings.Repeat("x", limits.MaxCharacters-limits.Length(written.Warning, written.Text))
		posted, err := client.Post(t.Context(), written, fedi.Key(r.run, int64(i)))
		require.NoError(t, err, "%q", start)
		assert.NotEmpty(t, posted.ID)
		longer := written
		longer.Text += "x"
		_, err = client.Post(t.Context(), longer, fedi.Key(r.run, int64(100+i)))
		var refusal *fedi.RefusalError
		require.ErrorAs(t, err, &refusal, "%q", start)
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, refusal.Status)
		assert.NotEmpty(t, refusal.Words)
	}
	assert.Len(t, r.posts(), 4)
}

// What is refused ends, with the server's reason; what was next is posted.
func TestRealRefusals(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	outbox := &feditest.Outbox{}
	const long, orphan, badPicture, usual = 1, 2, 3, 4
	for range usual {
		outbox.Add(news(leaderboard.NewsClosed), time.Now())
	}
	gone, err := r.client(nil).Post(t.Context(), toot(r.link(orphan)), fedi.Key(r.run, 100))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.ask(http.MethodDelete, "/api/v1/statuses/"+gone.ID, nil))
	for range 1000 { // GoToSocial answers first, and deletes then
		if r.ask(http.MethodGet, "/api/v1/statuses/"+gone.ID, nil) == http.StatusNotFound {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.speak(outbox, r.http.Transport, realPace(), func(row fedi.Row) fedi.Toot {
		written := toot(r.link(row.ID))
		switch row.ID {
		case long:
			written.Text = strings.Repeat("x", r.account.Limits.MaxCharacters) + " " + written.Text
		case orphan:
			written.InReplyTo = gone.ID
		case badPicture:
			written.Picture, written.Alt = drawing(), strings.Repeat("x", r.account.Limits.Description+1)
		}
		return written
	})
	r.assertEachOnce(outbox)
	rows := outbox.Rows()
	assert.True(t, rows[long-1].Dropped)
	assert.Regexp(t, "^the server answered 4(00|22): .", rows[long-1].Why)
	assert.True(t, rows[orphan-1].Dropped)
	assert.Contains(t, rows[orphan-1].Why, "what it answers is gone")
	assert.True(t, rows[badPicture-1].Done, "words are better than nothing")
	assert.True(t, rows[usual-1].Done)
	for _, post := range r.posts() {
		assert.Empty(t, post.Media)
	}
	for _, row := range rows {
		assert.LessOrEqual(t, row.Attempts, 1, "toot %d: %s", row.ID, row.Why)
	}
}
