package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fedirally/actblue"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// noKind is the kind of a delivery to an address that is none of the three.
const noKind = "none"

// What a delivery that was not recorded is called, by its cause.
const (
	// busy: the ledger has more to do than it can take in time, or is being closed.
	busy = "busy"
	// hungUp: the sender did not wait for the answer.
	hungUp = "hung_up"
	// failed: the ledger could not write.
	failed = "failed"
)

// intake counts what ActBlue sends and what becomes of it.
type intake struct {
	deliveries *prometheus.CounterVec
	claims     *prometheus.CounterVec
	last       *prometheus.GaugeVec

	commits  prometheus.Histogram
	sizes    prometheus.Histogram
	steps    *prometheus.CounterVec
	failures prometheus.Counter
	now      func() time.Time
}

func newIntake(m *Metrics) intake {
	in := intake{
		deliveries: m.counters("deliveries_total", "Deliveries from ActBlue, by how they ended. accepted: all of it is on disk. "+
			"busy, failed, hung_up, unread: ActBlue sends it again. The others were refused.", "kind", "outcome"),
		claims: m.counters("claims_total", "Payments, refunds and cancellations in accepted deliveries, by what became of them.", "kind", "outcome"),
		last:   m.gauges("last_delivery_timestamp_seconds", "When this process last accepted a delivery; 0 if it has not yet.", "kind"),
		commits: m.histogram("commit_duration_seconds", "How long the transactions took that deliveries share, from waiting for the lock until all is on disk.",
			.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 15),
		sizes: m.histogram("commit_deliveries", "How many deliveries shared a transaction.", 1, 2, 4, 8, 16, 32, 64, 128),
		steps: m.counters("commit_step_seconds_total", "Time that these transactions spent in each step. "+
			"lock: waiting for other writers. commit: making it durable.", "step"),
		failures: m.counter("commit_failures_total", "Transactions of deliveries that could not be written."),
		now:      m.clock,
	}
	for _, kind := range kinds() {
		for _, outcome := range outcomes() {
			in.deliveries.WithLabelValues(kind, outcome)
		}
		for _, outcome := range []string{"recorded", "known", "quarantined", "set_aside"} {
			in.claims.WithLabelValues(kind, outcome)
		}
		in.last.WithLabelValues(kind)
	}
	in.deliveries.WithLabelValues(noKind, string(actblue.WrongAddress))
	for _, step := range []string{"lock", "load", "book", "write", "commit"} {
		in.steps.WithLabelValues(step)
	}
	return in
}

func kinds() []string {
	return []string{string(leaderboard.Contributions), string(leaderboard.Refunds), string(leaderboard.Cancellations)}
}

// outcomes are those of deliveries of a known kind.
func outcomes() []string {
	all := []string{busy, hungUp, failed}
	for _, outcome := range actblue.Outcomes() {
		if outcome != actblue.NotRecorded && outcome != actblue.WrongAddress {
			all = append(all, string(outcome))
		}
	}
	return all
}

// Delivered counts a delivery; it is for [actblue.Config].
func (in *intake) Delivered(d actblue.Delivery) {
	kind, outcome := string(d.Kind), string(d.Outcome)
	if kind == "" {
		kind = noKind
	}
	if d.Outcome == actblue.NotRecorded {
		outcome = whyNot(d.Err)
	}
	in.deliveries.WithLabelValues(kind, outcome).Inc()
	if d.Outcome != actblue.Accepted {
		return
	}
	in.last.WithLabelValues(kind).Set(seconds(in.now()))
	for outcome, count := range map[string]int{
		"recorded": d.Receipt.Recorded, "known": d.Receipt.Known, "quarantined": d.Receipt.Quarantined, "set_aside": d.Receipt.SetAside,
	} {
		in.claims.WithLabelValues(kind, outcome).Add(float64(count))
	}
}

func whyNot(err error) string {
	switch {
	case errors.Is(err, ledger.ErrBusy), errors.Is(err, ledger.ErrClosed):
		return busy
	case errors.Is(err, context.Canceled):
		return hungUp
	}
	return failed
}

// Committed counts a transaction of deliveries; it is for [ledger.Options].
func (in *intake) Committed(lap ledger.Timing, err error) {
	if err != nil {
		in.failures.Inc()
		return
	}
	in.commits.Observe(lap.Total().Seconds())
	in.sizes.Observe(float64(lap.Notices))
	for step, took := range map[string]time.Duration{
		"lock": lap.Begin, "load": lap.Load, "book": lap.Book, "write": lap.Write, "commit": lap.Commit,
	} {
		in.steps.WithLabelValues(step).Add(max(took.Seconds(), 0)) // a clock may be set back
	}
}
