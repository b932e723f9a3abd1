package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// answers are the ledger's questions as the speaker knows them. Why something was put
// off is not kept.
type answers struct {
	store  *ledger.Store
	budget leaderboard.Budget
}

var _ fedi.Outbox = answers{}

func (a answers) Next(ctx context.Context, now time.Time) (fedi.Row, bool, error) {
	next, found, err := a.store.NextAnswer(ctx, now, a.budget)
	if err != nil || !found {
		return fedi.Row{}, false, err
	}
	row := fedi.Row{
		ID: next.ID, News: leaderboard.News{Kind: fedi.KindAnswer}, Attempts: int(next.Attempts), Tried: next.Tried, Created: next.Asked,
	}
	if len(next.Post) > 0 {
		row.Toot = new(fedi.Toot)
		if err := json.Unmarshal(next.Post, row.Toot); err != nil {
			return row, false, fmt.Errorf("reading answer %d: %w", next.ID, err)
		}
	}
	return row, true, nil
}

func (a answers) Try(ctx context.Context, id int64, at time.Time, toot fedi.Toot) error {
	text, err := json.Marshal(toot)
	if err != nil {
		return fmt.Errorf("writing answer %d: %w", id, err)
	}
	return a.store.TryAnswer(ctx, id, at, text)
}

func (a answers) Done(ctx context.Context, id int64, posted fedi.Posted) error {
	return a.store.PostedAnswer(ctx, id, posted.ID)
}

func (a answers) Later(ctx context.Context, id int64, until time.Time, _ string) error {
	return a.store.DelayAnswer(ctx, id, until)
}

func (a answers) Drop(ctx context.Context, id int64, _ string) error {
	return a.store.DropAnswer(ctx, id)
}

// answerGap is the least time between two answers.
const answerGap = 5 * time.Second

// answerPace is the pace of answers: a person waits for each, and one of which nobody
// knows whether it was posted lets the others go first at once.
func answerPace(p fedi.Pace) fedi.Pace {
	p.Gap, p.Aside = min(cmp.Or(p.Gap, answerGap), answerGap), 1
	return p
}

// writeAnswer turns a question into a toot, from the boards as they are.
func (b *Bot) writeAnswer(ctx context.Context, row fedi.Row, limits fedi.Limits) (fedi.Toot, error) {
	answer, err := b.Ledger.Answer(ctx, row.ID)
	if err != nil {
		return fedi.Toot{}, err
	}
	reply := fedi.Reply{Row: row.ID, Now: b.Clock(), Limits: limits}
	if err := json.Unmarshal(answer.Asks, &reply.Ask); err != nil {
		return fedi.Toot{}, fmt.Errorf("reading answer %d: %w", row.ID, err)
	}
	if reply.Ask.Host != leaderboard.Unattributed {
		instance, err := b.instance(ctx, reply.Ask.Host)
		if err != nil {
			return fedi.Toot{}, err
		}
		reply.Host, reply.State = instance.Host, instance.State
	}
	if reply.Drives, err = b.spoken(ctx, reply.Now); err != nil {
		return fedi.Toot{}, err
	}
	return b.writer.Answer(reply)
}

// spoken are the drives of which the bot speaks by itself: those that are on or, where
// none is, all others. It is silent where it is told to be, and where a person approves
// each toot, because nobody may read an answer but those who asked.
func (b *Bot) spoken(ctx context.Context, now time.Time) ([]fedi.Spoken, error) {
	drives, err := b.Ledger.Drives(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the drives: %w", err)
	}
	var on, others []fedi.Spoken
	for _, drive := range drives {
		speech, err := b.speech(ctx, drive)
		switch {
		case err != nil:
			return nil, err
		case speech.Silent || speech.Approve:
		case drive.State(now) == leaderboard.Live:
			on = append(on, fedi.Spoken{Board: leaderboard.Board{Drive: drive}, Speech: speech})
		default:
			others = append(others, fedi.Spoken{Board: leaderboard.Board{Drive: drive}, Speech: speech})
		}
	}
	if len(on) == 0 {
		on = others
	}
	for i := range on {
		if on[i].Board, err = b.Boards.Board(ctx, on[i].Board.Drive, leaderboard.ByAmount, leaderboard.Period{}); err != nil {
			return nil, fmt.Errorf("reading the board: %w", err)
		}
	}
	return on, nil
}
