package ledger

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"fedirally/leaderboard"
)

// The names of the keyring's rows.
const (
	keyFingerprint = "fingerprint"
	keyDonors      = "donor key"
	keyWellKnown   = "well-known list"
	keyName        = "name of the ledger"
	keyClock       = "clock"
)

// prepared opens the keyring of a database where nothing is left to be made, and
// reports whether that is so.
func (s *Store) prepared(ctx context.Context) (bool, error) {
	if err := s.readKeys(ctx); err != nil {
		return false, err
	}
	kept, err := readKeyring(ctx, s.reader)
	if err != nil {
		return false, err
	}
	if kept[keyFingerprint] == "" || kept[keyName] == "" {
		return false, nil
	}
	s.id = kept[keyName]
	if err := s.unlock(kept[keyFingerprint], kept[keyDonors]); err != nil {
		return false, err
	}
	date, _ := leaderboard.WellKnown()
	return kept[keyWellKnown] >= date, nil
}

func readKeyring(ctx context.Context, from reader) (map[string]string, error) {
	kept := map[string]string{}
	err := readAll(ctx, from, func(rows *sql.Rows) error {
		var name, value string
		err := rows.Scan(&name, &value)
		kept[name] = value
		return err
	}, "SELECT name, value FROM keyring")
	if err != nil {
		return nil, fmt.Errorf("reading the keyring: %w", err)
	}
	return kept, nil
}

// readKeys remembers which of the secrets that the database had is the present
// one. It is read before the keyring: if the secret is changed in between, the
// first write says so.
func (s *Store) readKeys(ctx context.Context) error {
	var h head
	if err := s.reader.QueryRowContext(ctx, headQuery).Scan(h.fields()...); err != nil {
		return fmt.Errorf("reading the head: %w", err)
	}
	s.keys = h.keys
	return nil
}

// unlock checks the secret against the database's fingerprint and unwraps the
// donor key.
func (s *Store) unlock(fingerprint, wrapped string) error {
	if fingerprint != s.vault.fingerprint {
		return ErrWrongSecret
	}
	sealed, err := base64.StdEncoding.DecodeString(wrapped)
	if err == nil {
		s.vault.donorKey, err = openWith(s.vault.wrap, keyDonors, sealed)
	}
	if err != nil {
		return fmt.Errorf("reading the donor key: %w", err)
	}
	return nil
}

// openKeyring makes the keyring of a new database. Another process may have been
// quicker; then that one's holds.
func (s *Store) openKeyring(t *tx) error {
	mark, err := t.keyring(keyFingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.Join(s.makeKeyring(t), s.nameLedger(t))
	}
	if err != nil {
		return err
	}
	wrapped, err := t.keyring(keyDonors)
	if err != nil {
		return fmt.Errorf("reading the donor key: %w", err)
	}
	if err := s.unlock(mark, wrapped); err != nil {
		return err
	}
	return s.nameLedger(t)
}

// nameLedger reads the ledger's name, or draws one.
func (s *Store) nameLedger(t *tx) (err error) {
	if s.id, err = t.keyring(keyName); !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	name := make([]byte, 12)
	if _, err := io.ReadFull(s.vault.random, name); err != nil {
		return fmt.Errorf("drawing the ledger's name: %w", err)
	}
	s.id = hex.EncodeToString(name)
	return t.insert("keyring (name, value)", 2, "", [][]any{{keyName, s.id}})
}

func (s *Store) makeKeyring(t *tx) error {
	key := make([]byte, 32)
	if _, err := io.ReadFull(s.vault.random, key); err != nil {
		return fmt.Errorf("drawing the donor key: %w", err)
	}
	sealed, err := sealWith(s.vault.wrap, s.vault.random, keyDonors, key)
	if err != nil {
		return err
	}
	s.vault.donorKey = key
	return t.putKeyring(s.vault, sealed)
}

// putKeyring writes the fingerprint of a vault and its wrapped donor key.
func (t *tx) putKeyring(v *vault, wrapped []byte) error {
	return t.insert("keyring (name, value)", 2, "ON CONFLICT (name) DO UPDATE SET value = excluded.value", [][]any{
		{keyFingerprint, v.fingerprint},
		{keyDonors, base64.StdEncoding.EncodeToString(wrapped)},
	})
}

func (t *tx) keyring(name string) (string, error) {
	var value string
	err := t.queryRow("SELECT value FROM keyring WHERE name = $1", []any{name}, &value)
	return value, err
}
