// Package metrics counts what the server does, by the conventions of Prometheus.
//
// It is the only place that knows Prometheus. The other rooms tell what they do to
// whoever listens ([actblue.Config], [ledger.Options] and [web.Config] have a field
// for it), or can be asked how they stand ([Sources]). All of it lies in a registry
// of its own, so that a process may run several servers.
//
// No metric tells of money, and no label has a value that comes from outside: hosts,
// drives, paths and donors are in none. The number of series is therefore bounded,
// however many instances take part and whatever strangers ask for.
package metrics

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace begins the name of every metric of ours.
const namespace = "fedirally"

const (
	// scrapers bounds how many may read at the same time.
	scrapers = 8
	// scrapeTime is how long it may take to collect; it is done long before.
	scrapeTime = 8 * time.Second
)

// Metrics counts for one server. Its methods may be called by many goroutines.
type Metrics struct {
	clock    func() time.Time
	registry *prometheus.Registry

	intake
	visits
	house
	lines *prometheus.CounterVec
}

// New gives metrics that count from zero. Version is that of the program, and clock
// the one of the server whose times are told.
func New(version string, clock func() time.Time) *Metrics {
	m := &Metrics{clock: clock, registry: prometheus.NewRegistry()}
	m.intake = newIntake(m)
	m.visits = newVisits(m)
	m.house = newHouse(m)
	m.lines = m.counters("log_lines_total", "Lines of that level in the log: what they say is there.", "level")
	for _, level := range []slog.Level{slog.LevelWarn, slog.LevelError} {
		m.lines.WithLabelValues(levelName(level))
	}
	about := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "The running program; its value is always 1.",
	}, []string{"version", "go"})
	about.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(about, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers whoever reads the metrics. What cannot be collected is left out,
// and told to the logger.
func (m *Metrics) Handler(logger *slog.Logger) http.Handler {
	metrics := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapers,
	})
	// It sends what is complete, so that a reader who hangs up is no error of ours.
	return http.TimeoutHandler(metrics, scrapeTime, "this took too long\n")
}

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(g)
	return g
}

func (m *Metrics) histogram(name, help string, buckets ...float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return h
}

func (m *Metrics) histograms(name, help, label string, buckets ...float64) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, []string{label})
	m.registry.MustRegister(h)
	return h
}

// seconds is a time as Prometheus writes it; 0 for none.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMicro()) / 1e6
}
