package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Many rows go in one statement, because each statement costs more than a row.
// Statements have 1, 2, 4 … 256 rows, so that there are few different texts and
// all of them stay prepared.
const mostRows = 256

// values writes "($1,$2),($3,$4)" for rows of that many columns.
func values(rows, columns int) string {
	var b strings.Builder
	n := 0
	for row := range rows {
		if row > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for column := range columns {
			if column > 0 {
				b.WriteByte(',')
			}
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// chunk is how many of n rows the next statement takes.
func chunk(n int) int {
	size := mostRows
	for size > n {
		size /= 2
	}
	return size
}

// insert writes rows by "INSERT INTO into VALUES … tail". Each row has the
// columns that into names.
func (t *tx) insert(into string, columns int, tail string, rows [][]any) error {
	return t.insertReturning(into, columns, tail, rows, nil)
}

// insertReturning is insert for a tail that ends in RETURNING; scan is called
// for each row that comes back, in no order.
func (t *tx) insertReturning(into string, columns int, tail string, rows [][]any, scan func(*sql.Rows) error) error {
	args := make([]any, 0, min(len(rows), mostRows)*columns)
	for len(rows) > 0 {
		size := chunk(len(rows))
		args = args[:0]
		for _, row := range rows[:size] {
			args = append(args, row...)
		}
		rows = rows[size:]
		query := "INSERT INTO " + into + " VALUES " + values(size, columns) + " " + tail
		if scan == nil {
			if err := t.exec(query, args...); err != nil {
				return err
			}
			continue
		}
		if err := t.query(scan, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// selectIn runs "head IN (…) tail" for keys, in statements of few different
// lengths; a key may be asked for twice.
func selectIn[T any](t *tx, head string, keys []T, tail string, scan func(*sql.Rows) error) error {
	for len(keys) > 0 {
		n := min(len(keys), mostRows)
		size := chunk(n)
		if size < n {
			size *= 2
		}
		args := make([]any, size)
		for i := range args {
			args[i] = keys[min(i, n-1)]
		}
		keys = keys[n:]
		if err := t.query(scan, head+" IN "+values(1, size)+" "+tail, args...); err != nil {
			return err
		}
	}
	return nil
}

// eachRow scans all rows and closes them.
func eachRow(rows *sql.Rows, scan func(*sql.Rows) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// reader is what reads rows: the pool, or one snapshot of it.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// inSnapshot reads in one snapshot of the database, whatever is written meanwhile.
func (s *Store) inSnapshot(ctx context.Context, read func(reader) error) (err error) {
	defer func() { s.noteDamage(err) }()
	options := &sql.TxOptions{ReadOnly: true}
	if s.dialect == postgresDialect {
		options.Isolation = sql.LevelRepeatableRead
	}
	snapshot, err := s.reader.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("opening a snapshot: %w", err)
	}
	err = read(snapshot)
	if over := snapshot.Rollback(); err == nil && !errors.Is(over, sql.ErrTxDone) {
		err = over
	}
	return err
}

func readAll(ctx context.Context, from reader, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, scan)
}
