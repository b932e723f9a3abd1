package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestToldToEndFinishesWhatIsUnderWay sends SIGTERM to a server with webhooks
// half sent and boards being watched, and goes through the end step by step.
func TestToldToEndFinishesWhatIsUnderWay(t *testing.T) {
	env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
	env[envDrainDelay] = "3s"
	p := startProcess(t, env)
	openBench(t, env, "--min-donors", "1")
	require.NoError(t, postGift(http.DefaultClient, p.url, 1))
	const watchers = 60
	var streams [watchers]*benchStream
	for i := range streams {
		streams[i] = watchBench(t, p.url)
	}
	begun, last := sendHalf(t, p.url, benchNotice(2)), sendHalf(t, p.url, benchNotice(3))

	p.tell(t, syscall.SIGTERM)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		status, body := fetchText(c, p.url+"/readyz")
		assert.Equal(c, http.StatusServiceUnavailable, status)
		assert.Contains(c, body, "stopping")
	}, 20*time.Second, 10*time.Millisecond, "a balancer has to hear of it first")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/healthz", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err, "until then everybody is served")
	require.NoError(t, response.Body.Close())
	assert.True(t, response.Close, "and asked to open the next connection elsewhere")
	require.NoError(t, postGift(http.DefaultClient, p.url, 4))
	streams[0].next(t) // the boards move on
	assert.Equal(t, `{"recorded":1,"known":0,"quarantined":0}`, begun.finish(t))

	require.Eventually(t, func() bool { return nobodyListens(p.url) }, 20*time.Second, 10*time.Millisecond, "then nothing new is taken in")
	assert.Equal(t, `{"recorded":1,"known":0,"quarantined":0}`, last.finish(t), "and what has begun is finished")
	waits := map[int]int{}
	for _, s := range streams {
		told := s.rest(t)
		assert.Len(t, told, 2, "when to come back: once in case of a crash, and once at the end")
		for _, wait := range told {
			assert.GreaterOrEqual(t, wait, 1000)
			assert.Less(t, wait, 5000)
		}
		waits[told[len(told)-1]]++
	}
	assert.Greater(t, len(waits), watchers/2, "all come back at times of their own")
	<-p.done
	require.NoError(t, p.cmd.Wait(), "and the end is a success: %s", p.logs)
	assert.Contains(t, p.logs.String(), `"msg":"stopped"`)

	export := mustJSON[standingsDocument](t, env, "export", "standings", "--drive", "bench", "--json")
	assert.EqualValues(t, 4*2577, export.RaisedCents)
	must(t, env, "audit")
	delete(env, envDrainDelay)
	next := startProcess(t, env) // nothing is locked
	next.tell(t, os.Interrupt)
	<-next.done
	require.NoError(t, next.cmd.Wait())
}

// TestToldTwiceEndsAtOnce has a server wait for a notice that does not come to its
// end, and is told to end once more.
func TestToldTwiceEndsAtOnce(t *testing.T) {
	env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
	p := startProcess(t, env)
	_ = sendHalf(t, p.url, benchNotice(1))
	p.tell(t, syscall.SIGTERM)
	require.Eventually(t, func() bool { return nobodyListens(p.url) }, 20*time.Second, 10*time.Millisecond)
	select {
	case <-p.done:
		require.Fail(t, "it did not wait for what is under way", p.logs)
	default:
	}
	p.tell(t, syscall.SIGTERM)
	<-p.done
	require.Error(t, p.cmd.Wait())
	assert.NotContains(t, p.logs.String(), "some requests did not end in time")
	must(t, env, "audit")
}

// tell sends a signal.
func (p *process) tell(t testing.TB, signal os.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(signal))
}

// openBench opens the drive that [benchNotice] gives to.
func openBench(t testing.TB, env map[string]string, extra ...string) {
	t.Helper()
	must(t, env, append([]string{
		"drive", "add", "--slug", "bench", "--title", "Bench", "--form", "bench", "--goal", "100000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example",
	}, extra...)...)
}

// nobodyListens reports whether nobody listens there.
func nobodyListens(address string) bool {
	connection, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err == nil {
		_ = connection.Close()
	}
	return err != nil
}

func fetchText(t require.TestingT, address string) (int, string) {
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// halfNotice is a notice of which the server has got the first half.
type halfNotice struct {
	connection net.Conn
	answers    *bufio.Reader
	rest       []byte
}

func sendHalf(t testing.TB, address string, body []byte) halfNotice {
	t.Helper()
	to, err := url.Parse(address)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/webhooks/actblue/contributions", http.NoBody)
	require.NoError(t, err)
	request.SetBasicAuth(testUser, testPassword)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n%s",
		request.URL.Path, to.Host, request.Header.Get("Authorization"), len(body), body[:len(body)/2])
	require.NoError(t, err)
	answers := bufio.NewReader(connection)
	going, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.NoError(t, going.Body.Close())
	require.Equal(t, http.StatusContinue, going.StatusCode, "it reads the body")
	return halfNotice{connection: connection, answers: answers, rest: body[len(body)/2:]}
}

// finish sends the second half and gives the answer to a notice that was recorded.
func (h halfNotice) finish(t testing.TB) string {
	t.Helper()
	_, err := h.connection.Write(h.rest)
	require.NoError(t, err)
	response, err := http.ReadResponse(h.answers, nil)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	return strings.TrimSpace(string(body))
}

// benchStream is somebody who watches the board of the bench drive.
type benchStream struct {
	lines *bufio.Scanner
	waits []int
}

// watchBench opens a stream and reads the whole board.
func watchBench(t testing.TB, address string) *benchStream {
	t.Helper()
	response, err := http.Get(address + "/drives/bench/events")
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(t, http.StatusOK, response.StatusCode)
	s := &benchStream{lines: bufio.NewScanner(response.Body)}
	s.next(t)
	return s
}

// next reads up to the next event.
func (s *benchStream) next(t testing.TB) {
	t.Helper()
	for s.lines.Scan() {
		if s.note(); strings.HasPrefix(s.lines.Text(), "data: ") {
			return
		}
	}
	require.Fail(t, "the stream has ended", "%v", s.lines.Err())
}

func (s *benchStream) note() {
	if value, found := strings.CutPrefix(s.lines.Text(), "retry: "); found {
		if wait, err := strconv.Atoi(value); err == nil {
			s.waits = append(s.waits, wait)
		}
	}
}

// rest reads to the proper end and gives all times to come back that were told.
func (s *benchStream) rest(t testing.TB) []int {
	t.Helper()
	for s.lines.Scan() {
		s.note()
	}
	assert.NoError(t, s.lines.Err(), "the stream was cut")
	return s.waits
}
