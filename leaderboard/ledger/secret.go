package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"fedirally/leaderboard"
)

// sealedTables are all rows that the secret seals: table, the column that names
// the row in its seal, and whether that is a digest rather than a number.
var sealedTables = []struct { //nolint:gochecknoglobals // a constant list
	table, key string
	digest     bool
}{
	{"donors", "id", false}, {"clues", "line_item", false}, {"quarantine", "digest", true}, {"answers", "id", false},
}

// Rotate seals everything anew under another secret, in one transaction. Donors
// are recognized as before, because the key of their tags is wrapped anew and not
// changed. Stores that are open with the old secret can write nothing more, this
// one included: open it anew.
func (s *Store) Rotate(ctx context.Context, secret []byte) (rows int, err error) {
	next, err := newVault(secret, s.vault.random)
	if err != nil {
		return 0, err
	}
	if next.fingerprint == s.vault.fingerprint {
		return 0, fmt.Errorf("%w: the new secret is the old one", ErrInvalid)
	}
	next.donorKey = s.vault.donorKey
	err = s.write(ctx, func(t *tx) error {
		for _, sealed := range sealedTables {
			count, err := t.reseal(next, sealed.table, sealed.key, sealed.digest)
			if err != nil {
				return fmt.Errorf("sealing %s anew: %w", sealed.table, err)
			}
			rows += count
		}
		wrapped, err := sealWith(next.wrap, next.random, keyDonors, next.donorKey)
		if err != nil {
			return err
		}
		t.head.keys++
		return t.putKeyring(next, wrapped)
	})
	return rows, err
}

func (t *tx) reseal(next *vault, table, key string, digest bool) (int, error) {
	type row struct {
		key    any
		name   string
		sealed []byte
	}
	var rows []row
	err := t.query(func(r *sql.Rows) error {
		var id int64
		var name, sealed []byte
		var err error
		if digest {
			err = r.Scan(&name, &sealed)
			rows = append(rows, row{name, string(name), sealed})
		} else {
			err = r.Scan(&id, &sealed)
			rows = append(rows, row{id, rowName(id), sealed})
		}
		return err
	}, "SELECT "+key+", sealed FROM "+table+" WHERE sealed IS NOT NULL")
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		data, err := t.store.vault.open(table, r.name, r.sealed)
		if err != nil {
			return 0, err
		}
		sealed, err := next.seal(table, r.name, data)
		if err != nil {
			return 0, err
		}
		if err := t.exec("UPDATE "+table+" SET sealed = $1 WHERE "+key+" = $2", sealed, r.key); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// Lose gives a database whose secret is lost a new one. Everything that the lost
// secret sealed is removed for good: people, refcodes, quarantined notices. The
// ledger, its counts and the standings stay whole; donors who give again count
// anew, and who has told the bot to stop has to do so again. It refuses a database that the secret opens.
func Lose(ctx context.Context, o Options) error {
	o.fill()
	vault, err := newVault(o.Secret, o.Random)
	if err != nil {
		return err
	}
	s, err := connect(ctx, o, vault)
	if err != nil {
		return err
	}
	err = migrate(ctx, s.writer, s.dialect)
	if err == nil {
		err = s.write(ctx, s.lose)
	}
	return errors.Join(err, s.statements.close(), s.reader.Close(), s.writer.Close())
}

func (s *Store) lose(t *tx) error {
	mark, err := t.keyring(keyFingerprint)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%w: the database is new, nothing is lost", ErrInvalid)
	case err != nil:
		return err
	case mark == s.vault.fingerprint:
		return fmt.Errorf("%w: FEDIRALLY_SECRET opens this database, nothing is lost", ErrInvalid)
	}
	t.head.keys++
	if err := s.makeKeyring(t); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM clues", "DELETE FROM quarantine", "DELETE FROM answers", "DELETE FROM stops",
	} {
		if err := t.exec(statement); err != nil {
			return err
		}
	}
	err = t.exec("UPDATE donors SET tag = NULL, sealed = NULL, purged_us = $1 WHERE anonymous = 0 AND purged_us = 0", toMicros(s.now()))
	if err != nil {
		return err
	}
	return t.retagAnonymous()
}

// retagAnonymous gives the one anonymous donor of each host the tag that the new
// key makes of the host, so that it stays one.
func (t *tx) retagAnonymous() error {
	hosts := map[int64]leaderboard.Host{}
	err := t.query(func(rows *sql.Rows) error {
		var id int64
		var host leaderboard.Host
		err := rows.Scan(&id, &host)
		hosts[id] = host
		return err
	}, "SELECT donors.id, credits.host FROM donors JOIN credits ON credits.donor_id = donors.id WHERE donors.anonymous = 1")
	if err != nil {
		return err
	}
	for id, host := range hosts {
		tag := t.store.vault.tag("anonymous", string(host))
		if err := t.exec("UPDATE donors SET tag = $1 WHERE id = $2", tag, id); err != nil {
			return err
		}
	}
	return nil
}
