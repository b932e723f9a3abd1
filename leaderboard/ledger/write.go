package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// tx is a writing transaction that holds the one lock. Whatever it reads cannot
// change under it, and what it writes is in commit order everywhere.
type tx struct {
	ctx   context.Context //nolint:containedctx // a tx lives exactly as long as its context's work
	sql   *sql.Tx
	store *Store
	head  head
	was   head
	// registry is what is known of drives, instances and aliases: the store's
	// own as long as nothing is changed, else a copy.
	registry *registry
}

// head is the one row that every writer reads first and writes last.
type head struct{ seq, version, config, donor, notice, keys int64 }

const headQuery = "SELECT seq, version, config, donor, notice, keys FROM head WHERE id = 1"

func (h *head) fields() []any {
	return []any{&h.seq, &h.version, &h.config, &h.donor, &h.notice, &h.keys}
}

// write runs fn under the lock and commits. If fn or the commit fails nothing of
// it is kept; after a failed commit it may be unknown whether it was done.
func (s *Store) write(ctx context.Context, fn func(*tx) error) (err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.damaged.Load() {
		return ErrDamaged
	}
	defer func() { s.noteDamage(err) }()
	began, err := s.writer.BeginTx(ctx, &sql.TxOptions{Isolation: s.isolation()})
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	t := &tx{ctx: s.dialect.within(ctx), sql: began, store: s}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.rollback())
		}
	}()
	if err := t.begin(); err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return err
	}
	if err := t.finish(); err != nil {
		return err
	}
	if err := began.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	if t.head != t.was {
		s.noteWriting(nil) // a transaction without changes would tell nothing
	}
	s.registry = t.registry
	if t.head.version != t.was.version {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// isolation is READ COMMITTED on PostgreSQL: the lock is taken by a statement of
// the transaction, and every later statement must see what was committed before.
func (s *Store) isolation() sql.IsolationLevel {
	if s.dialect == postgresDialect {
		return sql.LevelReadCommitted
	}
	return sql.LevelDefault
}

func (t *tx) rollback() error {
	// The registry may have been changed in memory; read it again.
	t.store.registry = nil
	if err := t.sql.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("rolling back: %w", err)
	}
	return nil
}

func (t *tx) begin() error {
	if lock := t.store.dialect.lockStatement(); lock != "" {
		if err := t.exec(lock, strconv.FormatInt(silenceOf(t.ctx).Milliseconds(), 10)); err != nil {
			return fmt.Errorf("taking the writers' lock: %w", err)
		}
	}
	err := t.queryRow(headQuery, nil, t.head.fields()...)
	if err != nil {
		return fmt.Errorf("reading the head: %w", err)
	}
	if t.store.keys == keysUnread {
		t.store.keys = t.head.keys
	}
	if t.head.keys != t.store.keys {
		return ErrSecretChanged
	}
	t.was = t.head
	t.registry = t.store.registry
	if t.registry == nil || t.registry.config != t.head.config {
		if t.registry, err = loadRegistry(t.ctx, t.sql); err != nil {
			return fmt.Errorf("reading drives and instances: %w", err)
		}
		t.registry.config = t.head.config
	}
	return nil
}

func (t *tx) finish() error {
	if t.head == t.was {
		return nil
	}
	t.registry.config = t.head.config
	if t.head.version != t.was.version && (t.head.config != t.was.config || t.head.seq == t.was.seq) {
		if err := t.noteChange(); err != nil {
			return err
		}
	}
	err := t.exec("UPDATE head SET seq = $1, version = $2, config = $3, donor = $4, notice = $5, keys = $6 WHERE id = 1",
		t.head.seq, t.head.version, t.head.config, t.head.donor, t.head.notice, t.head.keys)
	if err != nil {
		return fmt.Errorf("writing the head: %w", err)
	}
	return nil
}

// keptChanges is how many of the latest changes are kept. Whoever has read up to an
// earlier one reads everything anew.
const keptChanges = 64

// noteChange enters that something that may be shown has changed for which no entry
// stands.
func (t *tx) noteChange() error {
	mark := make([]byte, 8)
	if _, err := io.ReadFull(t.store.vault.random, mark); err != nil {
		return fmt.Errorf("drawing the mark of a change: %w", err)
	}
	err := t.exec("INSERT INTO changes (version, mark) VALUES ($1, $2)", t.head.version, hex.EncodeToString(mark))
	if err == nil {
		err = t.exec(`DELETE FROM changes WHERE version <
			(SELECT MIN(version) FROM (SELECT version FROM changes ORDER BY version DESC LIMIT $1) AS latest)`, keptChanges)
	}
	if err != nil {
		return fmt.Errorf("noting a change: %w", err)
	}
	return nil
}

// changedConfig marks that drives, instances or aliases change, and gives the
// version of the change.
func (t *tx) changedConfig() int64 {
	t.head.version++
	t.head.config = t.head.version
	return t.head.version
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.execCount(query, args...)
	return err
}

func (t *tx) execCount(query string, args ...any) (int64, error) {
	result, err := t.run(query).ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *tx) query(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.run(query).QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, scan)
}

func (t *tx) queryRow(query string, args []any, into ...any) error {
	found := false
	err := t.query(func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	}, query, args...)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}
