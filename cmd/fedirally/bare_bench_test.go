package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// bareTable is how the bare program writes rows of a table.
type bareTable struct {
	name    string
	columns int
	tail    string
}

var bareTables = []bareTable{
	{"entries", 24, ""},
	{"credits", 18, ""},
	{"donors", 8, "ON CONFLICT (id) DO NOTHING"},
	{"donor_net", 6, "ON CONFLICT (drive_id, span, start_us, host, donor_id) DO UPDATE SET net_cents = excluded.net_cents"},
	{"balances", 10, `ON CONFLICT (drive_id, span, start_us, host) DO UPDATE SET raised_cents = excluded.raised_cents,
		gifts = excluded.gifts, donors = excluded.donors, reached_us = excluded.reached_us, version = excluded.version`},
}

// writeBare copies what the intake wrote into another database with the plainest
// program that can: no notices, no decisions, nothing read; prepared statements
// of 32 rows, one transaction for each group. It tells how long the writing took.
func writeBare(b *testing.B, from, to string, group int) time.Duration {
	b.Helper()
	rows := readRows(b, from)
	store, err := ledger.Open(b.Context(), ledger.Options{URL: to, Secret: []byte(testSecret)})
	require.NoError(b, err) // for the schema
	require.NoError(b, store.Close())
	bare := bareProgram{db: openBare(b, to), marks: isSQLite(to), prepared: map[string]*sql.Stmt{}}
	var groups [][][][]any
	for at := 0; at < benchGifts; at += group {
		groups = append(groups, rows.group(at, min(at+group, benchGifts)))
	}
	begin := time.Now()
	for _, tables := range groups {
		require.NoError(b, bare.write(b.Context(), bareTables, tables))
	}
	return time.Since(begin)
}

func isSQLite(url string) bool { return strings.HasPrefix(url, "sqlite:") }

func openBare(b *testing.B, url string) *sql.DB {
	b.Helper()
	driver, name := "pgx", url
	if file, found := ledger.SQLiteFile(url); found {
		driver = "sqlite"
		name = "file:" + file + "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(ON)&_pragma=cache_size(-32000)"
	}
	db, err := sql.Open(driver, name)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	return db
}

// bareRows are the rows that each gift made, in the order of the entries.
type bareRows struct {
	entries, credits, donors [][]any
	nets, balances           [][][]any
}

// readRows reads back what the intake wrote, and works out which balances each
// gift touched.
func readRows(b *testing.B, url string) *bareRows {
	b.Helper()
	db := openBare(b, url)
	all := &bareRows{entries: readTable(b, db, "entries", "seq", 24)}
	credits := byKey(readTable(b, db, "credits", "line_item", 18), 0)
	donors := byKey(readTable(b, db, "donors", "id", 8), 0)
	zone := newYork(b)
	for _, entry := range all.entries {
		credit := credits[fmt.Sprint(entry[3])]
		all.credits = append(all.credits, credit)
		all.donors = append(all.donors, donors[fmt.Sprint(entry[16])])
		paid := time.UnixMicro(entry[14].(int64))
		var nets, balances [][]any
		for _, period := range leaderboard.PeriodsOf(paid, zone) {
			for _, host := range []any{entry[11], "*"} {
				nets = append(nets, []any{entry[10], int64(period.Span), period.Start, host, entry[16], int64(2577)})
				balances = append(balances, []any{entry[10], int64(period.Span), period.Start, host, int64(2577), int64(1), int64(1), entry[15], 0, entry[0]})
			}
		}
		all.nets, all.balances = append(all.nets, nets), append(all.balances, balances)
	}
	require.Len(b, all.entries, benchGifts)
	return all
}

// group gives the rows of gifts at to end by table, each key once.
func (r *bareRows) group(at, end int) [][][]any {
	var nets, balances [][]any
	for i := at; i < end; i++ {
		nets, balances = append(nets, r.nets[i]...), append(balances, r.balances[i]...)
	}
	return [][][]any{
		r.entries[at:end], r.credits[at:end], distinct(r.donors[at:end], 1), distinct(nets, 5), distinct(balances, 4),
	}
}

// bareProgram writes groups of rows and does nothing else.
type bareProgram struct {
	db       *sql.DB
	marks    bool // parameters are ?, not $1
	prepared map[string]*sql.Stmt
}

// write writes rows of some tables in one transaction.
func (p *bareProgram) write(ctx context.Context, into []bareTable, tables [][][]any) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i, table := range into {
		for rows := tables[i]; len(rows) > 0; {
			count := 32
			for count > len(rows) {
				count /= 2
			}
			var args []any
			for _, row := range rows[:count] {
				args = append(args, row...)
			}
			rows = rows[count:]
			statement, err := p.statement(ctx, table, count)
			if err != nil {
				return err
			}
			if _, err := tx.StmtContext(ctx, statement).ExecContext(ctx, args...); err != nil { //nolint:sqlclosecheck // closed with the transaction
				return err
			}
		}
	}
	return tx.Commit()
}

func (p *bareProgram) statement(ctx context.Context, table bareTable, rows int) (*sql.Stmt, error) {
	n := 0
	places := make([]string, rows)
	for row := range places {
		marks := make([]string, table.columns)
		for column := range marks {
			n++
			marks[column] = "?"
			if !p.marks {
				marks[column] = fmt.Sprintf("$%d", n)
			}
		}
		places[row] = "(" + strings.Join(marks, ",") + ")"
	}
	text := "INSERT INTO " + table.name + " VALUES " + strings.Join(places, ",") + " " + table.tail
	if statement, found := p.prepared[text]; found {
		return statement, nil
	}
	statement, err := p.db.PrepareContext(ctx, text)
	p.prepared[text] = statement
	return statement, err
}

func readTable(b *testing.B, db *sql.DB, table, order string, columns int) [][]any {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), "SELECT * FROM "+table+" ORDER BY "+order)
	require.NoError(b, err)
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		row, into := make([]any, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		require.NoError(b, rows.Scan(into...))
		all = append(all, row)
	}
	require.NoError(b, rows.Err())
	return all
}

func byKey(rows [][]any, column int) map[string][]any {
	keyed := make(map[string][]any, len(rows))
	for _, row := range rows {
		keyed[fmt.Sprint(row[column])] = row
	}
	return keyed
}

// distinct keeps the last row of each key, which is made of the first columns.
func distinct(rows [][]any, key int) [][]any {
	place := map[string]int{}
	var kept [][]any
	for _, row := range rows {
		name := fmt.Sprint(row[:key]...)
		if at, found := place[name]; found {
			kept[at] = row
			continue
		}
		place[name] = len(kept)
		kept = append(kept, row)
	}
	return kept
}
