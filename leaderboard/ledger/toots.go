package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// TootState is where a toot stands in the outbox.
type TootState string

// The states of a toot, in the words of the outbox.
const (
	TootHeld    TootState = "held"    // waits for a person's approval
	TootReady   TootState = "ready"   // to be posted when it is due
	TootPosted  TootState = "posted"  // done
	TootDropped TootState = "dropped" // will never be posted; Why says why
)

// Toot is a row of the outbox.
type Toot struct {
	ID    int64
	News  leaderboard.News
	State TootState
	// Post is what is posted, as the caller froze it; nil before the first attempt.
	Post json.RawMessage
	// Attempts counts how often posting began; Tried is when it last did.
	Attempts            int64
	Tried               time.Time
	Created, Due, Ended time.Time
	PostID, URL, Why    string
}

// enqueue adds toots. One whose key is there already is not added again.
func (t *tx) enqueue(drive int64, news []leaderboard.News, hold bool) error {
	state := TootReady
	if hold {
		state = TootHeld
	}
	for _, n := range news {
		text, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("writing news: %w", err)
		}
		now := toMicros(t.store.now())
		err = t.exec(`INSERT INTO toots (id, drive_id, kind, key, state, news, post, attempts, created_us, due_us, tried_us, ended_us, post_id, url, why)
			SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5, '', 0, $6, $7, 0, 0, '', '', '' FROM toots WHERE 1 = 1
			ON CONFLICT (key) DO NOTHING`, drive, string(n.Kind), n.Key(), string(state), string(text), now, now)
		if err != nil {
			return fmt.Errorf("writing into the toot outbox: %w", err)
		}
	}
	return nil
}

const tootColumns = "id, state, news, post, attempts, created_us, due_us, tried_us, ended_us, post_id, url, why"

func scanToot(row interface{ Scan(...any) error }) (Toot, error) {
	var t Toot
	var news, post string
	var created, due, tried, ended int64
	err := row.Scan(&t.ID, &t.State, &news, &post, &t.Attempts, &created, &due, &tried, &ended, &t.PostID, &t.URL, &t.Why)
	if err != nil {
		return t, err
	}
	t.Created, t.Due, t.Tried, t.Ended = fromMicros(created), fromMicros(due), fromMicros(tried), fromMicros(ended)
	if post != "" {
		t.Post = json.RawMessage(post)
	}
	if err := json.Unmarshal([]byte(news), &t.News); err != nil {
		return t, fmt.Errorf("reading the news of toot %d: %w", t.ID, err)
	}
	return t, nil
}

// NextToot gives the first toot that is to be posted by now, in the order in which
// they were written, and whether there is one.
func (s *Store) NextToot(ctx context.Context, now time.Time) (Toot, bool, error) {
	toot, err := scanToot(s.reader.QueryRowContext(ctx,
		"SELECT "+tootColumns+" FROM toots WHERE state = 'ready' AND due_us <= $1 ORDER BY id LIMIT 1", toMicros(now)))
	if errors.Is(err, sql.ErrNoRows) {
		return toot, false, nil
	}
	if err != nil {
		return toot, false, fmt.Errorf("reading the toot outbox: %w", err)
	}
	return toot, true, nil
}

// Toots are some of the outbox. What is zero means any.
type Toots struct {
	Drive int64
	State TootState
	// After is a number above which theirs are.
	After int64
}

// Toots gives the latest of those, newest first.
func (s *Store) Toots(ctx context.Context, of Toots, limit int) ([]Toot, error) {
	var toots []Toot
	err := readAll(ctx, s.reader, func(rows *sql.Rows) error {
		toot, err := scanToot(rows)
		toots = append(toots, toot)
		return err
	}, "SELECT "+tootColumns+` FROM toots WHERE ($1 = 0 OR drive_id = $2) AND ($3 = '' OR state = $4) AND id > $5
		ORDER BY id DESC LIMIT $6`, of.Drive, of.Drive, string(of.State), string(of.State), of.After, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the toot outbox: %w", err)
	}
	return toots, nil
}

// TryToot notes that posting begins, before anything is sent: from now on it is open
// whether it was done. At the first attempt, and in the same statement, what is posted
// is kept; later ones leave it as it is.
func (s *Store) TryToot(ctx context.Context, id int64, at time.Time, post json.RawMessage) error {
	return s.changeToot(ctx, id, "post = CASE WHEN attempts = 0 THEN $1 ELSE post END, attempts = attempts + 1, tried_us = $2",
		string(post), toMicros(at))
}

// PostedToot notes that it was posted, and keeps of what was posted what is given here:
// a picture is of no use any more.
func (s *Store) PostedToot(ctx context.Context, id int64, postID, url string, kept json.RawMessage) error {
	return s.changeToot(ctx, id, "state = 'posted', ended_us = $1, post_id = $2, url = $3, post = $4, why = ''",
		toMicros(s.now()), postID, url, string(kept))
}

// Toot gives one by its number, or [ErrNotFound].
func (s *Store) Toot(ctx context.Context, id int64) (Toot, error) {
	toot, err := scanToot(s.reader.QueryRowContext(ctx, "SELECT "+tootColumns+" FROM toots WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return toot, fmt.Errorf("toot %d: %w", id, err)
	}
	return toot, nil
}

// DelayToot puts it off until then.
func (s *Store) DelayToot(ctx context.Context, id int64, until time.Time, why string) error {
	return s.changeToot(ctx, id, "due_us = $1, why = $2", toMicros(until), why)
}

// DropToot gives it up.
func (s *Store) DropToot(ctx context.Context, id int64, why string) error {
	return s.changeToot(ctx, id, "state = 'dropped', ended_us = $1, why = $2", toMicros(s.now()), why)
}

// ApproveToot lets a held toot be posted. Its time begins now: what waited for a person
// is not too old for that. One that is not held is [ErrNotFound].
func (s *Store) ApproveToot(ctx context.Context, id int64) error {
	now := toMicros(s.now())
	return s.changeTootOf(ctx, id, "'held'", "state = 'ready', due_us = $1, created_us = $2", now, now)
}

// WithdrawToot gives up a toot that a person does not want, if nobody has begun to post
// it: one that may be on the server already is [ErrTried], and one that has ended, or
// does not exist, [ErrNotFound].
func (s *Store) WithdrawToot(ctx context.Context, id int64, why string) error {
	return s.write(ctx, func(t *tx) error {
		var attempts int64
		err := t.sql.QueryRowContext(t.ctx, "SELECT attempts FROM toots WHERE id = $1 AND state IN ('held', 'ready')", id).Scan(&attempts)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("toot %d, waiting: %w", id, ErrNotFound)
		case err != nil:
			return fmt.Errorf("reading toot %d: %w", id, err)
		case attempts > 0:
			return fmt.Errorf("toot %d: %w", id, ErrTried)
		}
		return t.exec("UPDATE toots SET state = 'dropped', ended_us = $1, why = $2 WHERE id = $3", toMicros(t.store.now()), why, id)
	})
}

// ErrTried says that a toot may be on the server already.
var ErrTried = errors.New("it has been sent, and may have been posted")

// changeToot changes a toot that has not ended, or returns [ErrNotFound].
func (s *Store) changeToot(ctx context.Context, id int64, set string, args ...any) error {
	return s.changeTootOf(ctx, id, "'held', 'ready'", set, args...)
}

func (s *Store) changeTootOf(ctx context.Context, id int64, states, set string, args ...any) error {
	return s.write(ctx, func(t *tx) error {
		query := fmt.Sprintf("UPDATE toots SET %s WHERE id = $%d AND state IN (%s)", set, len(args)+1, states)
		changed, err := t.execCount(query, append(args, id)...)
		if err != nil {
			return fmt.Errorf("changing toot %d: %w", id, err)
		}
		if changed == 0 {
			return fmt.Errorf("toot %d, waiting: %w", id, ErrNotFound)
		}
		return nil
	})
}

// Outbox is how the toot outbox stands.
type Outbox struct {
	Held, Ready, Posted, Dropped int64
	// LastPosted is when the last toot was posted, and OldestReady since when the first
	// one waits for that; the zero time if there is none.
	LastPosted, OldestReady time.Time
}

// Outbox counts the toots: of one drive, or of all (0).
func (s *Store) Outbox(ctx context.Context, drive int64) (Outbox, error) {
	return readOutbox(ctx, s.reader, drive)
}

// Outbox counts the toots of all drives.
func (i *Inspection) Outbox(ctx context.Context) (Outbox, error) { return readOutbox(ctx, i.db, 0) }

func readOutbox(ctx context.Context, from reader, drive int64) (Outbox, error) {
	var o Outbox
	err := readAll(ctx, from, func(rows *sql.Rows) error {
		var state TootState
		var n, last, oldest int64
		if err := rows.Scan(&state, &n, &last, &oldest); err != nil {
			return err
		}
		switch state {
		case TootHeld:
			o.Held = n
		case TootReady:
			o.Ready, o.OldestReady = n, fromMicros(oldest)
		case TootPosted:
			o.Posted, o.LastPosted = n, fromMicros(last)
		case TootDropped:
			o.Dropped = n
		}
		return nil
	}, "SELECT state, COUNT(*), MAX(ended_us), MIN(created_us) FROM toots WHERE $1 = 0 OR drive_id = $2 GROUP BY state", drive, drive)
	if err != nil {
		return o, fmt.Errorf("counting the toots: %w", err)
	}
	return o, nil
}

// TurnOf counts the toots of the same drive and kind that were posted before this one.
func (s *Store) TurnOf(ctx context.Context, toot int64, n leaderboard.News) (int, error) {
	var turn int
	err := s.reader.QueryRowContext(ctx,
		`SELECT COUNT(*) FROM toots WHERE id < $1 AND drive_id = $2 AND kind = $3 AND state = 'posted'`,
		toot, n.Drive, string(n.Kind)).Scan(&turn)
	if err != nil {
		return 0, fmt.Errorf("counting the toots of a kind: %w", err)
	}
	return turn, nil
}

// Lease takes or prolongs what only one of several servers may do at a time, until
// then, and reports whether the holder has it. It is free once its time is over.
func (s *Store) Lease(ctx context.Context, name, holder string, until time.Time) (bool, error) {
	var has bool
	err := s.write(ctx, func(t *tx) error {
		changed, err := t.execCount(`INSERT INTO leases (name, holder, until_us) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us
			WHERE leases.holder = excluded.holder OR leases.until_us <= $4`, name, holder, toMicros(until), toMicros(s.now()))
		has = changed > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("taking the lease of %s: %w", name, err)
	}
	return has, nil
}
