package ledger

import (
	"context"
	"fmt"
	"log/slog"
)

// Refusing reports whether notices are refused because the database does not take
// what is written, as far as was last tried. Reading may go on all the same.
func (s *Store) Refusing() bool { return s.refusing.Load() }

// noteWriting keeps whether the database takes what is written, and says when that
// begins and ends.
func (s *Store) noteWriting(err error) {
	refusing := err != nil
	if s.damaged.Load() || s.refusing.Swap(refusing) == refusing {
		return
	}
	if refusing {
		s.logger.Error("the database takes no writes; ActBlue is asked to come again", slog.Any("error", err))
		return
	}
	s.logger.Info("the database takes writes again")
}

// Probe tries whether the database takes writes again, if it was refusing, for
// those times when no notice comes that would find it out. It changes nothing.
func (s *Store) Probe(ctx context.Context) error {
	if !s.Refusing() {
		return nil
	}
	err := s.write(ctx, func(t *tx) error { return t.exec("UPDATE head SET seq = seq WHERE id = 1") })
	s.noteWriting(err)
	if err != nil {
		return fmt.Errorf("trying to write: %w", err)
	}
	return nil
}
