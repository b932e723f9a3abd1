package ledger

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrBusy says that the ledger has more to do than it can take in time.
	// Nothing was lost: the notice has to be sent again.
	ErrBusy = errors.New("the ledger is busy")
	// ErrClosed says that the ledger is being shut down.
	ErrClosed = errors.New("the ledger is closed")
	// ErrNotFound says that a drive, instance or gift does not exist.
	ErrNotFound = errors.New("not found")
	// ErrWrongSecret says that the database was sealed with another secret.
	ErrWrongSecret = errors.New("FEDIRALLY_SECRET is not the one that this database was made with")
	// ErrSecretChanged says that the secret was changed while the ledger was open:
	// it can write nothing more until it is opened anew.
	ErrSecretChanged = errors.New("FEDIRALLY_SECRET was changed for this database: restart with the new one")
	// ErrInUse says that another server runs on the same SQLite file.
	ErrInUse = errors.New("another fedirally server runs on this database file")
)

// refusedByDatabase reports whether the database works but cannot take the very
// data it was given. Only such an error may send a notice to quarantine; after
// any other the notice is refused, to be sent again.
func refusedByDatabase(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && len(pg.Code) == 5 {
		switch pg.Code[:2] {
		case "22", "23", "54": // data exception, integrity violation, limit exceeded
			return true
		}
		return false
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
			return true
		}
	}
	return false
}
