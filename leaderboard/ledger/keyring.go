package ledger

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// openKeyring checks the secret against the database's fingerprint and unwraps
// the donor key; a new database gets both.
func (s *Store) openKeyring(t *tx) error {
	mark, err := t.keyring("fingerprint")
	if errors.Is(err, sql.ErrNoRows) {
		return s.makeKeyring(t)
	}
	if err != nil {
		return err
	}
	if mark != s.vault.fingerprint {
		return ErrWrongSecret
	}
	wrapped, err := t.keyring("donor key")
	if err != nil {
		return fmt.Errorf("reading the donor key: %w", err)
	}
	sealed, err := base64.StdEncoding.DecodeString(wrapped)
	if err != nil {
		return fmt.Errorf("reading the donor key: %w", err)
	}
	if s.vault.donorKey, err = openWith(s.vault.wrap, "donor key", sealed); err != nil {
		return fmt.Errorf("reading the donor key: %w", err)
	}
	return nil
}

func (s *Store) makeKeyring(t *tx) error {
	key := make([]byte, 32)
	if _, err := io.ReadFull(s.vault.random, key); err != nil {
		return fmt.Errorf("drawing the donor key: %w", err)
	}
	sealed, err := sealWith(s.vault.wrap, s.vault.random, "donor key", key)
	if err != nil {
		return err
	}
	s.vault.donorKey = key
	return t.insert("keyring (name, value)", 2, "", [][]any{
		{"fingerprint", s.vault.fingerprint},
		{"donor key", base64.StdEncoding.EncodeToString(sealed)},
	})
}

func (t *tx) keyring(name string) (string, error) {
	var value string
	err := t.queryRow("SELECT value FROM keyring WHERE name = $1", []any{name}, &value)
	return value, err
}
