package main

import (
	"cmp"
	"context"
	"log/slog"

	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// adviceOn says what an operator can do about an error, or nothing.
func adviceOn(err error) string { return cmp.Or(ledger.Advice(err), ranking.Advice(err)) }

// advising adds to every line that tells of an error what can be done about it, so
// that those who log need not know.
type advising struct{ slog.Handler }

// Handle implements [slog.Handler].
func (a advising) Handle(ctx context.Context, record slog.Record) error {
	advice := ""
	record.Attrs(func(attr slog.Attr) bool {
		if err, ok := attr.Value.Any().(error); ok {
			advice = adviceOn(err)
		}
		return advice == ""
	})
	if advice != "" {
		record = record.Clone()
		record.AddAttrs(slog.String("advice", advice))
	}
	return a.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (a advising) WithAttrs(attrs []slog.Attr) slog.Handler {
	return advising{a.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (a advising) WithGroup(name string) slog.Handler { return advising{a.Handler.WithGroup(name)} }
