package simtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// The wire is what lies between a process of the simulation and its database: the
// real SQLite driver, in whose way things go wrong when the simulation says so.

var (
	errIO     = errors.New("disk I/O error (made up)")
	errLocked = errors.New("database is locked (made up)")
	errDead   = errors.New("the process was killed (made up)")
	errAway   = errors.New("the database is away (made up)")
	errLost   = errors.New("the answer was lost (made up)")
)

// openDB opens a pool whose connections are wired to the process.
func (p *process) openDB(_, address string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(address)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(&wiredConnector{Connector: connector, p: p}), nil
}

type wiredConnector struct {
	driver.Connector
	p *process
}

// sqliteConn is what the driver's connections can do that database/sql makes use of.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

func (c *wiredConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := c.p.unreachable(); err != nil {
		return nil, err
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("a connection of the type %T cannot be wired", conn)
	}
	return &wiredConn{sqliteConn: inner, p: c.p}, nil
}

// wiredConn drops the contexts of statements: virtual time stands still while one
// runs, so that none can end, and waiting for it would cost a goroutine each.
type wiredConn struct {
	sqliteConn
	p *process
	// in is the writing transaction that is open.
	in *wiredTx
}

// place is what is about to happen on this connection.
func (c *wiredConn) place() place {
	if c.in != nil {
		return atStatement
	}
	return atRead
}

func (c *wiredConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.p.unreachable(); err != nil {
		return nil, err
	}
	statement, err := c.sqliteConn.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	inner, ok := statement.(sqliteStmt)
	if !ok {
		return nil, fmt.Errorf("a statement of the type %T cannot be wired", statement)
	}
	return &wiredStmt{sqliteStmt: inner, conn: c}, nil
}

func (c *wiredConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.meet(); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(context.WithoutCancel(ctx), query, args)
}

func (c *wiredConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.query(func() (driver.Rows, error) {
		return c.sqliteConn.QueryContext(context.WithoutCancel(ctx), query, args)
	})
}

// meet lets happen what is to happen before a statement.
func (c *wiredConn) meet() error {
	switch c.p.meet(c.place()) {
	case fails, losesAnswer, tears:
		return c.p.because(errIO)
	case refuses:
		return c.refuse()
	case goesWell:
	}
	return nil
}

// refuse is the database's own answer to data that it cannot take. Where a single
// notice caused it, the ledger is expected to put that into quarantine.
func (c *wiredConn) refuse() error {
	if c.in == nil {
		return errIO
	}
	if e := c.in.brings; e.single {
		c.p.expect = append([]expected{e.quarantined()}, c.p.expect...)
	}
	return c.p.s.disk.refusal
}

func (c *wiredConn) query(ask func() (driver.Rows, error)) (driver.Rows, error) {
	verdict := c.p.meet(c.place())
	switch verdict {
	case fails, losesAnswer:
		return nil, c.p.because(errIO)
	case refuses:
		return nil, c.refuse()
	case goesWell, tears:
	}
	rows, err := ask()
	if err == nil && verdict == tears {
		return &tornRows{rows}, nil
	}
	return rows, err
}

// tornRows end in an error in the place of their first row.
type tornRows struct{ driver.Rows }

func (r *tornRows) Next(into []driver.Value) error {
	if err := r.Rows.Next(into); err != nil {
		return err
	}
	return errIO
}

// sqliteStmt is what the driver's statements can do that database/sql makes use of.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type wiredStmt struct {
	sqliteStmt
	conn *wiredConn
}

func (s *wiredStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.meet(); err != nil {
		return nil, err
	}
	return s.sqliteStmt.ExecContext(context.WithoutCancel(ctx), args)
}

func (s *wiredStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.query(func() (driver.Rows, error) {
		return s.sqliteStmt.QueryContext(context.WithoutCancel(ctx), args)
	})
}

// BeginTx begins a snapshot for reading, or a writing transaction. The latter takes
// over what the process said it would write next.
func (c *wiredConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if options.ReadOnly {
		if err := c.meet(); err != nil {
			return nil, err
		}
		return c.sqliteConn.BeginTx(context.WithoutCancel(ctx), options)
	}
	c.p.waitAtGate()
	brings := c.p.nextExpected()
	if c.p.meet(atBegin) != goesWell {
		return nil, c.p.because(errIO)
	}
	disk := c.p.s.disk
	if disk.writer != nil {
		c.p.isHit()
		return nil, errLocked // SQLite would wait for five seconds and then say so
	}
	inner, err := c.sqliteConn.BeginTx(context.WithoutCancel(ctx), options)
	if err != nil {
		return nil, err
	}
	disk.writer = c.p
	c.in = &wiredTx{Tx: inner, conn: c, brings: brings}
	return c.in, nil
}

// wiredTx is a writing transaction, with what it brings if it is committed.
type wiredTx struct {
	driver.Tx
	conn   *wiredConn
	brings expected
}

// Commit commits or does not, and tells the truth about it or does not.
func (t *wiredTx) Commit() error {
	p := t.conn.p
	verdict := p.meet(atCommit)
	defer t.over()
	if verdict == fails || verdict == refuses || verdict == tears {
		return errors.Join(p.because(errIO), t.Tx.Rollback())
	}
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	if t.brings.happens != nil {
		t.brings.happens()
	}
	if verdict == losesAnswer {
		return p.because(errLost)
	}
	return nil
}

// Rollback is what a killed process's database does, too.
func (t *wiredTx) Rollback() error {
	defer t.over()
	return t.Tx.Rollback()
}

func (t *wiredTx) over() {
	t.conn.in = nil
	t.conn.p.s.disk.writer = nil
}

// expected is what the next writing transaction of a process brings about, if it is
// committed.
type expected struct {
	happens func()
	// letter is the notice that is booked, if it is a single one.
	letter *letter
	single bool
	s      *simulation
}

// nextExpected takes what was announced first. A transaction that nobody announced
// changes nothing that is told to anybody.
func (p *process) nextExpected() expected {
	if len(p.expect) == 0 {
		return expected{}
	}
	next := p.expect[0]
	p.expect = p.expect[1:]
	return next
}

// waitAtGate holds writers back while the gate is shut.
func (p *process) waitAtGate() {
	if gate := p.gate; gate != nil {
		<-gate
	}
}
