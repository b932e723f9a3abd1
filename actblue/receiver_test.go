package actblue

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// shelf is a recorder that keeps notices in memory.
type shelf struct {
	mu      sync.Mutex
	notices []leaderboard.Notice
	receipt leaderboard.Receipt
	err     error
	wait    func(ctx context.Context)
}

func (s *shelf) Record(ctx context.Context, notice leaderboard.Notice) (leaderboard.Receipt, error) {
	if s.wait != nil {
		s.wait(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, notice)
	return s.receipt, s.err
}

// door is a receiver behind a real server.
type door struct {
	*httptest.Server
	shelf *shelf
	log   *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const (
	testUser     = "hook"
	testPassword = "pass:with:colons"
)

func openDoor(t testing.TB, change func(*Config)) door {
	t.Helper()
	d := door{shelf: &shelf{receipt: leaderboard.Receipt{Recorded: 1}}, log: &lockedBuffer{}}
	config := Config{
		User: testUser, Password: testPassword, Recorder: d.shelf,
		Logger: slog.New(slog.NewJSONHandler(d.log, nil)),
	}
	if change != nil {
		change(&config)
	}
	receiver, err := NewReceiver(config)
	require.NoError(t, err)
	d.Server = httptest.NewServer(receiver)
	t.Cleanup(d.Close)
	return d
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

func (d door) send(t testing.TB, method, path string, body io.Reader, change func(*http.Request)) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.URL+path, body)
	require.NoError(t, err)
	req.SetBasicAuth(testUser, testPassword)
	if change != nil {
		change(req)
	}
	res, err := d.Client().Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, res.Body.Close()) }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return reply{status: res.StatusCode, header: res.Header, body: string(answer)}
}

func (d door) post(t testing.TB, body []byte) reply {
	t.Helper()
	return d.send(t, http.MethodPost, WebhookPath+"contributions", bytes.NewReader(body), nil)
}

func TestReceiverRecordsEachKind(t *testing.T) {
	d := openDoor(t, nil)
	for name, kind := range samples() {
		for _, slash := range []string{"", "/"} {
			body := sample(t, name)
			answer := d.send(t, http.MethodPost, WebhookPath+string(kind)+slash, bytes.NewReader(body), func(r *http.Request) {
				r.Header.Set("Content-Type", "text/plain")
			})
			assert.Equal(t, http.StatusOK, answer.status, name)
			assert.JSONEq(t, `{"recorded":1,"known":0,"quarantined":0}`, answer.body)
			assert.Equal(t, "application/json", answer.header.Get("Content-Type"))
			want, got := parse(t, kind, body), d.shelf.notices[len(d.shelf.notices)-1]
			assert.Equal(t, want.Body(), got.Body())
			want.Body, got.Body = nil, nil
			assert.Equal(t, want, got)
		}
	}
	assert.Equal(t, 2*len(samples()), strings.Count(d.log.String(), "\n"), "one line for each request")
	assert.Contains(t, d.log.String(), `"level":"INFO"`)
}

func TestReceiverAsksWhoSends(t *testing.T) {
	d := openDoor(t, nil)
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del("Authorization")
			if value != "" {
				r.Header.Set("Authorization", value)
			}
		}
	}
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, value := range []string{
		"", "Basic", "Basic ", "Basic !!!", "Basic " + encoded("hook"), "Basic " + encoded("hook:"), "Basic " + encoded("hook:pass"),
		"Basic " + encoded("Hook:pass:with:colons"), "Basic " + encoded(":pass:with:colons"), "Basic " + encoded("hook:pass:with:colons "),
		"Bearer " + encoded("hook:pass:with:colons"), "Basic: " + encoded("hook:pass:with:colons"), "hook:pass:with:colons",
	} {
		answer := d.send(t, http.MethodPost, WebhookPath+"refunds", bytes.NewReader(sample(t, "refund")), header(value))
		assert.Equal(t, http.StatusUnauthorized, answer.status, value)
		assert.Contains(t, answer.header.Get("WWW-Authenticate"), "Basic realm=")
		assert.Contains(t, answer.body, `"error"`)
	}
	assert.Empty(t, d.shelf.notices)
	assert.Contains(t, d.log.String(), `"level":"WARN"`)
	assert.NotContains(t, d.log.String(), "colons")
	for _, scheme := range []string{"Basic", "basic", "BASIC"} {
		answer := d.send(t, http.MethodPost, WebhookPath+"refunds", bytes.NewReader(sample(t, "refund")), header(scheme+" "+encoded("hook:pass:with:colons")))
		assert.Equal(t, http.StatusOK, answer.status, scheme)
	}
	answer := d.send(t, http.MethodPost, WebhookPath+"refunds", strings.NewReader(strings.Repeat("x", maxBody+1)), header(""))
	assert.Equal(t, http.StatusUnauthorized, answer.status, "credentials come before size")
}

func TestReceiverKnowsItsPathsAndMethod(t *testing.T) {
	d := openDoor(t, nil)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		answer := d.send(t, method, WebhookPath+"contributions", nil, nil)
		assert.Equal(t, http.StatusMethodNotAllowed, answer.status)
		assert.Equal(t, http.MethodPost, answer.header.Get("Allow"))
	}
	for _, path := range []string{"/", WebhookPath, WebhookPath + "other", WebhookPath + "contributions/x", "/contributions", "/x" + WebhookPath + "refunds"} {
		assert.Equal(t, http.StatusNotFound, d.send(t, http.MethodPost, path, nil, nil).status, path)
	}
}

func TestReceiverLimitsBodies(t *testing.T) {
	d := openDoor(t, nil)
	fits := append(sample(t, "contribution"), bytes.Repeat([]byte(" "), maxBody)...)[:maxBody]
	assert.Equal(t, http.StatusOK, d.post(t, fits).status, "exactly 1 MiB")
	assert.Equal(t, http.StatusRequestEntityTooLarge, d.post(t, append(fits, ' ')).status, "declared")
	undeclared := d.send(t, http.MethodPost, WebhookPath+"contributions", io.MultiReader(bytes.NewReader(fits), strings.NewReader(" ")), nil)
	assert.Equal(t, http.StatusRequestEntityTooLarge, undeclared.status, "chunked")
	assert.Len(t, d.shelf.notices, 1)
}

func TestReceiverRefusesOnlyWhatIsNotJSON(t *testing.T) {
	d := openDoor(t, nil)
	for _, body := range []string{"", "x", "a=b", `{"a":1} {}`} {
		answer := d.post(t, []byte(body))
		assert.Equal(t, http.StatusBadRequest, answer.status)
		assert.Contains(t, answer.body, "ActBlue Default")
	}
	assert.Empty(t, d.shelf.notices)
	d.shelf.receipt = leaderboard.Receipt{Quarantined: 1}
	answer := d.post(t, []byte("{}"))
	assert.Equal(t, http.StatusOK, answer.status)
	assert.JSONEq(t, `{"recorded":0,"known":0,"quarantined":1}`, answer.body)
}

func TestReceiverAsksToSendAgainWhenNothingWasRecorded(t *testing.T) {
	d := openDoor(t, nil)
	d.shelf.err = errors.New("the disk is full")
	answer := d.post(t, sample(t, "contribution"))
	assert.Equal(t, http.StatusServiceUnavailable, answer.status)
	assert.NotEmpty(t, answer.header.Get("Retry-After"))
	assert.NotContains(t, answer.body, "disk", "our troubles are not for the sender")
	assert.Contains(t, d.log.String(), "the disk is full")
	assert.Equal(t, 1, strings.Count(d.log.String(), "\n"))
	assert.Contains(t, d.log.String(), `"level":"ERROR"`)
}

func TestReceiverGivesUpOnASlowBody(t *testing.T) {
	d := openDoor(t, func(c *Config) { c.BodyTimeout = 50 * time.Millisecond })
	assert.Equal(t, "503", d.dribble(t, testPassword))
	assert.Equal(t, "401", d.dribble(t, "wrong"), "a stranger cannot hold the connection either")
	assert.Empty(t, d.shelf.notices)
}

// dribble sends a part of a body, waits for the answer and returns its status.
func (d door) dribble(t *testing.T, password string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.URL, "http://"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	credentials := base64.StdEncoding.EncodeToString([]byte(testUser + ":" + password))
	_, err = fmt.Fprintf(conn, "POST %scontributions HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\nContent-Length: 100\r\n\r\n{", WebhookPath, credentials)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer := make([]byte, 12)
	_, err = io.ReadFull(conn, answer)
	require.NoError(t, err)
	return strings.TrimPrefix(string(answer), "HTTP/1.1 ")
}

// The deadline for the body must not end the context while the ledger writes.
func TestReceiverDoesNotHurryTheRecorder(t *testing.T) {
	d := openDoor(t, func(c *Config) { c.BodyTimeout = 50 * time.Millisecond })
	d.shelf.wait = func(ctx context.Context) {
		select {
		case <-ctx.Done():
			t.Error("the context ended")
		case <-time.After(200 * time.Millisecond):
		}
	}
	assert.Equal(t, http.StatusOK, d.post(t, sample(t, "contribution")).status)
}

func TestNewReceiverRefusesToLetInEverybody(t *testing.T) {
	_, err := NewReceiver(Config{})
	require.Error(t, err)
	for _, missing := range []string{"user name", "password", "recorder"} {
		assert.Contains(t, err.Error(), missing)
	}
	_, err = NewReceiver(Config{User: "a:b", Password: "secret-word", Recorder: &shelf{}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "secret-word")
}

func TestReceiverSaysNothingOfDonors(t *testing.T) {
	d := openDoor(t, nil)
	bodies := [][]byte{marked(t), []byte(`{"donor": "` + marker), edited(t, "contribution", at(marker, "donor", "firstname"))}
	for _, d.shelf.err = range []error{nil, errors.New("ledger is busy")} {
		for _, kind := range []leaderboard.NoticeKind{gifts, refunds, cancellations} {
			for _, body := range bodies {
				answer := d.send(t, http.MethodPost, WebhookPath+string(kind)+"?x="+marker, bytes.NewReader(body), func(r *http.Request) {
					r.Header.Set("X-Odd", marker)
				})
				assert.NotContains(t, answer.body+fmt.Sprint(answer.header), marker)
			}
		}
	}
	d.send(t, http.MethodPost, WebhookPath+"refunds", nil, func(r *http.Request) { r.SetBasicAuth(marker, marker) })
	d.send(t, http.MethodPost, "/"+marker, nil, nil)
	assert.NotContains(t, d.log.String(), marker)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN(d.log.String(), "\n", 2)[0]), &line))
	assert.Subset(t, []string{"time", "level", "msg", "kind", "recorded", "known", "quarantined", "set_aside"}, keysOf(line))
}

func keysOf(m map[string]any) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
