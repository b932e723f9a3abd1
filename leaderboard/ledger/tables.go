package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// table is a table as it stands in a database, whatever migrations there will be.
type table struct {
	name    string
	columns []string
}

func (t table) equal(o table) bool { return t.name == o.name && slices.Equal(t.columns, o.columns) }

func (t table) query() string { return "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name }

func (t table) insert() string {
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES " + values(1, len(t.columns))
}

// migrationsTable is goose's own, which no move touches.
const migrationsTable = "goose_db_version"

// tablesOf lists the tables of a database with their columns, by name.
func tablesOf(ctx context.Context, from reader, d dialect) ([]table, error) {
	query := `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid`
	if d == postgresDialect {
		query = `SELECT table_name, column_name FROM information_schema.columns
			WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	}
	var tables []table
	err := readAll(ctx, from, func(rows *sql.Rows) error {
		var name, column string
		if err := rows.Scan(&name, &column); err != nil || name == migrationsTable {
			return err
		}
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, column)
		return nil
	}, query)
	if err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	// Databases sort by different rules.
	slices.SortFunc(tables, func(a, b table) int { return strings.Compare(a.name, b.name) })
	return tables, nil
}

// checkEmpty returns [ErrNotEmpty] if a database holds anything but known tables
// without rows. What a new database begins with counts for nothing: the head's one
// row while it is all zero, and the first of changes.
func checkEmpty(ctx context.Context, from reader, d dialect, known []table) error {
	tables, err := tablesOf(ctx, from, d)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if !slices.ContainsFunc(known, func(k table) bool { return k.name == t.name }) {
			return fmt.Errorf("%w: there is a table %s, which is none of ours", ErrNotEmpty, t.name)
		}
		condition := ""
		switch t.name {
		case "head":
			condition = " WHERE seq <> 0 OR version <> 0 OR config <> 0 OR donor <> 0 OR notice <> 0 OR keys <> 0"
		case "changes":
			condition = " WHERE version <> 0"
		}
		var rows int64
		if err := from.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.name+condition).Scan(&rows); err != nil {
			return fmt.Errorf("counting %s: %w", t.name, err)
		}
		if rows > 0 {
			return fmt.Errorf("%w: table %s has %d rows", ErrNotEmpty, t.name, rows)
		}
	}
	return nil
}

// rowSource reads the rows of a table, and sums up what it has read. It is what
// PostgreSQL's copy wants.
type rowSource struct {
	rows *sql.Rows
	row  []any
	into []any
	sum  tableSum
	err  error
}

func newRowSource(rows *sql.Rows, t table) *rowSource {
	s := &rowSource{rows: rows, row: make([]any, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range s.row {
		s.into[i] = &s.row[i]
	}
	return s
}

// Next goes on to the next row.
func (s *rowSource) Next() bool {
	if s.err != nil || !s.rows.Next() {
		return false
	}
	if s.err = s.rows.Scan(s.into...); s.err == nil {
		s.err = s.sum.add(s.row)
	}
	return s.err == nil
}

// Values gives the row.
func (s *rowSource) Values() ([]any, error) { return s.row, s.err }

// Err is why there are no more rows.
func (s *rowSource) Err() error {
	if s.err != nil {
		return s.err
	}
	return s.rows.Err()
}

// tableSum is the same for the same rows in any order.
type tableSum struct {
	rows int64
	sum  [2]uint64
}

// add adds the hash of a row. The values are those that both databases give.
func (s *tableSum) add(row []any) error {
	var text []byte
	put := func(kind byte, value []byte) {
		text = binary.BigEndian.AppendUint64(append(text, kind), uint64(len(value)))
		text = append(text, value...)
	}
	for _, value := range row {
		switch value := value.(type) {
		case nil:
			put('0', nil)
		case int64:
			put('i', binary.BigEndian.AppendUint64(nil, uint64(value))) //nolint:gosec // its bits are what is compared
		case string:
			put('t', []byte(value))
		case []byte:
			put('b', value)
		default:
			return fmt.Errorf("a value is a %T, which the ledger has none of", value)
		}
	}
	hash := sha256.Sum256(text)
	s.rows++
	s.sum[0] += binary.BigEndian.Uint64(hash[:8])
	s.sum[1] += binary.BigEndian.Uint64(hash[8:16])
	return nil
}

func sumOf(ctx context.Context, from reader, t table) (tableSum, error) {
	rows, err := from.QueryContext(ctx, t.query())
	if err != nil {
		return tableSum{}, err
	}
	defer rows.Close()
	source := newRowSource(rows, t)
	for source.Next() { // it sums up as it goes
	}
	return source.sum, source.Err()
}
