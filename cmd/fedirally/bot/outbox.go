package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard/ledger"
)

// outbox is the ledger's toot outbox as the speaker knows it.
type outbox struct{ store *ledger.Store }

var _ fedi.Outbox = outbox{}

func (o outbox) Next(ctx context.Context, now time.Time) (fedi.Row, bool, error) {
	toot, found, err := o.store.NextToot(ctx, now)
	if err != nil || !found {
		return fedi.Row{}, false, err
	}
	row, err := rowOf(toot)
	return row, err == nil, err
}

func (o outbox) Try(ctx context.Context, id int64, at time.Time, toot fedi.Toot) error {
	text, err := json.Marshal(toot)
	if err != nil {
		return fmt.Errorf("writing toot %d: %w", id, err)
	}
	return o.store.TryToot(ctx, id, at, text)
}

func (o outbox) Done(ctx context.Context, id int64, posted fedi.Posted) error {
	toot, err := o.store.Toot(ctx, id)
	if err != nil {
		return err
	}
	row, err := rowOf(toot)
	if err != nil {
		return err
	}
	kept := toot.Post
	if row.Toot != nil && len(row.Toot.Picture) > 0 {
		row.Toot.Picture = nil
		if kept, err = json.Marshal(row.Toot); err != nil {
			return fmt.Errorf("writing toot %d: %w", id, err)
		}
	}
	return o.store.PostedToot(ctx, id, posted.ID, posted.URL, kept)
}

func (o outbox) Later(ctx context.Context, id int64, until time.Time, why string) error {
	return o.store.DelayToot(ctx, id, until, why)
}

func (o outbox) Drop(ctx context.Context, id int64, why string) error {
	return o.store.DropToot(ctx, id, why)
}

func rowOf(toot ledger.Toot) (fedi.Row, error) {
	row := fedi.Row{ID: toot.ID, News: toot.News, Attempts: int(toot.Attempts), Tried: toot.Tried, Created: toot.Created}
	if len(toot.Post) > 0 {
		row.Toot = new(fedi.Toot)
		if err := json.Unmarshal(toot.Post, row.Toot); err != nil {
			return row, fmt.Errorf("reading toot %d: %w", toot.ID, err)
		}
	}
	return row, nil
}
