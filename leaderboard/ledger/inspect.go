package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"fedirally/leaderboard"
)

// Inspection looks at a ledger's database and changes nothing in it: it makes no
// file and brings no schema up to date. Each of its questions can fail for itself.
type Inspection struct {
	dialect dialect
	db      *sql.DB
	// path is the SQLite file; empty for PostgreSQL.
	path  string
	vault *vault
}

// Inspect opens a database to be looked at. It returns [os.ErrNotExist] if a
// SQLite file is not there. Close it after use.
func Inspect(ctx context.Context, o Options) (*Inspection, error) {
	o.fill()
	if err := CheckURL(o.URL); err != nil {
		return nil, err
	}
	i := &Inspection{dialect: postgresDialect}
	var err error
	if len(o.Secret) >= MinSecret { // else the secret cannot be looked at
		if i.vault, err = newVault(o.Secret, o.Random); err != nil {
			return nil, err
		}
	}
	if path, found := SQLiteFile(o.URL); found {
		i.dialect, i.path = sqliteDialect, path
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("looking for the database: %w", err)
		}
		// With the pragmas of a server, so that they can be read back.
		i.db, err = openReadOnly(path, url.Values{"_pragma": sqlitePragmas()})
	} else {
		i.db, err = inspectPostgres(o.URL)
	}
	if err != nil {
		return nil, err
	}
	if err := i.db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reaching the database: %w", err), i.db.Close())
	}
	return i, nil
}

func inspectPostgres(address string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil { // the cause may quote the password
		return nil, errors.New("DATABASE_URL is not a PostgreSQL address")
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(1)
	return db, nil
}

// Close ends the looking.
func (i *Inspection) Close() error { return i.db.Close() }

// Software is the name and version of the database.
func (i *Inspection) Software(ctx context.Context) (string, error) {
	var version string
	if i.dialect == sqliteDialect {
		err := i.db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
		return "SQLite " + version, err
	}
	err := i.db.QueryRowContext(ctx, "SELECT current_setting('server_version')").Scan(&version)
	return "PostgreSQL " + version, err
}

// Reading is a setting of the database as it was read back.
type Reading struct {
	Name, Value string
	// Good says that it is as it has to be, and Want how that is.
	Good bool
	Want string
}

// Readings reads back the settings on which it rests that nothing is lost.
func (i *Inspection) Readings(ctx context.Context) ([]Reading, error) {
	readings := []Reading{
		{Name: "fsync", Want: "on"},
		{Name: "synchronous_commit", Want: "on"},
		{Name: "full_page_writes", Want: "on"},
		{Name: "default_transaction_read_only", Want: "off"},
	}
	query := "SELECT current_setting($1)"
	if i.dialect == sqliteDialect {
		readings = []Reading{
			{Name: "journal_mode", Want: "wal"},
			{Name: "synchronous", Want: "2"},
			{Name: "secure_delete", Want: "1"},
			{Name: "busy_timeout", Want: "5000"},
		}
		query = "" // a pragma takes no parameter
	}
	for n := range readings {
		r := &readings[n]
		var row *sql.Row
		if query == "" {
			row = i.db.QueryRowContext(ctx, "PRAGMA "+r.Name)
		} else {
			row = i.db.QueryRowContext(ctx, query, r.Name)
		}
		if err := row.Scan(&r.Value); err != nil {
			return nil, fmt.Errorf("reading back %s: %w", r.Name, err)
		}
		r.Good = r.Value == r.Want || r.Name == "synchronous_commit" && r.Value != "off"
	}
	return readings, nil
}

// Connections tells how many connections a PostgreSQL server has and may have;
// most is 0 for SQLite, which has no such limit.
func (i *Inspection) Connections(ctx context.Context) (used, most int, err error) {
	if i.dialect == sqliteDialect {
		return 0, 0, nil
	}
	err = i.db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
		current_setting('max_connections')::INT - current_setting('superuser_reserved_connections')::INT`).Scan(&used, &most)
	return used, most, err
}

// ConnectionsOfAServer is how many connections one server opens at most.
const ConnectionsOfAServer = writers + readers

// Schema tells the number of the last migration that was carried out, and of the
// last that this program has. A database that is still empty has number 0.
func (i *Inspection) Schema(ctx context.Context) (have, want int64, err error) {
	steps, err := migrations(i.dialect)
	if err != nil {
		return 0, 0, err
	}
	want = steps[len(steps)-1].Version
	exists := "SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'"
	if i.dialect == postgresDialect {
		exists = "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'goose_db_version' AND table_schema = current_schema()"
	}
	var tables int
	if err := i.db.QueryRowContext(ctx, exists).Scan(&tables); err != nil || tables == 0 {
		return 0, want, err
	}
	err = i.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&have)
	return have, want, err
}

// Keys gives the ledger's name, and whether the secret opens this database:
// [ErrWrongSecret] if it does not, [ErrNotFound] if there is no secret to try.
func (i *Inspection) Keys(ctx context.Context) (id string, err error) {
	kept, err := readKeyring(ctx, i.db)
	switch {
	case err != nil:
		return "", err
	case i.vault == nil:
		return kept[keyName], fmt.Errorf("the secret: %w", ErrNotFound)
	}
	return kept[keyName], (&Store{vault: i.vault}).unlock(kept[keyFingerprint], kept[keyDonors])
}

// Intact has SQLite look through its file. PostgreSQL has no such question.
func (i *Inspection) Intact(ctx context.Context) error {
	if i.dialect == postgresDialect {
		return nil
	}
	return checkIntegrity(ctx, i.db, "quick_check")
}

// Writable returns nil if a writer could write now. On SQLite it takes the lock
// of a writer for a moment.
func (i *Inspection) Writable(ctx context.Context) (err error) {
	if i.dialect == postgresDialect {
		var standby bool
		err := i.db.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&standby)
		if err == nil && standby {
			err = errors.New("the server is a standby, which only reads")
		}
		return err
	}
	db, err := openSQLiteAs(i.path, "rw", url.Values{"_pragma": {"busy_timeout(5000)"}, "_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return tx.Rollback()
}

// Clock is what a PostgreSQL server's clock says; false for SQLite, which has none.
func (i *Inspection) Clock(ctx context.Context) (time.Time, bool, error) {
	if i.dialect == sqliteDialect {
		return time.Time{}, false, nil
	}
	var micros int64
	err := i.db.QueryRowContext(ctx, "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT").Scan(&micros)
	return fromMicros(micros), true, err
}

// Head is the version of the last change to anything that may be shown.
func (i *Inspection) Head(ctx context.Context) (int64, error) {
	var h head
	err := i.db.QueryRowContext(ctx, headQuery).Scan(h.fields()...)
	return h.version, err
}

// Drives gives all drives.
func (i *Inspection) Drives(ctx context.Context) ([]leaderboard.Drive, error) {
	return readDrives(ctx, i.db)
}
