package ledger

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// statements are the prepared statements of the writer, by their text. Compiling
// costs SQLite more than running; pgx keeps prepared statements by itself.
type statements map[string]*sql.Stmt

func (s statements) close() error {
	var faults []error
	for _, statement := range s {
		faults = append(faults, statement.Close())
	}
	return errors.Join(faults...)
}

// runnable is a statement within a transaction.
type runnable struct {
	t         *tx
	query     string
	statement *sql.Stmt
	err       error
}

// run makes a statement ready. There are few different texts, so that none is
// ever dropped.
func (t *tx) run(query string) runnable {
	if t.store.dialect == postgresDialect {
		return runnable{t: t, query: query}
	}
	prepared, found := t.store.statements[query]
	if !found {
		var err error
		prepared, err = t.store.writer.PrepareContext(t.ctx, inOrder(query))
		if err != nil {
			return runnable{err: err}
		}
		t.store.statements[query] = prepared
	}
	return runnable{statement: t.sql.StmtContext(t.ctx, prepared)}
}

// inOrder writes ? for $1, $2 and so on, which each text has once and in order.
// SQLite takes $1 for a name and looks each up among all others.
func inOrder(query string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(query, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('?')
		query = strings.TrimLeft(after, "0123456789")
	}
}

func (r runnable) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.statement != nil:
		return r.statement.ExecContext(ctx, args...)
	}
	return r.t.sql.ExecContext(ctx, r.query, args...)
}

func (r runnable) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.statement != nil:
		return r.statement.QueryContext(ctx, args...)
	}
	return r.t.sql.QueryContext(ctx, r.query, args...)
}
