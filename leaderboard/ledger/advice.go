package ledger

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Advice says what an operator can do about an error of the ledger. It is empty
// where nothing can be said that the error does not say itself. Whatever the
// trouble, a notice that was acknowledged is safe, and one that was not comes
// again from ActBlue; the advice says only what to do.
func Advice(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{ErrBusy, "If this goes on, writing does not keep up: look for a slow disk, or for another program that keeps the database locked."},
		{ErrDamaged, damagedFile},
		{ErrInUse, "One server runs on a SQLite file. End the other one, or move to PostgreSQL to run several."},
		{ErrWrongSecret, "Give the secret that the database was made with. If it is lost for good, see: fedirally secret lost --help"},
		{ErrSecretChanged, "Restart every server with the secret that was set last."},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return liteAdvice(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return postgresAdvice(pg.Code)
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return "See that PostgreSQL runs, that this machine reaches it, and that DATABASE_URL is right. The connection is tried again by itself."
	}
	return ""
}

// The advice where the database contradicts itself. Left in its place, a journal of
// the damaged file would be applied to the backup.
const (
	damagedFile = "Stop the server, move the file away together with its -wal and -shm, look whether the disk or the memory is failing, " +
		"and restore the last backup. ActBlue still knows the gifts that came in since."
	damagedServer = "PostgreSQL's files are damaged. Look whether its disk or the memory is failing, and restore the last backup. " +
		"ActBlue still knows the gifts that came in since."
)

func liteAdvice(code int) string {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return "The disk of the database is full. Make room; nothing has to be restarted."
	case sqlite3.SQLITE_READONLY:
		return "The database cannot be written. See that its file and its folder belong to the user that runs fedirally, " +
			"and that the disk was not made read-only after an error (dmesg tells)."
	case sqlite3.SQLITE_CANTOPEN:
		return "The database file cannot be opened. See that its folder is there, belongs to the user that runs fedirally, and can be written."
	case sqlite3.SQLITE_IOERR:
		return "The disk of the database fails. See whether it is full, read-only or broken (df, mount and dmesg tell)."
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damagedFile
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "Another program keeps the database locked: a shell with an open transaction, or a tool that copies it. End it."
	}
	return ""
}

func postgresAdvice(code string) string {
	switch code {
	case "25006":
		return "PostgreSQL takes no writes here: it is a standby, or was set to read only. Let DATABASE_URL name the primary; " +
			"with several hosts in it, add target_session_attrs=read-write."
	case "53100":
		return "The disk of PostgreSQL is full. Make room; nothing has to be restarted."
	case "53200":
		return "PostgreSQL is out of memory. Give it more, or let fewer programs use it."
	case "53300":
		return "PostgreSQL has no connection left. Each server needs six: raise max_connections, or let fewer programs use it."
	case "57P01", "57P02", "57P03":
		return "PostgreSQL is being stopped or started. The connection is tried again by itself."
	case "28000", "28P01":
		return "PostgreSQL refuses the user or the password: see DATABASE_URL, and pg_hba.conf there."
	case "3D000":
		return "PostgreSQL has no database of that name: see DATABASE_URL, or make it with createdb."
	case "42501":
		return "The user in DATABASE_URL may not do this. Make that user the owner of the database."
	case "58030", "58P01", "XX001", "XX002":
		return damagedServer
	}
	return ""
}
