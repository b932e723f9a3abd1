package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// quarantineKept is how long a notice waits in quarantine for a person's look.
const quarantineKept = 30 * 24 * time.Hour

// Quarantined is a notice in quarantine, without its content.
type Quarantined struct {
	ID       int64
	Kind     leaderboard.NoticeKind
	Reason   string
	Received time.Time
}

// keptNotice is what is sealed of a quarantined notice. Donor is the tag of a
// donor who is told by name: the body was stripped of the zip code, which is a
// part of that identity and is never kept.
type keptNotice struct {
	Body   json.RawMessage `json:"body"`
	Donor  []byte          `json:"donor,omitempty"`
	Digest []byte          `json:"digest"`
}

// quarantine keeps a notice for a person's look. The same body comes in once.
func (t *tx) quarantine(n leaderboard.Notice, reasons ...string) error {
	vault := t.store.vault
	digest := vault.tag("notice", string(n.Digest[:]))
	kept := keptNotice{Body: json.RawMessage("null"), Digest: n.Digest[:]}
	if n.Identity.Strength == leaderboard.ByName {
		kept.Donor = []byte(n.Identity.Tag)
		if n.Identity.Tag == "" {
			kept.Donor = vault.tag("donor", n.Identity.Text)
		}
	}
	if n.Body != nil {
		kept.Body = n.Body()
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("sealing a notice: %w", err)
	}
	sealed, err := vault.seal("quarantine", string(digest), text)
	if err != nil {
		return err
	}
	t.head.notice++
	err = t.insert("quarantine (id, digest, kind, reason, sealed, received_us)", 6, "ON CONFLICT (digest) DO NOTHING",
		[][]any{{t.head.notice, digest, string(n.Kind), summary(reasons), sealed, toMicros(t.store.now())}})
	if err != nil {
		return fmt.Errorf("writing to quarantine: %w", err)
	}
	return nil
}

// mostReasons bounds how many reasons are kept of a notice; a hostile one could
// have half a million.
const mostReasons = 5

func summary(reasons []string) string {
	if more := len(reasons) - mostReasons; more > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(reasons[:mostReasons], "; "), more)
	}
	return strings.Join(reasons, "; ")
}

// Quarantine lists what waits for a person's look, oldest first.
func (s *Store) Quarantine(ctx context.Context) ([]Quarantined, error) {
	var list []Quarantined
	err := readAll(ctx, s.reader, func(rows *sql.Rows) error {
		var q Quarantined
		var received int64
		err := rows.Scan(&q.ID, &q.Kind, &q.Reason, &received)
		q.Received = fromMicros(received)
		list = append(list, q)
		return err
	}, "SELECT id, kind, reason, received_us FROM quarantine ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("reading the quarantine: %w", err)
	}
	return list, nil
}

// QuarantinedBody opens a quarantined notice: its stripped body, which is personal
// data, the donor's identity where the body no longer tells it, and the digest of
// the body as it came.
func (s *Store) QuarantinedBody(ctx context.Context, id int64) (leaderboard.NoticeKind, []byte, leaderboard.Identity, [32]byte, error) {
	var kind leaderboard.NoticeKind
	var digest, sealed []byte
	var kept keptNotice
	err := s.reader.QueryRowContext(ctx, "SELECT kind, digest, sealed FROM quarantine WHERE id = $1", id).Scan(&kind, &digest, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, leaderboard.Identity{}, [32]byte{}, fmt.Errorf("quarantined notice %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return "", nil, leaderboard.Identity{}, [32]byte{}, fmt.Errorf("reading the quarantine: %w", err)
	}
	text, err := s.vault.open("quarantine", string(digest), sealed)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return "", nil, leaderboard.Identity{}, [32]byte{}, fmt.Errorf("opening quarantined notice %d: %w", id, err)
	}
	var identity leaderboard.Identity
	if len(kept.Donor) > 0 {
		identity = leaderboard.Identity{Strength: leaderboard.ByName, Tag: string(kept.Donor)}
	}
	return kind, kept.Body, identity, [32]byte(kept.Digest), nil
}

// Dismiss takes a notice out of quarantine, for good.
func (s *Store) Dismiss(ctx context.Context, id int64) error {
	return s.write(ctx, func(t *tx) error {
		gone, err := t.execCount("DELETE FROM quarantine WHERE id = $1", id)
		if err == nil && gone == 0 {
			err = fmt.Errorf("quarantined notice %d: %w", id, ErrNotFound)
		}
		return err
	})
}

// Expire removes what has waited in quarantine for longer than it may be kept,
// and tells how many notices that were. What was set aside goes after the same time.
func (s *Store) Expire(ctx context.Context) (int64, error) {
	var gone int64
	err := s.write(ctx, func(t *tx) (err error) {
		limit := toMicros(s.now().Add(-quarantineKept))
		if gone, err = t.execCount("DELETE FROM quarantine WHERE received_us < $1", limit); err != nil {
			return err
		}
		return t.exec("DELETE FROM aside WHERE received_us < $1", limit)
	})
	return gone, err
}
