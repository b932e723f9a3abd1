package web

import (
	"log"
	"log/slog"
	"net/http"
	"regexp"
	"time"
)

// HTTPServer returns a server with limits under which a slow or greedy client
// costs little. What net/http has to say goes to the logger, without addresses.
func HTTPServer(addr string, handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(&connectionLog{logger: logger, address: regexp.MustCompile(`(from|serving) \S+`)}, "", 0),
	}
}

// connectionLog writes the messages of net/http, from which it strikes the
// addresses of visitors.
type connectionLog struct {
	logger  *slog.Logger
	address *regexp.Regexp
}

func (l *connectionLog) Write(line []byte) (int, error) {
	l.logger.Warn("http server", slog.String("message", l.address.ReplaceAllString(string(line), "$1 a client")))
	return len(line), nil
}
