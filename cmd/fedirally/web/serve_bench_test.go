package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// BenchmarkServe holds page, JSON, picture and 304 against a bare net/http server
// that sends the same bytes with the same headers from a slice. Both are asked in
// turns, in one run, by clients that do no more than they must.
//
//	go test -run '^$' -bench Serve -benchtime 1x ./cmd/fedirally/web/
func BenchmarkServe(b *testing.B) {
	s := openFor(b)
	listening := func(handler http.Handler) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		server := HTTPServer("", handler, s.log)
		go func() { _ = server.Serve(listener) }()
		b.Cleanup(func() { _ = server.Close() })
		return listener.Addr().String()
	}
	ours := listening(s.Server)
	for _, c := range []struct{ name, target, headers string }{
		{"page", "/drives/vote", "Accept-Encoding: gzip\r\n"},
		{"page plain", "/drives/vote", ""},
		{"instance", "/drives/vote/instances/mas.to", "Accept-Encoding: gzip\r\n"},
		{"json", "/api/v1/drives/vote/standings", ""},
		{"304", "/drives/vote", "If-None-Match: *\r\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			request := "GET " + c.target + " HTTP/1.1\r\nHost: x\r\n" + c.headers + "\r\n"
			same := listening(sameAnswer(b, ours, request))
			for b.Loop() {
				var mine, bare float64
				const rounds = 8
				for range rounds {
					bare += answersIn(b, same, request, 250*time.Millisecond)
					mine += answersIn(b, ours, request, 250*time.Millisecond)
				}
				b.ReportMetric(100*mine/bare, "%ofbare")
				b.ReportMetric(mine/rounds*4, "req/s")
			}
		})
	}
}

// sameAnswer is a handler that gives the very answer that ours gave.
func sameAnswer(b *testing.B, address, request string) http.Handler {
	conn, err := net.Dial("tcp", address)
	require.NoError(b, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(b, err)
	asked, err := http.NewRequest(http.MethodGet, "http://x/", http.NoBody)
	require.NoError(b, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), asked)
	require.NoError(b, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(b, err)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		for name, values := range response.Header {
			header[name] = values
		}
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write(body)
	})
}

// answersIn counts the answers that sixteen connections get in that time.
func answersIn(b *testing.B, address, request string, length time.Duration) float64 {
	end := time.Now().Add(length)
	counts := make([]int, 16)
	var crowd sync.WaitGroup
	for i := range counts {
		crowd.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			answers := bufio.NewReaderSize(conn, 64<<10)
			for time.Now().Before(end) {
				if _, err := io.WriteString(conn, request); err != nil {
					b.Error(err)
					return
				}
				if err := skipAnswer(answers); err != nil {
					b.Error(err)
					return
				}
				counts[i]++
			}
		})
	}
	crowd.Wait()
	total := 0
	for _, count := range counts {
		total += count
	}
	return float64(total)
}

// skipAnswer reads an answer with as little work as can be.
func skipAnswer(r *bufio.Reader) error {
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if rest, found := strings.CutPrefix(string(line), "Content-Length: "); found {
			if length, err = strconv.Atoi(strings.TrimSpace(rest)); err != nil {
				return err
			}
		}
	}
	_, err := r.Discard(length)
	return err
}

// openFor is a site with a hundred instances, and logs as a server has them.
func openFor(b *testing.B) *site {
	b.Helper()
	s := open(b, func(c *Config) {
		c.Clock = nil
		ledger, _ := c.Ledger.(*ledger)
		var rows []leaderboard.Standing
		for i := range 100 {
			rows = append(rows, row(fmt.Sprintf("i%03d.example", i), leaderboard.Cents(100_000-i*13), int64(200-i), true))
		}
		rows = append(rows, row("mas.to", 500_00, 7, true))
		ledger.standings[leaderboard.AllTime] = rows
		ledger.drives[0].End = time.Time{}
		c.Logger = quietLogger()
	})
	return s
}
