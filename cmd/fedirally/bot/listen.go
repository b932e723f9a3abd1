package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const (
	// listenTick is how often it is usually asked who has mentioned the bot. With that many pages
	// each time it stays below the 300 pages in 15 minutes that Mastodon gives.
	listenTick  = 30 * time.Second
	listenPages = 8
	// listenTime bounds it, as does the pace of an attempt, and listenRest is how long a
	// server is left alone that refuses.
	listenTime = 20 * time.Second
	listenRest = 5 * time.Minute
)

// Listen reads who has mentioned the bot since it last did, and keeps in the ledger what
// is to be answered. What asks to be left alone is done at once.
func (b *Bot) Listen(ctx context.Context) error {
	now := b.Clock()
	if b.listener == nil || now.Before(b.nextListen) {
		return nil
	}
	b.nextListen = now.Add(b.ListenTick)
	ctx, cancel := context.WithTimeout(ctx, min(cmp.Or(b.Pace.Attempt, listenTime), listenTime))
	defer cancel()
	err := b.listen(ctx)
	var limited *fedi.RateLimitError
	var refusal *fedi.RefusalError
	switch {
	case errors.As(err, &limited):
		b.nextListen = limited.Reset
		return nil
	case errors.As(err, &refusal) && refusal.Status/100 == 4:
		b.nextListen = now.Add(listenRest)
	}
	return err
}

func (b *Bot) listen(ctx context.Context) error {
	account, err := b.listener.Account(ctx)
	if err != nil {
		return err
	}
	place, err := b.Ledger.Place(ctx, account)
	if err != nil {
		return err
	}
	if place == "" {
		place, err = b.begin(ctx, account)
		if place == "" || err != nil {
			return err
		}
	}
	heard, kept := 0, 0
	for range listenPages {
		page, err := b.listener.Mentions(ctx, place)
		if err != nil {
			return err
		}
		if page.Last == place {
			break
		}
		questions, err := b.questions(ctx, account, page.Mentions)
		if err != nil {
			return err
		}
		n, err := b.Ledger.Hear(ctx, account, page.Last, questions, b.Budget)
		if err != nil {
			return err
		}
		heard, kept, place = heard+len(page.Mentions), kept+n, page.Last
		if !page.More {
			break
		}
	}
	if heard > 0 {
		b.Logger.InfoContext(ctx, "the bot was mentioned", slog.Int("mentions", heard), slog.Int("to answer", kept))
	}
	return nil
}

// begin finds the place from which on mentions may be answered, and keeps it: all that
// came before is too old. It gives none if it has to go on later.
func (b *Bot) begin(ctx context.Context, account string) (string, error) {
	since := b.Clock().Add(-b.Budget.Patience)
	for range listenPages {
		place, found, err := b.listener.Begin(ctx, since)
		if err != nil {
			return "", err
		}
		if found {
			_, err := b.Ledger.Hear(ctx, account, place, nil, b.Budget)
			return place, err
		}
	}
	return "", nil
}

// questions are those of the mentions that are to be answered.
func (b *Bot) questions(ctx context.Context, account string, mentions []fedi.Mention) ([]ledger.Question, error) {
	var questions []ledger.Question
	for _, m := range mentions {
		command := m.Command()
		if command == fedi.AskNothing {
			continue
		}
		ask := fedi.Ask{Command: command, Acct: m.Asker.Acct, Host: m.Asker.Host, Status: m.Status, Visibility: m.Visibility}
		if command == fedi.AskOptOut {
			var err error
			if ask.Done, err = b.leaveOut(ctx, m.Asker); err != nil {
				return nil, err
			}
		}
		text, err := json.Marshal(ask)
		if err != nil {
			return nil, fmt.Errorf("keeping a question: %w", err)
		}
		questions = append(questions, ledger.Question{
			Mention: account + " " + m.ID, Asker: m.Asker.Full, Host: m.Asker.Host, Status: m.Status, Parent: m.Parent, At: m.At,
			Stop: command == fedi.AskStop, Asks: text,
		})
	}
	return questions, nil
}

// leaveOut opts the asker's instance out, if it is certain that the asker may. Where it
// is not, the answer says whom to ask.
func (b *Bot) leaveOut(ctx context.Context, asker fedi.Asker) (bool, error) {
	is, err := b.answersFor(ctx, asker)
	if err != nil {
		return false, err
	}
	if !is {
		b.Logger.InfoContext(ctx, "somebody wants an instance to be left out, and is told to ask the organizer")
		return false, nil
	}
	instance, err := b.instance(ctx, asker.Host)
	if err != nil {
		return false, err
	}
	if err := b.Ledger.SetInstance(ctx, instance.Host, leaderboard.OptedOut, "its contact account has asked the bot"); err != nil {
		return false, err
	}
	b.Logger.InfoContext(ctx, "an instance was left out, because its contact account asked for it", slog.String("instance", string(instance.Host)))
	return true, nil
}

// contactLife is for how long it is believed whom an instance has named as its contact.
const contactLife = 7 * 24 * time.Hour

// answersFor reports whether it is certain that the asker answers for its instance: the
// bot's own server says so of one of its accounts, or the instance itself said so when it
// was last looked at. An instance that was only found because of gifts is not told apart
// from one that nobody has named.
func (b *Bot) answersFor(ctx context.Context, asker fedi.Asker) (bool, error) {
	if asker.Host == leaderboard.Unattributed {
		return false, nil
	}
	if is, err := b.listener.IsContact(ctx, asker); is || err != nil {
		return is, err
	}
	instance, found, err := b.Ledger.Instance(ctx, asker.Host)
	if err != nil || !found || !instance.Vetted() {
		return false, err
	}
	profile, found, err := b.Ledger.Profile(ctx, asker.Host)
	if err != nil || !found || b.Clock().Sub(profile.Read) > contactLife {
		return false, err
	}
	user, _, _ := strings.Cut(asker.Full, "@")
	return strings.EqualFold(profile.Contact, user+"@"+string(asker.Host)), nil
}

// instance is what stands for a host on the boards: itself, or what it is an alias of.
func (b *Bot) instance(ctx context.Context, host leaderboard.Host) (leaderboard.Instance, error) {
	for range 2 { // aliases form no chains
		instance, found, err := b.Ledger.Instance(ctx, host)
		switch {
		case err != nil:
			return instance, err
		case !found:
			return leaderboard.Instance{Host: host, State: leaderboard.Pending}, nil
		case instance.AliasOf == "":
			return instance, nil
		}
		host = instance.AliasOf
	}
	return leaderboard.Instance{Host: host, State: leaderboard.Pending}, nil
}
