package bot

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

const (
	// followTick is how often it is looked who wants to follow.
	followTick = 5 * time.Minute
	// followTime bounds a look, and mostLet how many are let in at each.
	followTime = 30 * time.Second
	mostLet    = 40
)

// Follower is somebody who asks to follow the bot, and what the rule says of them.
type Follower struct {
	fedi.FollowRequest

	// Let says that the rule lets them in; Why says why it does not.
	Let bool
	Why string
}

// Followers gives those who ask to follow the account.
func (b *Bot) Followers(ctx context.Context) ([]Follower, error) {
	requests, err := b.Client.FollowRequests(ctx)
	if err != nil || len(requests) == 0 {
		return nil, err
	}
	instances, err := b.Ledger.Instances(ctx)
	if err != nil {
		return nil, err
	}
	refused := map[leaderboard.Host]bool{}
	for _, instance := range instances {
		refused[instance.Host] = instance.State == leaderboard.Blocked || instance.State == leaderboard.OptedOut
	}
	rule := fedi.FollowRule{Age: b.LetFollowAfter, Now: b.Clock(), Refused: func(host leaderboard.Host) bool {
		// What is blocked is so with all that lies below it.
		for name := string(host); name != ""; _, name, _ = strings.Cut(name, ".") {
			if refused[leaderboard.Host(name)] {
				return true
			}
		}
		return false
	}}
	followers := make([]Follower, len(requests))
	for i, request := range requests {
		let, why := rule.Judge(request)
		followers[i] = Follower{request, let, why}
	}
	return followers, nil
}

// welcome lets those follow whom the rule lets in. All others wait for a person.
func (b *Bot) welcome(ctx context.Context) error {
	now := b.Clock()
	if b.LetFollowAfter < 0 || b.Client == nil || now.Before(b.nextFollows) {
		return nil
	}
	b.nextFollows = now.Add(followTick)
	ctx, cancel := context.WithTimeout(ctx, followTime)
	defer cancel()
	account, err := b.Client.Account(ctx)
	if err != nil || !account.Locked {
		return err // nobody has to ask whoever is not locked
	}
	followers, err := b.Followers(ctx)
	if err != nil {
		return err
	}
	let := 0
	for _, follower := range followers {
		if !follower.Let || let == mostLet {
			continue
		}
		if err := b.Client.LetFollow(ctx, follower.Account); err != nil {
			return err
		}
		let++
	}
	if let > 0 {
		b.Logger.InfoContext(ctx, "accounts may follow the bot now", slog.Int("let_in", let), slog.Int("asked", len(followers)))
	}
	return nil
}
