package simtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

// disk is where the database lies: a folder in memory where the system has one. It
// is a file, and not one of SQLite's own databases in memory, because those have no
// write-ahead log and shut readers out while somebody writes: the ledger would run
// on another database than it does.
type disk struct {
	folder, file string
	made         int
	// writer is who holds the lock of all writers.
	writer *process
	// eye reads past every process and every mishap.
	eye driver.Conn
	// refusal is SQLite's own error for data that it does not take.
	refusal error
}

// image is a database as it lies on a disk.
type image struct{ data, log []byte }

// lay lays a database into a file of its own and opens the eye on it.
func (d *disk) lay(of image) error {
	if err := d.clear(); err != nil {
		return err
	}
	d.made++
	d.file = filepath.Join(d.folder, fmt.Sprintf("%d.db", d.made))
	for suffix, content := range map[string][]byte{"": of.data, "-wal": of.log} {
		if len(content) == 0 {
			continue
		}
		if err := os.WriteFile(d.file+suffix, content, 0o600); err != nil {
			return err
		}
	}
	connector, err := sqlite.NewConnector("file:" + d.file + "?_pragma=query_only(ON)")
	if err != nil {
		return err
	}
	d.eye, err = connector.Connect(context.Background())
	return err
}

// shorten takes out most of the well-known hosts, which take longer to read than all
// that happens in a simulation.
func (d *disk) shorten() error {
	db, err := sql.Open("sqlite", "file:"+d.file)
	if err != nil {
		return err
	}
	_, err = db.Exec("DELETE FROM instances WHERE host NOT IN ('mastodon.social', 'mas.to', 'fosstodon.org')")
	return errors.Join(err, db.Close())
}

// clear removes the present file.
func (d *disk) clear() error {
	if d.file == "" {
		return nil
	}
	faults := []error{d.eye.Close()}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(d.file + suffix); err != nil && !os.IsNotExist(err) {
			faults = append(faults, err)
		}
	}
	d.file = ""
	return errors.Join(faults...)
}

// take reads the database as it lies there. Nobody may be writing.
func (d *disk) take() (of image, err error) {
	if of.data, err = os.ReadFile(d.file); err != nil {
		return of, err
	}
	if of.log, err = os.ReadFile(d.file + "-wal"); os.IsNotExist(err) {
		err = nil
	}
	return of, err
}

// ask reads rows with the eye.
func (d *disk) ask(query string) ([][]driver.Value, error) {
	rows, err := d.eye.(driver.QueryerContext).QueryContext(context.Background(), query, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]driver.Value
	for {
		row := make([]driver.Value, len(rows.Columns()))
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
}

// see is ask for what is always there.
func (d *disk) see(query string) [][]driver.Value {
	rows, err := d.ask(query)
	if err != nil {
		panic(fmt.Sprint("the eye is blind: ", err))
	}
	return rows
}

// version is that of the last change.
func (d *disk) version() int64 {
	version, _ := d.see("SELECT version FROM head")[0][0].(int64)
	return version
}

// published is at which step each drive was last published.
func (d *disk) published() map[int64]time.Time {
	steps := map[int64]time.Time{}
	for _, row := range d.see("SELECT id, published_us FROM drives") {
		id, _ := row[0].(int64)
		if us, _ := row[1].(int64); us != 0 {
			steps[id] = time.UnixMicro(us).UTC()
		}
	}
	return steps
}

// refusalOfSQLite lets SQLite refuse something.
func refusalOfSQLite() error {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("CREATE TABLE picky (x INTEGER NOT NULL); INSERT INTO picky (x) VALUES (NULL)")
	return err
}
