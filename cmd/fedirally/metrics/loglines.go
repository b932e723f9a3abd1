package metrics

import (
	"context"
	"log/slog"
)

// Lines counts the warnings and errors that go to the log.
func (m *Metrics) Lines(next slog.Handler) slog.Handler { return lineCounter{next, m} }

type lineCounter struct {
	slog.Handler
	metrics *Metrics
}

// Handle implements [slog.Handler].
func (l lineCounter) Handle(ctx context.Context, line slog.Record) error {
	if line.Level >= slog.LevelWarn {
		l.metrics.lines.WithLabelValues(levelName(line.Level)).Inc()
	}
	return l.Handler.Handle(ctx, line)
}

// WithAttrs implements [slog.Handler].
func (l lineCounter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lineCounter{l.Handler.WithAttrs(attrs), l.metrics}
}

// WithGroup implements [slog.Handler].
func (l lineCounter) WithGroup(name string) slog.Handler {
	return lineCounter{l.Handler.WithGroup(name), l.metrics}
}

// levelName is the level as the setting names it.
func levelName(level slog.Level) string {
	if level >= slog.LevelError {
		return "error"
	}
	return "warn"
}
