package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fedirally/leaderboard"
)

// Question is what somebody asked the bot. It is personal data: the ledger keeps it as
// keyed hashes and sealed, and it prints as nothing.
type Question struct {
	// Mention names the notification by which it came. A question is kept once.
	Mention string
	// Asker is the account, in its one spelling, and Host its instance.
	Asker string
	Host  leaderboard.Host
	// Status is the post that asks, and Parent the one that this answers, if any.
	Status, Parent string
	At             time.Time
	// Stop says that the asker wants no answer any more, but for one that says so.
	Stop bool
	// Asks is what an answer is made from.
	Asks json.RawMessage
}

// String hides the question from logs and errors.
func (q Question) String() string { return "question (hidden)" }

// GoString hides the question from %#v.
func (q Question) GoString() string { return q.String() }

// LogValue implements [slog.LogValuer].
func (q Question) LogValue() slog.Value { return slog.StringValue(q.String()) }

// Place tells up to where the mentions of one of the bot's accounts were read; empty if
// none were.
func (s *Store) Place(ctx context.Context, account string) (string, error) {
	var place string
	err := s.reader.QueryRowContext(ctx, "SELECT place FROM hearing WHERE account = $1", account).Scan(&place)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading up to where mentions were read: %w", err)
	}
	return place, nil
}

// Hear keeps questions and, in the same transaction, up to where they were read. It
// tells how many will be answered as far as is known now: left out are those that are
// known already, of accounts that have said stop, and beyond the budget. Where too many
// wait, those that would come last are given up.
func (s *Store) Hear(ctx context.Context, account, place string, questions []Question, budget leaderboard.Budget) (int, error) {
	kept := 0
	err := s.write(ctx, func(t *tx) (err error) {
		kept = 0
		if len(questions) > 0 {
			kept, err = t.hear(questions, budget)
		}
		if err != nil {
			return err
		}
		return t.exec("INSERT INTO hearing (account, place) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET place = excluded.place",
			account, place)
	})
	if err != nil {
		return 0, fmt.Errorf("keeping what the bot was asked: %w", err)
	}
	return kept, nil
}

func (t *tx) hear(questions []Question, budget leaderboard.Budget) (int, error) {
	now := t.store.now()
	if err := t.forgetAnswers(now, budget.Patience); err != nil {
		return 0, err
	}
	waiting, answered, err := readAsked(t.ctx, t.sql, now, budget)
	if err != nil {
		return 0, err
	}
	before := len(waiting)
	for _, q := range questions {
		if waiting, err = t.keepQuestion(q, waiting, answered, budget, now); err != nil {
			return 0, err
		}
	}
	order, _ := budget.Next(waiting, answered, now)
	for _, last := range order[min(budget.Waiting, len(order)):] {
		if err := t.exec("DELETE FROM answers WHERE id = $1", last.ID); err != nil {
			return 0, err
		}
	}
	return max(min(len(waiting), budget.Waiting)-before, 0), nil
}

// keepQuestion gives what waits with it, or without it.
func (t *tx) keepQuestion(
	q Question, waiting, answered []leaderboard.Asked, budget leaderboard.Budget, now time.Time,
) ([]leaderboard.Asked, error) {
	vault := t.store.vault
	asker := vault.tag("asker", q.Asker)
	var known int64
	err := t.queryRow("SELECT (SELECT COUNT(*) FROM stops WHERE asker = $1) + (SELECT COUNT(*) FROM answers WHERE mention = $2)",
		[]any{asker, vault.tag("mention", q.Mention)}, &known)
	if err != nil || known > 0 {
		return waiting, err
	}
	if q.Stop {
		if waiting, err = t.stop(asker, waiting, now); err != nil {
			return waiting, err
		}
	}
	thread, err := t.threadOf(q)
	if err != nil {
		return waiting, err
	}
	asked := leaderboard.Asked{Asker: string(asker), Host: string(vault.tag("host", string(q.Host))), Thread: string(thread), At: q.At}
	if !budget.Takes(asked, waiting, answered, now) {
		return waiting, nil
	}
	if asked.ID, err = t.nextAnswer(now); err != nil {
		return waiting, err
	}
	sealed, err := t.sealAnswer(asked.ID, keptAnswer{Asks: q.Asks})
	if err != nil {
		return waiting, err
	}
	err = t.insert("answers (id, mention, asker, host, status, thread, state, sealed, attempts, asked_us, due_us, tried_us, ended_us)", 13, "", [][]any{{
		asked.ID, vault.tag("mention", q.Mention), asker, []byte(asked.Host), vault.tag("post", q.Status), thread,
		string(TootReady), sealed, 0, toMicros(q.At), 0, 0, 0,
	}})
	return append(waiting, asked), err
}

// nextAnswer is a number that no answer has had: the time, or one more than the last.
func (t *tx) nextAnswer(now time.Time) (int64, error) {
	var last int64
	err := t.queryRow("SELECT COALESCE(MAX(id), 0) FROM answers", nil, &last)
	return max(last+1, toMicros(now)), err
}

// stop notes that an account wants no answers, and gives up those that nobody has begun
// to post.
func (t *tx) stop(asker []byte, waiting []leaderboard.Asked, now time.Time) ([]leaderboard.Asked, error) {
	err := t.exec("INSERT INTO stops (asker, at_us) VALUES ($1, $2) ON CONFLICT (asker) DO NOTHING", asker, toMicros(now))
	if err == nil {
		err = t.exec("DELETE FROM answers WHERE asker = $1 AND attempts = 0 AND state = 'ready'", asker)
	}
	left := waiting[:0:0]
	for _, other := range waiting {
		if other.Asker != string(asker) {
			left = append(left, other)
		}
	}
	return left, err
}

// threadOf is the mark of the thread that a question is in. What is known of threads
// are the bot's answers and what they answered; a post that answers none of these
// begins one, so that those who write below the same announcement share none.
func (t *tx) threadOf(q Question) ([]byte, error) {
	own := t.store.vault.tag("post", q.Status)
	if q.Parent == "" {
		return own, nil
	}
	parent := t.store.vault.tag("post", q.Parent)
	var thread []byte
	err := t.queryRow("SELECT thread FROM answers WHERE post = $1 OR status = $2 ORDER BY id LIMIT 1", []any{parent, parent}, &thread)
	if errors.Is(err, sql.ErrNoRows) {
		return own, nil
	}
	return thread, err
}

// readAsked reads what waits for its first attempt, and what has been tried of late.
func readAsked(
	ctx context.Context, from reader, now time.Time, budget leaderboard.Budget,
) (waiting, answered []leaderboard.Asked, err error) {
	err = readAll(ctx, from, func(rows *sql.Rows) error {
		var a leaderboard.Asked
		var asker, host, thread []byte
		var asked, tried int64
		if err := rows.Scan(&a.ID, &asker, &host, &thread, &asked, &tried); err != nil {
			return err
		}
		a.Asker, a.Host, a.Thread, a.At, a.Tried = string(asker), string(host), string(thread), fromMicros(asked), fromMicros(tried)
		if tried == 0 {
			waiting = append(waiting, a)
		} else {
			answered = append(answered, a)
		}
		return nil
	}, `SELECT id, asker, host, thread, asked_us, tried_us FROM answers
		WHERE (attempts = 0 AND state = 'ready' AND asked_us >= $1) OR (attempts > 0 AND tried_us > $2)`,
		toMicros(now.Add(-budget.Patience)), toMicros(now.Add(-leaderboard.BudgetWindow)))
	return waiting, answered, err
}
