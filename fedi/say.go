package fedi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// say posts a row, or finds that it was posted, or gives it up, or puts it off. ctx is
// the attempt's.
func (s *Speaker) say(ctx context.Context, row Row) (Rest, bool, error) {
	old := s.now().Sub(row.Created) > Lifetime(row.News.Kind)
	if old && row.Attempts == 0 {
		return s.drop(ctx, row, "it was too old to be news before it could be posted")
	}
	account, err := s.client.Account(ctx)
	if err != nil {
		return s.miss(ctx, row, err)
	}
	if row.Attempts > 0 {
		if row.Toot == nil {
			return s.drop(ctx, row, "it has been tried, and what was sent is lost")
		}
		posted, found, err := s.client.find(ctx, account.ID, row.Toot.Link, row.Created)
		switch {
		case err != nil:
			return s.miss(ctx, row, err)
		case found:
			return s.done(ctx, row, posted, "toot found again")
		case old:
			return s.drop(ctx, row, "it was too old to be news when it could be tried again")
		}
	} else {
		toot, err := s.write(ctx, row, account.Limits)
		var unsaid *UnsaidError
		switch {
		case errors.As(err, &unsaid):
			return s.drop(ctx, row, unsaid.Why)
		case err != nil:
			return s.miss(ctx, row, fmt.Errorf("writing it: %w", err))
		case toot.Link == "" || strings.Count(toot.Text, toot.Link) != 1:
			// It could not be found again.
			return s.drop(ctx, row, "it does not have its own link in it, once")
		}
		row.Toot = &toot
	}
	if err := s.outbox.Try(ctx, row.ID, s.now(), *row.Toot); err != nil {
		return Rest{}, false, fmt.Errorf("noting that toot %d is tried: %w", row.ID, err)
	}
	row.Attempts++
	row.Tried = s.now()
	return s.attempt(ctx, row, account)
}

// attempt uploads and posts, once.
func (s *Speaker) attempt(ctx context.Context, row Row, account Account) (Rest, bool, error) {
	media, err := s.picture(ctx, row, account.Limits)
	if err != nil {
		return s.failed(ctx, row, err)
	}
	key := Key(s.ledger, row.ID)
	posted, err := s.client.post(ctx, *row.Toot, key, media...)
	if err != nil && len(media) > 0 && judge(err, false) == refused {
		// It may be the picture that is refused, and words are better than nothing.
		s.log.WarnContext(ctx, "toot refused with its picture", slog.Int64("toot", row.ID), slog.Any("error", err))
		posted, err = s.client.post(ctx, *row.Toot, key)
	}
	if err != nil {
		if row.Toot.InReplyTo != "" {
			err = wordless(err)
		}
		return s.failed(ctx, row, err)
	}
	return s.done(ctx, row, posted, "toot posted")
}

// withPicture is how many attempts insist on the picture, where its upload fails in a
// way that may pass.
const withPicture = 2

// picture uploads the row's picture, if it has one that the server takes. The toot goes
// without it rather than never: when the server refuses the picture, and after two
// attempts at which it failed otherwise. What it returns as an error ends the attempt.
func (s *Speaker) picture(ctx context.Context, row Row, limits Limits) ([]string, error) {
	if len(row.Toot.Picture) == 0 || row.Toot.Alt == "" || !limits.takes(len(row.Toot.Picture)) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.pace.Picture)
	defer cancel()
	id, err := s.client.upload(ctx, row.Toot.Picture, row.Toot.Alt, s.pace.Picture/40)
	if err == nil {
		return []string{id}, nil
	}
	passes := false
	switch judge(err, false) {
	case open, wait:
		passes = true
	case unsent:
		var refusal *RefusalError
		passes = !errors.As(err, &refusal)
	case denied:
		// 403 is a token that may post and not upload; with 401 it may do nothing.
		var refusal *RefusalError
		if errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized {
			return nil, err
		}
	case refused, orphaned:
	}
	if passes && row.Attempts <= withPicture {
		return nil, err
	}
	s.log.WarnContext(ctx, "toot goes without its picture", slog.Int64("toot", row.ID), slog.Any("error", err))
	return nil, nil
}

// failed notes what an attempt came to that did not succeed.
func (s *Speaker) failed(ctx context.Context, row Row, err error) (Rest, bool, error) {
	rest := Rest{Until: s.due(row), Why: err.Error()}
	switch judge(err, row.Toot.InReplyTo != "") {
	case refused:
		return s.drop(ctx, row, err.Error())
	case orphaned:
		return s.drop(ctx, row, "what it answers is gone: "+err.Error())
	case denied:
		if s.onlyThisOne(ctx, row, err) {
			return s.drop(ctx, row, "it may not be answered: "+err.Error())
		}
		rest = s.restFor(err)
	case wait:
		rest = s.restFor(err)
	case open, unsent:
	}
	return s.putOff(ctx, row, rest)
}

// onlyThisOne reports whether it is the post that may not be answered, as its author can
// have it, and not the account that may do nothing.
func (s *Speaker) onlyThisOne(ctx context.Context, row Row, err error) bool {
	var refusal *RefusalError
	if row.Toot.InReplyTo == "" || !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
		return false
	}
	_, err = s.client.verify(ctx)
	return err == nil
}

// miss notes that a row could not be tried. That says nothing of this row, so all wait.
func (s *Speaker) miss(ctx context.Context, row Row, err error) (Rest, bool, error) {
	return s.putOff(ctx, row, s.restFor(err))
}

// restFor is how long to wait after an error that is not about one row.
func (s *Speaker) restFor(err error) Rest {
	var limited *RateLimitError
	switch judge(err, false) {
	case wait:
		if errors.As(err, &limited) {
			return Rest{Until: limited.Reset, Why: err.Error(), held: true}
		}
	case denied:
		return Rest{Until: s.now().Add(s.pace.Pause), Why: "the bot's account may not do this: " + err.Error(), Paused: true, held: true}
	case open, unsent, refused, orphaned:
	}
	pause := s.pace.Settle / 4
	for i := 0; i < s.misses && pause < s.pace.Longest; i++ {
		pause *= 2
	}
	s.misses++
	return Rest{Until: s.now().Add(min(pause, s.pace.Longest)), Why: err.Error(), held: true}
}

// putOff writes down why, and lets the row keep its place.
func (s *Speaker) putOff(ctx context.Context, row Row, rest Rest) (Rest, bool, error) {
	s.log.WarnContext(ctx, "toot not posted", slog.Int64("toot", row.ID), slog.String("kind", string(row.News.Kind)),
		slog.Int("attempts", row.Attempts), slog.Time("again", rest.Until), slog.String("why", rest.Why))
	err := s.note(ctx, func(ctx context.Context) error { return s.outbox.Later(ctx, row.ID, s.now(), rest.Why) })
	if err != nil {
		return Rest{}, false, fmt.Errorf("putting toot %d off: %w", row.ID, err)
	}
	return rest, false, nil
}

func (s *Speaker) done(ctx context.Context, row Row, posted Posted, what string) (Rest, bool, error) {
	s.misses = 0
	err := s.note(ctx, func(ctx context.Context) error { return s.outbox.Done(ctx, row.ID, posted) })
	if err != nil {
		return Rest{}, false, fmt.Errorf("noting that toot %d is posted: %w", row.ID, err)
	}
	if row.Toot.InReplyTo != "" {
		posted.URL = "" // there it stands who is answered
	}
	s.log.InfoContext(ctx, what, slog.Int64("toot", row.ID), slog.String("kind", string(row.News.Kind)),
		slog.Int("attempts", row.Attempts), slog.String("url", posted.URL))
	return Rest{Until: s.now().Add(s.pace.Gap), held: true}, false, nil
}

func (s *Speaker) drop(ctx context.Context, row Row, why string) (Rest, bool, error) {
	err := s.note(ctx, func(ctx context.Context) error { return s.outbox.Drop(ctx, row.ID, why) })
	if err != nil {
		return Rest{}, false, fmt.Errorf("dropping toot %d: %w", row.ID, err)
	}
	s.log.WarnContext(ctx, "toot dropped", slog.Int64("toot", row.ID), slog.String("kind", string(row.News.Kind)), slog.String("why", why))
	return Rest{}, true, nil
}

// note writes down what has happened, even when the attempt's time is over or the
// program is told to end.
func (s *Speaker) note(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.pace.Margin)
	defer cancel()
	return write(ctx)
}
