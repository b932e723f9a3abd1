package web

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/templates/preview"
)

const (
	// strangers come within that time, each over a connection of its own: so does
	// every server of the Fediverse that has seen a toot with a link.
	strangers    = 30_000
	strangerTime = time.Minute
	// strangersAtOnce bounds those who are being served.
	strangersAtOnce = 64
	// quietTime is how long the board is looked at without them.
	quietTime = 15 * time.Second
)

// BenchmarkCrowd has thirty thousand strangers fetch a drive's page and the picture
// that it names within a minute, while somebody else looks at the board a hundred
// times a second. It tells how often page and picture were rendered, how long the
// strangers waited for both, and how long the board took with and without them. They
// share the machine with the server.
//
//	go test -run '^$' -bench Crowd -benchtime 1x ./cmd/fedirally/web/
func BenchmarkCrowd(b *testing.B) {
	var quiet, among, waited []time.Duration
	var pages, pictures float64
	for b.Loop() {
		s := openFor(b)
		drawing := &countingPainter{}
		var err error
		drawing.Painter, err = preview.New()
		require.NoError(b, err)
		s.Server.painter = drawing
		url := listen(b, s)
		page := url + "/drives/vote"
		picture := url + pictureAt(b, page)

		quiet = append(quiet, lookFor(b, page, quietTime, nil)...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			waited = append(waited, bringStrangers(b, page, picture)...)
		}()
		among = append(among, lookFor(b, page, 2*strangerTime, done)...)
		<-done
		snap, err := s.boards.board(b.Context(), s.ledger.drives[0], leaderboard.ByAmount, leaderboard.AllTime)
		require.NoError(b, err)
		pages += float64(snap.page.made)
		pictures += float64(drawing.drawn.Load())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(pages/float64(b.N), "page-renders")
	b.ReportMetric(pictures/float64(b.N), "picture-renders")
	for name, of := range map[string][]time.Duration{"quiet": quiet, "crowd": among, "stranger": waited} {
		slices.Sort(of)
		b.ReportMetric(of[len(of)/2].Seconds()*1000, name+"-p50-ms")
		b.ReportMetric(of[len(of)*99/100].Seconds()*1000, name+"-p99-ms")
	}
}

// bringStrangers gives how long each waited for page and picture, from when it came.
func bringStrangers(b *testing.B, page, picture string) []time.Duration {
	waited := make([]time.Duration, strangers)
	start := time.Now()
	var next atomic.Int64
	var crowd sync.WaitGroup
	for range strangersAtOnce {
		crowd.Go(func() {
			answers := bufio.NewReaderSize(nil, 32<<10)
			for i := next.Add(1) - 1; i < strangers; i = next.Add(1) - 1 {
				came := start.Add(time.Duration(i) * strangerTime / strangers)
				time.Sleep(time.Until(came))
				conn, err := net.Dial("tcp", address(page))
				if err == nil {
					answers.Reset(conn)
					err = errors.Join(fetch(conn, answers, page), fetch(conn, answers, picture), conn.Close())
				}
				if err != nil {
					b.Error(err)
					return
				}
				waited[i] = time.Since(came)
			}
		})
	}
	crowd.Wait()
	return waited
}

// lookFor fetches the page a hundred times a second for a while, or until that is
// done, and gives how long each took.
func lookFor(b *testing.B, page string, length time.Duration, done <-chan struct{}) (took []time.Duration) {
	conn, err := net.Dial("tcp", address(page))
	require.NoError(b, err)
	defer conn.Close()
	answers := bufio.NewReaderSize(conn, 32<<10)
	tick, end := time.NewTicker(10*time.Millisecond), time.After(length)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return took
		case <-end:
			return took
		case <-tick.C:
		}
		begin := time.Now()
		require.NoError(b, fetch(conn, answers, page))
		took = append(took, time.Since(begin))
	}
}

// address is the host and port of a URL.
func address(of string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(of, "http://"), "/")
	return host
}

// fetch asks and waits for the whole answer, with as little work as can be: the
// client must not be what is measured.
func fetch(conn net.Conn, answers *bufio.Reader, url string) error {
	host := address(url)
	request := "GET " + strings.TrimPrefix(url, "http://"+host) + " HTTP/1.1\r\nHost: " + host + "\r\nAccept-Encoding: gzip\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	status, err := answers.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return errors.New(url + " answers " + status)
	}
	return skipAnswer(answers)
}

// pictureAt gives the path of the picture that a page names.
func pictureAt(b *testing.B, page string) string {
	response, err := http.Get(page)
	require.NoError(b, err)
	defer response.Body.Close()
	doc, err := goquery.NewDocumentFromReader(response.Body)
	require.NoError(b, err)
	named, found := doc.Find(`meta[property="og:image"]`).Attr("content")
	require.True(b, found)
	require.Contains(b, named, "https://rally.example.org/")
	return named[len("https://rally.example.org"):]
}

// countingPainter counts how often the real one draws.
type countingPainter struct {
	Painter
	drawn atomic.Int64
}

func (p *countingPainter) Drive(board leaderboard.Board, now time.Time) ([]byte, error) {
	p.drawn.Add(1)
	return p.Painter.Drive(board, now)
}
