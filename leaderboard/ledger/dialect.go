package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// dialect is the little in which the two databases differ: opening, the lock,
// error codes, and how a table is kept by its key.
type dialect string

const (
	sqliteDialect   dialect = "sqlite"
	postgresDialect dialect = "postgres"
)

func (d dialect) goose() goose.Dialect {
	if d == postgresDialect {
		return goose.DialectPostgres
	}
	return goose.DialectSQLite3
}

func (d dialect) rowless() string {
	if d == postgresDialect {
		return ""
	}
	return "WITHOUT ROWID"
}

// lockNumber names the one advisory lock of all writers on PostgreSQL.
const lockNumber = 0x6665646972616c6c // "fedirall"

// lockStatement is the first statement of a writing transaction. On SQLite
// BEGIN IMMEDIATE, set in the address, has taken the lock already.
//
// A writer reads by key only. PostgreSQL would scan tables that it believes to
// be small, and goes on believing so through the first minute of a burst; it is
// told not to, for the length of the transaction.
//
// A writer that the network has cut off cannot give the lock back, and PostgreSQL
// might not notice for hours. It is told how long a writer may be silent, in
// milliseconds, before it gives the lock to another.
func (d dialect) lockStatement() string {
	if d == postgresDialect {
		return fmt.Sprintf("SELECT pg_advisory_xact_lock(%d), set_config('enable_seqscan', 'off', true), "+
			"set_config('idle_in_transaction_session_timeout', $1, true)", int64(lockNumber))
	}
	return ""
}

const (
	// silence is how much longer than its own time a writer may be silent.
	silence = 5 * time.Second
	// longSilence is how long a writer may be silent that has all the time it wants:
	// it may work something out between two statements.
	longSilence = 5 * time.Minute
)

// silenceOf is how long a writer with that context may be silent.
func silenceOf(ctx context.Context) time.Duration {
	end, limited := ctx.Deadline()
	if !limited {
		return longSilence
	}
	return max(time.Until(end), 0) + silence //nolint:forbidigo // contexts end by the machine's clock
}

// within is the context for the statements of a transaction that has begun. On
// SQLite nothing waits any more once the lock is there, and a context that may
// end costs a goroutine for each statement.
func (d dialect) within(ctx context.Context) context.Context {
	if d == postgresDialect {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// opening opens a pool as [sql.Open] does.
type opening func(driver, address string) (*sql.DB, error)

// pools opens the database: one pool that writes and one that only reads.
func pools(ctx context.Context, address string, open opening) (dialect, *sql.DB, *sql.DB, error) {
	if err := CheckURL(address); err != nil {
		return "", nil, nil, err
	}
	if path, found := SQLiteFile(address); found {
		writer, reader, err := openSQLite(ctx, path, open)
		return sqliteDialect, writer, reader, err
	}
	writer, reader, err := openPostgres(ctx, address, open)
	return postgresDialect, writer, reader, err
}

// CheckURL says what is wrong with the form of a DATABASE_URL. It quotes nothing
// of it: whatever stands there may be the password.
func CheckURL(address string) error {
	if path, found := SQLiteFile(address); found {
		if path == "" || path == ":memory:" {
			return errors.New(`DATABASE_URL "sqlite:" names no file, use for example sqlite:fedirally.db`)
		}
		return nil
	}
	if scheme, _, _ := strings.Cut(address, ":"); scheme != "postgres" && scheme != "postgresql" {
		return errors.New("DATABASE_URL is neither sqlite:FILE nor postgres://…")
	}
	return nil
}

// SQLiteFile gives the file of a DATABASE_URL, and whether it names one.
func SQLiteFile(address string) (string, bool) {
	rest, found := strings.CutPrefix(address, "sqlite:")
	return strings.TrimPrefix(rest, "//"), found
}

// The most connections of each pool. Of the writers one is for the one
// transaction, and one to prepare statements beside it.
const (
	writers = 2
	readers = 4
)

// sqlitePragmas are set for each connection; the journal mode is the file's.
func sqlitePragmas() []string {
	return []string{
		"synchronous(FULL)", "busy_timeout(5000)", "secure_delete(ON)", "temp_store(MEMORY)", "cache_size(-32000)",
	}
}

func openSQLite(ctx context.Context, path string, open opening) (writer, reader *sql.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("making the folder of the database: %w", err)
	}
	if err := makePrivate(path); err != nil {
		return nil, nil, err
	}
	pragmas := url.Values{"_pragma": append([]string{"journal_mode(WAL)"}, sqlitePragmas()...)}
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	if writer, err = open("sqlite", name+"?_txlock=immediate&"+pragmas.Encode()); err != nil {
		return nil, nil, fmt.Errorf("opening %s: %w", path, err)
	}
	writer.SetMaxOpenConns(writers)
	if err := checkPragmas(ctx, writer); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), writer.Close())
	}
	pragmas.Add("_pragma", "query_only(ON)")
	if reader, err = open("sqlite", name+"?"+pragmas.Encode()); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	return writer, reader, nil
}

// makePrivate makes the file, if it is not there, so that only its owner can read
// it. SQLite gives its journals the rights of the file.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	return file.Close()
}

// checkPragmas reads back what durability rests on: a misspelt pragma in the
// address is ignored without a word.
func checkPragmas(ctx context.Context, db *sql.DB) error {
	var journal string
	var synchronous int
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return err
	}
	if journal != "wal" || synchronous < 2 {
		return fmt.Errorf("the database runs with journal_mode=%s and synchronous=%d, needed are wal and 2: is it on a network disk?", journal, synchronous)
	}
	return nil
}

func openPostgres(ctx context.Context, address string, open opening) (writer, reader *sql.DB, err error) {
	config, err := pgx.ParseConfig(address)
	if err != nil || strings.Contains(config.Host, "@") { // the cause may quote the password
		return nil, nil, errors.New("DATABASE_URL is not a PostgreSQL address, use postgres://user:password@host/database " +
			"and write / ? # % @ : and spaces of the password as %2F %3F %23 %25 %40 %3A %20")
	}
	if writer, err = open("pgx", address); err != nil {
		return nil, nil, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	writer.SetMaxOpenConns(writers)
	if err := writer.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reaching PostgreSQL: %w", err), writer.Close())
	}
	if err := checkDurability(ctx, writer); err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	if reader, err = open("pgx", address); err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	return writer, reader, nil
}

func checkDurability(ctx context.Context, db *sql.DB) error {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := db.QueryRowContext(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
			return fmt.Errorf("reading PostgreSQL's settings: %w", err)
		}
		if value == "off" {
			return fmt.Errorf("PostgreSQL runs with %s=off and would lose gifts in a power failure: switch it on", setting)
		}
	}
	return nil
}
