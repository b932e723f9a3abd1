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
	"runtime"
	"time"
)

// ErrNotSQLite says that something works on a SQLite file only.
var ErrNotSQLite = errors.New("the ledger is not a SQLite file")

// BackupOptions say how to make a backup.
type BackupOptions struct {
	// Replace lets the copy take the place of a file that is there.
	Replace bool
	// Check reads the whole copy and audits it before it is put in its place.
	Check bool
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Backup tells of a copy that was made.
type Backup struct {
	Bytes int64
	// Entries is the number of the last entry in it.
	Entries int64
	// Report is the audit of the copy, if it was asked for.
	Report *Report
}

// MakeBackup copies a SQLite ledger into a file, as of one moment, while a server
// may go on writing. The file has its name only once it is whole and on disk, and
// is readable by its owner only; of a failure nothing is left. It needs no secret
// and changes nothing in the ledger, not even its schema, so that it can be made
// before an upgrade. It returns [ErrNotSQLite] for other databases.
//
// An audit that finds differences is no failure: the copy is as the ledger is.
func MakeBackup(ctx context.Context, address, file string, o BackupOptions) (made Backup, err error) {
	source, found := SQLiteFile(address)
	if !found {
		return made, ErrNotSQLite
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of a field that tests replace
	}
	if err := checkPlace(source, file, o.Replace); err != nil {
		return made, err
	}
	// Made with mode 0600, and SQLite fills an empty file that is there.
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*.partial")
	if err != nil {
		return made, fmt.Errorf("making a file for the copy: %w", err)
	}
	name := temporary.Name()
	defer os.Remove(name) //nolint:errcheck // after a success it is not there any more
	if err := temporary.Close(); err != nil {
		return made, fmt.Errorf("making a file for the copy: %w", err)
	}
	if err := vacuumInto(ctx, source, name); err != nil {
		return made, err
	}
	if err := made.look(ctx, name, o); err != nil {
		return made, fmt.Errorf("checking the copy: %w", err)
	}
	if made.Bytes, err = syncFile(name); err != nil {
		return made, fmt.Errorf("putting the copy on disk: %w", err)
	}
	return made, putInPlace(name, file, o.Replace)
}

// besideSQLite are the endings of files that belong to a database.
func besideSQLite() []string { return []string{"", "-wal", "-shm", "-journal", ".lock", ".secrets"} }

// checkPlace refuses a place where a copy would do harm.
func checkPlace(source, file string, replace bool) error {
	if _, err := os.Stat(source); err != nil {
		return fmt.Errorf("reading the database: %w", err)
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking at the place for the copy: %w", err)
	case info.IsDir():
		return fmt.Errorf("%s is a folder: name a file in it", file)
	case !replace:
		return fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	for _, ending := range besideSQLite() {
		if own, err := os.Stat(source + ending); err == nil && os.SameFile(own, info) {
			return fmt.Errorf("%s belongs to the database itself: name another file", file)
		}
	}
	// SQLite would apply the journal of the old file to the new one.
	for _, ending := range []string{"-wal", "-journal"} {
		if left, err := os.Stat(file + ending); err == nil && left.Size() > 0 {
			return fmt.Errorf("%s is a database in use, %s is beside it: name another file", file, file+ending)
		}
	}
	return nil
}

// openReadOnly opens a SQLite file in a way that changes nothing.
func openReadOnly(path string, options url.Values) (*sql.DB, error) {
	return openSQLiteAs(path, "ro", options)
}

// openSQLiteAs opens a SQLite file that is there, read-only (ro) or not (rw).
func openSQLiteAs(path, mode string, options url.Values) (*sql.DB, error) {
	options.Set("mode", mode)
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}).String()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func vacuumInto(ctx context.Context, source, file string) error {
	db, err := openReadOnly(source, url.Values{"_pragma": {"busy_timeout(5000)"}})
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO $1", file)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	return nil
}

// look reads what the copy holds, and audits it if that is asked for.
func (b *Backup) look(ctx context.Context, file string, o BackupOptions) (err error) {
	// Nobody else knows of the file, so that SQLite needs no journal beside it.
	db, err := openReadOnly(file, url.Values{"immutable": {"1"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var h head
	if err := db.QueryRowContext(ctx, headQuery).Scan(h.fields()...); err != nil {
		return fmt.Errorf("reading the head: %w", err)
	}
	b.Entries = h.seq
	if !o.Check {
		return nil
	}
	if err := checkIntegrity(ctx, db, "integrity_check"); err != nil {
		return err
	}
	report, err := (&Store{dialect: sqliteDialect, reader: db, now: o.Now}).Audit(ctx)
	b.Report = &report
	return err
}

// checkIntegrity has SQLite look through a whole file, by one of its two pragmas.
func checkIntegrity(ctx context.Context, db reader, pragma string) error {
	var faults []error
	err := readAll(ctx, db, func(rows *sql.Rows) error {
		var found string
		err := rows.Scan(&found)
		if err == nil && found != "ok" {
			faults = append(faults, errors.New(found))
		}
		return err
	}, "PRAGMA "+pragma+"(5)")
	return errors.Join(err, errors.Join(faults...))
}

// syncFile puts a file on disk and gives its length.
func syncFile(name string) (int64, error) {
	file, err := os.OpenFile(name, os.O_RDWR, 0) //nolint:gosec // our own
	if err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// putInPlace gives a finished file its name, and puts that on disk as well.
func putInPlace(name, file string, replace bool) error {
	err := errors.ErrUnsupported
	if !replace {
		// A link replaces nothing, should somebody have been quicker.
		if err = os.Link(name, file); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", file, fs.ErrExist)
		}
	}
	if err != nil { // not every file system has links
		err = os.Rename(name, file)
	}
	if err != nil {
		return fmt.Errorf("naming the copy: %w", err)
	}
	if runtime.GOOS == "windows" { // where folders are not synced
		return nil
	}
	folder, err := os.Open(filepath.Dir(file))
	if err == nil {
		err = errors.Join(folder.Sync(), folder.Close())
	}
	if err != nil {
		return fmt.Errorf("putting the copy's name on disk: %w", err)
	}
	return nil
}
