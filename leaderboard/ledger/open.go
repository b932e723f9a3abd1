package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how to open a ledger.
type Options struct {
	// URL is sqlite:FILE or postgres://…
	URL string
	// OpenDB opens a pool by the name of a driver and an address; sql.Open if nil. By it
	// tests put faults between the ledger and its database.
	OpenDB func(driver, address string) (*sql.DB, error)
	// Secret seals personal data; at least [MinSecret] bytes.
	Secret []byte
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Random is the source of keys and nonces; crypto/rand if nil.
	Random io.Reader
	// Logger hears of what a person should know, without personal data;
	// discarded if nil.
	Logger *slog.Logger
	// Observe, if set, is told of each transaction that notices share, when it has
	// ended: where its time went (Groups is 1), and why nothing of it was written.
	// The one writer waits for it.
	Observe func(Timing, error)
}

// Store is an open ledger. Its methods may be called by many goroutines.
type Store struct {
	dialect dialect
	writer  *sql.DB
	reader  *sql.DB
	vault   *vault
	now     func() time.Time
	logger  *slog.Logger

	intake *intake
	wake   chan struct{}
	timing timing
	// observe is never nil.
	observe func(Timing, error)
	// refusing says that the database took no writes when that was last tried.
	refusing atomic.Bool
	// damaged says that the database was found damaged.
	damaged atomic.Bool
	turns   turns

	// writing is held for the length of a writing transaction, so that this
	// process waits in line here rather than in the database; it also guards
	// registry and statements.
	writing    sync.Mutex
	registry   *registry
	statements statements
	// id is the ledger's own name.
	id string
	// keys is head.keys as the vault was opened with; writing guards it.
	keys int64
}

// keysUnread stands for a head that was not read yet.
const keysUnread = -1

// Open opens the database, makes it or brings it up to date, and starts taking
// in notices. It returns [ErrWrongSecret] if the database was sealed with another
// secret. Close it after use.
func Open(ctx context.Context, o Options) (*Store, error) {
	o.fill()
	vault, err := newVault(o.Secret, o.Random)
	if err != nil {
		return nil, err
	}
	s, err := connect(ctx, o, vault)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.reader.Close(), s.writer.Close())
	}
	s.intake = startIntake(s) //nolint:contextcheck // groups have a context of their own
	return s, nil
}

// fill sets what was left open.
func (o *Options) fill() {
	if o.OpenDB == nil {
		o.OpenDB = sql.Open
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of a field that tests replace
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(Timing, error) {}
	}
}

// connect opens the database without looking into it.
func connect(ctx context.Context, o Options, vault *vault) (*Store, error) {
	dialect, writer, reader, err := pools(ctx, o.URL, o.OpenDB)
	if err != nil {
		return nil, err
	}
	return &Store{
		dialect: dialect, writer: writer, reader: reader, vault: vault, now: o.Now, logger: o.Logger,
		wake: make(chan struct{}, 1), observe: o.Observe, statements: statements{}, turns: turns{last: map[int64]time.Time{}}, keys: keysUnread,
	}, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := migrate(ctx, s.writer, s.dialect); err != nil {
		return err
	}
	// A command beside a busy server must not wait for the lock without need.
	if done, err := s.prepared(ctx); done || err != nil {
		return err
	}
	if err := s.write(ctx, s.openKeyring); err != nil {
		return err
	}
	if err := s.write(ctx, s.seedInstances); err != nil {
		return fmt.Errorf("entering the well-known instances: %w", err)
	}
	return nil
}

// Close takes in no more notices, writes those that wait, and closes the database.
func (s *Store) Close() error {
	s.intake.stop()
	s.writing.Lock()
	defer s.writing.Unlock()
	return errors.Join(s.statements.close(), s.reader.Close(), s.writer.Close())
}

// Changed is woken after each commit of this process that may have changed what
// is shown. Nothing is carried: read the state.
func (s *Store) Changed() <-chan struct{} { return s.wake }

// Ready returns nil if the database answers, has what a writer needs first, and is
// still sealed with the secret that it was opened with.
func (s *Store) Ready(ctx context.Context) error {
	_, err := s.readHead(ctx)
	return err
}

func (s *Store) readHead(ctx context.Context) (h head, err error) {
	if err := s.reader.QueryRowContext(ctx, headQuery).Scan(h.fields()...); err != nil {
		return h, fmt.Errorf("the ledger does not answer: %w", err)
	}
	if h.keys != s.keys {
		return h, ErrSecretChanged
	}
	return h, nil
}
