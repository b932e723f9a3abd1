package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Task is what a server does by the clock.
type Task string

// The tasks.
const (
	// Publish shows new figures of drives that publish at clock steps.
	Publish Task = "publish"
	// Expire removes what has been in quarantine for its time.
	Expire Task = "expire"
	// Purge removes personal data that was kept for its time.
	Purge Task = "purge"
)

// house counts what a server does by the clock.
type house struct {
	runs    *prometheus.CounterVec
	last    *prometheus.GaugeVec
	purged  prometheus.Counter
	expired prometheus.Counter
	now     func() time.Time
}

func newHouse(m *Metrics) house {
	h := house{
		runs:    m.counters("housekeeping_runs_total", "Runs of the tasks that are done by the clock.", "task", "outcome"),
		last:    m.gauges("housekeeping_last_success_timestamp_seconds", "When a task was last done; 0 if this process has not done it yet.", "task"),
		purged:  m.counter("purged_donors_total", "Donors whose personal data this process removed when its time was over."),
		expired: m.counter("expired_notices_total", "Notices that this process removed from quarantine because nobody had looked at them in time."),
		now:     m.clock,
	}
	for _, task := range []Task{Publish, Expire, Purge} {
		h.last.WithLabelValues(string(task))
		for _, outcome := range []string{"ok", failed} {
			h.runs.WithLabelValues(string(task), outcome)
		}
	}
	return h
}

// Did counts a task, and how much it removed. One that was told to end counts for
// nothing.
func (h *house) Did(task Task, removed int64, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		h.runs.WithLabelValues(string(task), failed).Inc()
		return
	}
	h.runs.WithLabelValues(string(task), "ok").Inc()
	h.last.WithLabelValues(string(task)).Set(seconds(h.now()))
	switch task {
	case Expire:
		h.expired.Add(float64(removed))
	case Purge:
		h.purged.Add(float64(removed))
	case Publish:
	}
}
