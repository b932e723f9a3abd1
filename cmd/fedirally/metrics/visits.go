package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fedirally/cmd/fedirally/web"
)

// visits counts what visitors ask for and what it takes to answer. It is the
// observer of the web server.
type visits struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	renders   *prometheus.HistogramVec
}

var _ web.Observer = (*Metrics)(nil)

func newVisits(m *Metrics) visits {
	v := visits{
		requests: m.counters("http_requests_total", "Requests answered, by the pattern of the path, method and class of the status.", "route", "method", "status"),
		durations: m.histograms("http_request_duration_seconds", "How long requests took, by the pattern of the path. Streams, which go on as long as somebody watches, are left out.",
			"route", .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10),
		renders: m.histograms("render_duration_seconds", "How long it took to make pages, JSON documents and pictures of boards. What is served from what is kept takes no making.",
			"kind", .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1),
	}
	for _, kind := range web.Kinds() {
		v.renders.WithLabelValues(string(kind))
	}
	return v
}

// Answered implements [web.Observer].
func (v *visits) Answered(a web.Answer) {
	v.requests.WithLabelValues(a.Route, a.Method, class(a.Status)).Inc()
	if !a.Stream {
		v.durations.WithLabelValues(a.Route).Observe(a.Took.Seconds())
	}
}

// Rendered implements [web.Observer].
func (v *visits) Rendered(kind web.Kind, took time.Duration) {
	v.renders.WithLabelValues(string(kind)).Observe(took.Seconds())
}

// class is the class of a status.
func class(status int) string {
	switch status / 100 {
	case 1:
		return "1xx"
	case 2:
		return "2xx"
	case 3:
		return "3xx"
	case 4:
		return "4xx"
	}
	return "5xx"
}
