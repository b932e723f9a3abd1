package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"fedirally/leaderboard"
)

// ErrTurn says that somebody else has said something of the drive meanwhile.
var ErrTurn = errors.New("the drive has been told of meanwhile")

// Speech gives how the bot speaks of a drive: as it was set, or the default.
func (s *Store) Speech(ctx context.Context, drive int64) (leaderboard.Speech, error) {
	speech, _, _, err := readSpeech(ctx, s.reader, drive)
	return speech, err
}

// EditSpeech changes how the bot speaks of a drive. What edit returns an error for
// is [ErrInvalid].
func (s *Store) EditSpeech(ctx context.Context, slug string, edit func(*leaderboard.Speech) error) (leaderboard.Speech, error) {
	var speech leaderboard.Speech
	err := s.write(ctx, func(t *tx) error {
		drive, err := t.registry.driveBySlug(slug)
		if err != nil {
			return err
		}
		if speech, _, _, err = readSpeech(t.ctx, t.sql, drive.ID); err != nil {
			return err
		}
		if err := edit(&speech); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err := speech.Validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		text, err := json.Marshal(speech)
		if err != nil {
			return fmt.Errorf("writing how to speak of drive %s: %w", slug, err)
		}
		return t.exec(`INSERT INTO speech (drive_id, speech, said, turn) VALUES ($1, $2, '', 0)
			ON CONFLICT (drive_id) DO UPDATE SET speech = excluded.speech`, drive.ID, string(text))
	})
	return speech, err
}

// Said gives what has been said of a drive, and the turn at which it was written.
func (s *Store) Said(ctx context.Context, drive int64) (leaderboard.Said, int64, error) {
	_, said, turn, err := readSpeech(ctx, s.reader, drive)
	return said, turn, err
}

func readSpeech(ctx context.Context, from reader, drive int64) (speech leaderboard.Speech, said leaderboard.Said, turn int64, err error) {
	speech = leaderboard.DefaultSpeech()
	var speechText, saidText string
	err = from.QueryRowContext(ctx, "SELECT speech, said, turn FROM speech WHERE drive_id = $1", drive).Scan(&speechText, &saidText, &turn)
	if errors.Is(err, sql.ErrNoRows) {
		return speech, said, 0, nil
	}
	if err != nil {
		return speech, said, 0, fmt.Errorf("reading what was said of drive %d: %w", drive, err)
	}
	if speechText != "" {
		// A setting that is newer than what was stored has its default.
		if err := json.Unmarshal([]byte(speechText), &speech); err != nil {
			return speech, said, 0, fmt.Errorf("reading how to speak of drive %d: %w", drive, err)
		}
	}
	if saidText != "" {
		if err := json.Unmarshal([]byte(saidText), &said); err != nil {
			return speech, said, 0, fmt.Errorf("reading what was said of drive %d: %w", drive, err)
		}
	}
	return speech, said, turn, nil
}

// Tell puts news into the outbox and writes, in the same transaction, what has now
// been said. It returns [ErrTurn], and has changed nothing, if that turn is over.
// News whose key is in the outbox already is left out. Held toots wait for a person.
func (s *Store) Tell(ctx context.Context, drive, turn int64, said leaderboard.Said, news []leaderboard.News, hold bool) error {
	return s.write(ctx, func(t *tx) error {
		_, _, now, err := readSpeech(t.ctx, t.sql, drive)
		if err != nil {
			return err
		}
		if now != turn {
			return ErrTurn
		}
		text, err := json.Marshal(said)
		if err != nil {
			return fmt.Errorf("writing what was said: %w", err)
		}
		err = t.exec(`INSERT INTO speech (drive_id, speech, said, turn) VALUES ($1, '', $2, $3)
			ON CONFLICT (drive_id) DO UPDATE SET said = excluded.said, turn = excluded.turn`, drive, string(text), turn+1)
		if err != nil {
			return fmt.Errorf("writing what was said: %w", err)
		}
		return t.enqueue(drive, news, hold)
	})
}

// ErrAsked says that the same toot was asked for today.
var ErrAsked = errors.New("it is in the toot outbox already")

// Request puts a toot into the outbox that a person asks for, and gives its number.
// Thanks to an instance can be asked for once a day: more is [ErrAsked].
func (s *Store) Request(ctx context.Context, n leaderboard.News, hold bool) (int64, error) {
	var id int64
	err := s.write(ctx, func(t *tx) error {
		known := int64(0)
		if err := t.sql.QueryRowContext(t.ctx, "SELECT COUNT(*) FROM toots WHERE key = $1", n.Key()).Scan(&known); err != nil {
			return fmt.Errorf("reading the toot outbox: %w", err)
		}
		if known > 0 {
			return ErrAsked
		}
		if err := t.enqueue(n.Drive, []leaderboard.News{n}, hold); err != nil {
			return err
		}
		return t.sql.QueryRowContext(t.ctx, "SELECT id FROM toots WHERE key = $1", n.Key()).Scan(&id)
	})
	return id, err
}
