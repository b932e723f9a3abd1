package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"fedirally/cmd/fedirally/bot"
	"fedirally/leaderboard/ledger"
)

type botFollowCommands struct {
	List   botFollowList   `cmd:"" default:"1" help:"List those who wait, and what the rule says of them."`
	Let    botFollowLet    `cmd:"" help:"Let accounts follow."`
	Refuse botFollowRefuse `cmd:"" help:"Refuse accounts that ask to follow."`
}

// withFollowers asks the bot's server who waits.
func (p *program) withFollowers(use func(*bot.Bot, []bot.Follower) error) error {
	s, client, err := p.botAccount()
	if err != nil {
		return err
	}
	return p.withBot(s, client, func(b *bot.Bot, _ *ledger.Store) error {
		followers, err := b.Followers(p.ctx)
		if err != nil {
			return err
		}
		return use(b, followers)
	})
}

type botFollowList struct{}

func (c *botFollowList) Run(p *program) error {
	return p.withFollowers(func(_ *bot.Bot, followers []bot.Follower) error {
		if len(followers) == 0 {
			p.say("Nobody waits.")
			return nil
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "ACCOUNT\tSINCE\tTHE RULE")
		for _, f := range followers {
			since := "-"
			if !f.Created.IsZero() {
				since = f.Created.UTC().Format("2006-01-02")
			}
			says := "lets it in"
			if !f.Let {
				says = f.Why
			}
			fmt.Fprintf(table, "@%s\t%s\t%s\n", f.Acct, since, says)
		}
		return table.Flush()
	})
}

type botFollowLet struct {
	Account []string `arg:"" help:"Accounts, as the list names them."`
}

func (c *botFollowLet) Run(p *program) error {
	return p.withFollowers(func(b *bot.Bot, followers []bot.Follower) error {
		return eachFollower(c.Account, followers, func(f bot.Follower) error {
			if err := b.Client.LetFollow(p.ctx, f.Account); err != nil {
				return err
			}
			p.say("@%s may follow.", f.Acct)
			return nil
		})
	})
}

type botFollowRefuse struct {
	Account []string `arg:"" help:"Accounts, as the list names them."`
}

func (c *botFollowRefuse) Run(p *program) error {
	return p.withFollowers(func(b *bot.Bot, followers []bot.Follower) error {
		return eachFollower(c.Account, followers, func(f bot.Follower) error {
			if err := b.Client.RefuseFollow(p.ctx, f.Account); err != nil {
				return err
			}
			p.say("@%s may not follow.", f.Acct)
			return nil
		})
	})
}

func eachFollower(named []string, followers []bot.Follower, do func(bot.Follower) error) error {
	for _, name := range named {
		found := false
		for _, f := range followers {
			if strings.EqualFold(strings.TrimPrefix(name, "@"), f.Acct) {
				found = true
				if err := do(f); err != nil {
					return err
				}
			}
		}
		if !found {
			return fmt.Errorf("%s does not wait", name)
		}
	}
	return nil
}
