package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged says that the database file contradicts itself. A ledger that has
// found it out writes nothing more: the file has to be replaced by a backup, and
// whatever was acknowledged into it would be lost then.
var ErrDamaged = errors.New("the database file is damaged")

// isDamage reports whether SQLite has found its file damaged. PostgreSQL, which
// writes what it acknowledges to its log first, goes on beside a damaged page.
func isDamage(err error) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return errors.Is(err, ErrDamaged)
	}
	code := lite.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// noteDamage sees to it that nothing more is written after an error that tells of
// damage.
func (s *Store) noteDamage(err error) {
	if !isDamage(err) || s.damaged.Swap(true) {
		return
	}
	s.refusing.Store(true)
	s.logger.Error("the database is damaged, and no more is written to it; ActBlue is asked to come again", slog.Any("error", err))
}

// Check reads the whole database file and returns [ErrDamaged] if it contradicts
// itself, upon which nothing more is written. It takes seconds in a large ledger,
// and holds up nobody. PostgreSQL looks after its files itself.
func (s *Store) Check(ctx context.Context) error {
	if s.dialect == postgresDialect {
		return nil
	}
	var found string
	err := s.reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found)
	if err == nil && found != "ok" {
		err = fmt.Errorf("%w: %s", ErrDamaged, found)
	}
	s.noteDamage(err)
	if err != nil {
		return fmt.Errorf("checking the database file: %w", err)
	}
	return nil
}
