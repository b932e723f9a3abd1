package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

var (
	// ErrNotEmpty says that a database to move into holds something.
	ErrNotEmpty = errors.New("the database to move into is not empty")
	// ErrDiffers says that what is to be moved does not agree with itself.
	ErrDiffers = errors.New("the ledger does not agree with itself")
)

// Moved tells what was moved.
type Moved struct {
	Tables, Rows int64
	// Report is the audit of the new database, which is that of the old one.
	Report Report
}

// Move copies a ledger into an empty database of either kind, which has all of it
// afterwards, its keys included, so that the same secret opens it. Nobody can
// write to the old one meanwhile, and it stays as it is.
//
// All is done in one transaction of the new database, which is committed only
// when each row has been read back and is the same, and both sides pass an audit.
// Interrupted at any time it leaves the new database empty. Told is called with
// each table that is copied.
//
// Of a PostgreSQL database that anybody else is connected to it returns
// [ErrInUse]; of a SQLite file the caller has to make sure that no server has it.
func Move(ctx context.Context, from, to Options, told func(table string, rows int64)) (moved Moved, err error) {
	if err := checkAlone(ctx, from); err != nil {
		return moved, err
	}
	source, err := Open(ctx, from)
	if err != nil {
		return moved, fmt.Errorf("opening the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	to.fill()
	target, err := connect(ctx, to, source.vault)
	if err != nil {
		return moved, fmt.Errorf("opening the new database: %w", err)
	}
	defer func() { err = errors.Join(err, target.reader.Close(), target.writer.Close()) }()
	known, err := tablesOf(ctx, source.reader, source.dialect)
	if err != nil {
		return moved, err
	}
	// Before anything is made there, and before any lock: it may be the same database.
	if err := checkEmpty(ctx, target.reader, target.dialect, known); err != nil {
		return moved, err
	}
	if err := migrate(ctx, target.writer, target.dialect); err != nil {
		return moved, err
	}
	m := &move{tables: known, told: told, moved: &moved}
	return moved, source.write(ctx, func(t *tx) error { return m.into(ctx, t, target) })
}

const (
	// leaving is how long PostgreSQL may go on counting those who have just gone, and
	// leavingTick how often it is asked.
	leaving     = 3 * time.Second
	leavingTick = 100 * time.Millisecond
)

// checkAlone looks whether a PostgreSQL database is somebody else's too.
func checkAlone(ctx context.Context, o Options) (err error) {
	if _, isFile := SQLiteFile(o.URL); isFile {
		return nil
	}
	i, err := Inspect(ctx, o)
	if err != nil {
		return fmt.Errorf("opening the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, i.Close()) }()
	patience := time.NewTimer(leaving)
	defer patience.Stop()
	for {
		var others int
		err = i.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others)
		if err != nil || others == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(leavingTick):
		case <-patience.C:
			return fmt.Errorf("%d others are connected to the database: stop the servers first: %w", others, ErrInUse)
		}
	}
}

// move is one move. It runs while the old ledger's lock is held.
type move struct {
	tables []table
	told   func(string, int64)
	moved  *Moved
}

func (m *move) into(ctx context.Context, from *tx, target *Store) (err error) {
	report, err := auditIn(ctx, from.sql, from.store.now())
	if err != nil {
		return fmt.Errorf("auditing the ledger: %w", err)
	}
	if report.Count > 0 {
		return fmt.Errorf("%w in %d points: see fedirally audit", ErrDiffers, report.Count)
	}
	// One connection, because a copy goes past database/sql.
	connection, err := target.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("opening the new database: %w", err)
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	into, err := connection.BeginTx(ctx, &sql.TxOptions{Isolation: target.isolation()})
	if err != nil {
		return fmt.Errorf("beginning a transaction of the new database: %w", err)
	}
	defer func() {
		if over := into.Rollback(); !errors.Is(over, sql.ErrTxDone) {
			err = errors.Join(err, over)
		}
	}()
	if err := m.fill(ctx, from, target, connection, into); err != nil {
		return err
	}
	if err := into.Commit(); err != nil {
		return fmt.Errorf("committing, so that it is not known whether the new database holds all or nothing: %w", err)
	}
	return nil
}

// fill copies every table and compares, without a commit.
func (m *move) fill(ctx context.Context, from *tx, target *Store, connection *sql.Conn, into *sql.Tx) error {
	if from.store.dialect == postgresDialect { // a writer's lock comes with it; here all is read
		if err := from.exec("SET LOCAL enable_seqscan = on"); err != nil {
			return err
		}
	}
	if target.dialect == postgresDialect {
		if _, err := into.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(lockNumber))); err != nil {
			return fmt.Errorf("taking the writers' lock: %w", err)
		}
	}
	there, err := tablesOf(ctx, into, target.dialect)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(m.tables, there, table.equal) {
		return errors.New("the two databases have not the same tables")
	}
	if err := checkEmpty(ctx, into, target.dialect, m.tables); err != nil {
		return err
	}
	for _, empty := range []string{"DELETE FROM head", "DELETE FROM changes"} {
		if _, err := into.ExecContext(ctx, empty); err != nil {
			return fmt.Errorf("emptying what a new database begins with: %w", err)
		}
	}
	for _, t := range m.tables {
		rows, err := m.copy(ctx, t, from.sql, target.dialect, connection, into)
		if err != nil {
			return fmt.Errorf("moving %s: %w", t.name, err)
		}
		m.moved.Tables++
		m.moved.Rows += rows
		m.told(t.name, rows)
	}
	if target.dialect == postgresDialect { // which knows nothing of its new rows yet
		if _, err := into.ExecContext(ctx, "ANALYZE"); err != nil {
			return fmt.Errorf("looking at the new rows: %w", err)
		}
	}
	if m.moved.Report, err = auditIn(ctx, into, from.store.now()); err != nil {
		return fmt.Errorf("auditing the new database: %w", err)
	}
	if m.moved.Report.Count > 0 {
		return fmt.Errorf("the new database: %w: %s", ErrDiffers, m.moved.Report.Differences[0])
	}
	return nil
}

// copy moves one table, and reads it back.
func (m *move) copy(ctx context.Context, t table, from *sql.Tx, to dialect, connection *sql.Conn, into *sql.Tx) (int64, error) {
	rows, err := from.QueryContext(ctx, t.query())
	if err != nil {
		return 0, fmt.Errorf("reading: %w", err)
	}
	defer rows.Close()
	source := newRowSource(rows, t)
	if to == postgresDialect {
		err = connection.Raw(func(driver any) error {
			raw, is := driver.(*stdlib.Conn)
			if !is {
				return errors.New("this is not PostgreSQL's driver")
			}
			_, err := raw.Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source)
			return err
		})
	} else {
		err = insertAll(ctx, into, t, source)
	}
	if err = errors.Join(err, source.Err()); err != nil {
		return 0, err
	}
	arrived, err := sumOf(ctx, into, t)
	if err != nil {
		return 0, fmt.Errorf("reading back: %w", err)
	}
	if arrived != source.sum {
		return 0, fmt.Errorf("%d rows were read and %d arrived, or not as they were", source.sum.rows, arrived.rows)
	}
	return arrived.rows, nil
}

func insertAll(ctx context.Context, into *sql.Tx, t table, source *rowSource) error {
	statement, err := into.PrepareContext(ctx, t.insert())
	if err != nil {
		return err
	}
	defer statement.Close()
	for source.Next() {
		if _, err := statement.ExecContext(ctx, source.row...); err != nil {
			return err
		}
	}
	return nil
}
