package ledger

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed schema/*.sql
var schema embed.FS

// migrate brings the schema up to date, each step in a transaction of its own.
// Of several servers that start at once on PostgreSQL one does it and the others
// wait.
func migrate(ctx context.Context, db *sql.DB, d dialect) error {
	steps, err := migrations(d)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true)}
	if d == postgresDialect {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("preparing the migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(d.goose(), db, nil, options...)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	return up(ctx, provider, d)
}

// patientTries is how often a migration is tried on SQLite, where two processes
// that open a new database at once get in each other's way: one is refused, has
// changed nothing, and finds the work done when it looks again.
const patientTries = 10

func up(ctx context.Context, provider *goose.Provider, d dialect) error {
	for try := 1; ; try++ {
		_, err := provider.Up(ctx)
		if err == nil {
			return nil
		}
		if d != sqliteDialect || try == patientTries || ctx.Err() != nil {
			return fmt.Errorf("migrating the database: %w", err)
		}
		time.Sleep(time.Duration(try) * 20 * time.Millisecond)
	}
}

// migrations makes one step of each file of the schema. The files are one text
// for both databases; only the mark for SQLite's key tables is filled in here.
func migrations(d dialect) ([]*goose.Migration, error) {
	names, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing the migrations: %w", err)
	}
	var steps []*goose.Migration
	for _, name := range names {
		text, err := schema.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading a migration: %w", err)
		}
		digits, _, _ := strings.Cut(strings.TrimPrefix(name, "schema/"), "_")
		version, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", name)
		}
		statements := strings.ReplaceAll(string(text), "/*rowless*/", d.rowless())
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, statements)
				return err
			},
		}, nil))
	}
	return steps, nil
}
