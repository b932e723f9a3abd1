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

// Answer is a question that waits for its answer. It holds personal data.
type Answer struct {
	ID int64
	// Asks is what was asked, and Post what is posted, as the caller froze it; nil before
	// the first attempt.
	Asks, Post json.RawMessage
	// Attempts counts how often posting began; Tried is when it last did.
	Attempts     int64
	Tried, Asked time.Time
}

// keptAnswer is what is sealed of an answer.
type keptAnswer struct {
	Asks json.RawMessage `json:"asks"`
	Post json.RawMessage `json:"post,omitempty"`
}

func (t *tx) sealAnswer(id int64, kept keptAnswer) ([]byte, error) {
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("sealing an answer: %w", err)
	}
	return t.store.vault.seal("answers", rowName(id), text)
}

func (s *Store) openAnswer(id int64, sealed []byte) (kept keptAnswer, err error) {
	text, err := s.vault.open("answers", rowName(id), sealed)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return kept, fmt.Errorf("opening answer %d: %w", id, err)
	}
	return kept, nil
}

// NextAnswer gives what is to be answered next, and whether there is something: first
// what was tried and is not put off beyond now, then what the budget allows.
func (s *Store) NextAnswer(ctx context.Context, now time.Time, budget leaderboard.Budget) (Answer, bool, error) {
	var id int64
	err := s.reader.QueryRowContext(ctx,
		"SELECT id FROM answers WHERE attempts > 0 AND state = 'ready' AND due_us <= $1 ORDER BY id LIMIT 1", toMicros(now)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		id, err = s.chooseAnswer(ctx, now, budget)
	}
	if err != nil {
		return Answer{}, false, fmt.Errorf("reading what the bot was asked: %w", err)
	}
	if id == 0 {
		return Answer{}, false, nil
	}
	answer, err := s.Answer(ctx, id)
	return answer, err == nil, err
}

// chooseAnswer gives the number of the question that the budget has answered first, or 0.
func (s *Store) chooseAnswer(ctx context.Context, now time.Time, budget leaderboard.Budget) (int64, error) {
	var waits int64
	err := s.reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM answers WHERE attempts = 0 AND state = 'ready'").Scan(&waits)
	if err != nil || waits == 0 {
		return 0, err
	}
	waiting, answered, err := readAsked(ctx, s.reader, now, budget)
	if err != nil {
		return 0, err
	}
	order, may := budget.Next(waiting, answered, now)
	if may == 0 {
		return 0, nil
	}
	return order[0].ID, nil
}

// Answer gives one that has not ended, or [ErrNotFound].
func (s *Store) Answer(ctx context.Context, id int64) (Answer, error) {
	answer, sealed, err := readAnswer(ctx, s.reader, id)
	if err != nil {
		return answer, err
	}
	kept, err := s.openAnswer(id, sealed)
	answer.Asks, answer.Post = kept.Asks, kept.Post
	return answer, err
}

func readAnswer(ctx context.Context, from reader, id int64) (Answer, []byte, error) {
	answer := Answer{ID: id}
	var sealed []byte
	var tried, asked int64
	err := from.QueryRowContext(ctx, "SELECT sealed, attempts, tried_us, asked_us FROM answers WHERE id = $1 AND state = 'ready'", id).
		Scan(&sealed, &answer.Attempts, &tried, &asked)
	if errors.Is(err, sql.ErrNoRows) {
		return answer, nil, fmt.Errorf("answer %d, waiting: %w", id, ErrNotFound)
	}
	if err != nil {
		return answer, nil, fmt.Errorf("reading answer %d: %w", id, err)
	}
	answer.Tried, answer.Asked = fromMicros(tried), fromMicros(asked)
	return answer, sealed, nil
}

// TryAnswer notes that posting begins, before anything is sent. At the first attempt,
// and in the same transaction, what is posted is kept; later ones leave it as it is.
func (s *Store) TryAnswer(ctx context.Context, id int64, at time.Time, post json.RawMessage) error {
	return s.write(ctx, func(t *tx) error {
		answer, sealed, err := readAnswer(t.ctx, t.sql, id)
		if err != nil {
			return err
		}
		if answer.Attempts == 0 {
			kept, err := s.openAnswer(id, sealed)
			if err != nil {
				return err
			}
			if sealed, err = t.sealAnswer(id, keptAnswer{Asks: kept.Asks, Post: post}); err != nil {
				return err
			}
		}
		return t.exec("UPDATE answers SET sealed = $1, attempts = attempts + 1, tried_us = $2 WHERE id = $3", sealed, toMicros(at), id)
	})
}

// PostedAnswer notes that it was posted, as which post, and forgets what was said to whom.
func (s *Store) PostedAnswer(ctx context.Context, id int64, post string) error {
	return s.changeAnswer(ctx, id, "state = 'posted', sealed = NULL, ended_us = $1, post = $2", toMicros(s.now()), s.vault.tag("post", post))
}

// DropAnswer gives it up, and forgets what was asked by whom.
func (s *Store) DropAnswer(ctx context.Context, id int64) error {
	return s.changeAnswer(ctx, id, "state = 'dropped', sealed = NULL, ended_us = $1", toMicros(s.now()))
}

// DelayAnswer puts it off until then.
func (s *Store) DelayAnswer(ctx context.Context, id int64, until time.Time) error {
	return s.changeAnswer(ctx, id, "due_us = $1", toMicros(until))
}

func (s *Store) changeAnswer(ctx context.Context, id int64, set string, args ...any) error {
	return s.write(ctx, func(t *tx) error {
		query := fmt.Sprintf("UPDATE answers SET %s WHERE id = $%d AND state = 'ready'", set, len(args)+1)
		changed, err := t.execCount(query, append(args, id)...)
		if err != nil {
			return fmt.Errorf("changing answer %d: %w", id, err)
		}
		if changed == 0 {
			return fmt.Errorf("answer %d, waiting: %w", id, ErrNotFound)
		}
		return nil
	})
}

// answersLife is for how long it is known that a question was answered. Twice the
// window of a budget is more than anything asks for: older mentions are not answered.
const answersLife = 2 * leaderboard.BudgetWindow

// forgetAnswers removes what nobody needs any more: the questions that have waited for
// longer than their patience, and everything after two days.
func (t *tx) forgetAnswers(now time.Time, patience time.Duration) error {
	err := t.exec("DELETE FROM answers WHERE attempts = 0 AND state = 'ready' AND asked_us < $1", toMicros(now.Add(-patience)))
	if err == nil {
		old := toMicros(now.Add(-answersLife))
		err = t.exec("DELETE FROM answers WHERE asked_us < $1 AND tried_us < $2", old, old)
	}
	if err != nil {
		return fmt.Errorf("forgetting old answers: %w", err)
	}
	return nil
}

// Talk is how the conversation stands.
type Talk struct {
	// Waiting are questions without an answer, and Answered the answers of the last day.
	Waiting  int64 `json:"waiting"`
	Answered int64 `json:"answered"`
	// Stopped are accounts that want none.
	Stopped int64 `json:"stopped"`
}

// Talk counts questions and answers.
func (s *Store) Talk(ctx context.Context) (Talk, error) {
	var talk Talk
	err := s.reader.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM answers WHERE state = 'ready'),
		(SELECT COUNT(*) FROM answers WHERE state = 'posted' AND ended_us > $1), (SELECT COUNT(*) FROM stops)`,
		toMicros(s.now().Add(-leaderboard.BudgetWindow))).Scan(&talk.Waiting, &talk.Answered, &talk.Stopped)
	if err != nil {
		return talk, fmt.Errorf("counting what the bot was asked: %w", err)
	}
	return talk, nil
}
