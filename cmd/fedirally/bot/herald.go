package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// Look notices what is news in each drive, and puts it into the outbox. A drive that
// cannot be told of is no obstacle for the others.
//
// While a drive has toots that could not be posted yet, or the bot's server does not
// answer, nothing more is told of it: afterwards what has happened meanwhile is one
// comparison, and so one toot, not forty.
func (b *Bot) Look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	drives, err := b.Ledger.Drives(ctx)
	if err != nil {
		return fmt.Errorf("reading the drives: %w", err)
	}
	var faults []error
	for _, drive := range drives {
		err := b.lookAt(ctx, drive)
		if err != nil && !errors.Is(err, ledger.ErrTurn) { // another server has told of it
			faults = append(faults, fmt.Errorf("drive %s: %w", drive.Slug, err))
		}
	}
	return errors.Join(faults...)
}

func (b *Bot) lookAt(ctx context.Context, drive leaderboard.Drive) error {
	waiting, err := b.Ledger.Outbox(ctx, drive.ID)
	if err != nil || waiting.Ready > 0 {
		return err
	}
	// What was said is read before the boards: whoever says something in between makes
	// this turn void.
	was, turn, err := b.Ledger.Said(ctx, drive.ID)
	if err != nil {
		return err
	}
	speech, err := b.speech(ctx, drive)
	if err != nil {
		return err
	}
	scene, err := b.scene(ctx, drive)
	if err != nil {
		return err
	}
	news, said := speech.Tell(was, scene)
	if same, err := sameJSON(was, said); same || err != nil {
		return err
	}
	hold := speech.Approve || b.speaker == nil
	if len(news) > 0 && !hold && !b.speaker.Ready(ctx) {
		return nil
	}
	return b.Ledger.Tell(ctx, drive.ID, turn, said, news, hold)
}

// scene reads the boards of a drive as they are.
func (b *Bot) scene(ctx context.Context, drive leaderboard.Drive) (leaderboard.Scene, error) {
	scene := leaderboard.Scene{Now: b.Clock()}
	var err error
	if scene.All, err = b.Boards.Board(ctx, drive, leaderboard.ByAmount, leaderboard.Period{}); err != nil {
		return scene, fmt.Errorf("reading the board: %w", err)
	}
	if scene.Yesterday, err = b.Boards.Board(ctx, drive, leaderboard.ByAmount, dayBefore(scene.Now, drive.Zone)); err != nil {
		return scene, fmt.Errorf("reading the board of the day before: %w", err)
	}
	return scene, nil
}

// dayBefore is the day before the one that holds t, on the clocks of a zone.
func dayBefore(t time.Time, zone *time.Location) leaderboard.Period {
	today := leaderboard.PeriodOf(leaderboard.Day, t, zone)
	return leaderboard.PeriodOf(leaderboard.Day, time.UnixMicro(today.Start-1), zone)
}

// sameJSON reports whether two values are the same as they are kept.
func sameJSON(a, b any) (bool, error) {
	before, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("comparing: %w", err)
	}
	after, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("comparing: %w", err)
	}
	return bytes.Equal(before, after), nil
}
