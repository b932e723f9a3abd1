package main

import (
	"errors"
	"fmt"
	"slices"

	"fedirally/actblue"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type linksCommand struct {
	Drive string   `required:"" help:"The drive."`
	Form  string   `help:"Another form or link of the drive to build on, with parameters of your own."`
	Host  []string `arg:"" optional:"" help:"Instances; without any, those on the list at the start."`
}

func (c *linksCommand) Run(p *program) error {
	given, err := parseHosts(c.Host)
	if err != nil {
		return err
	}
	return p.withLedger(func(store *ledger.Store) error {
		drive, err := store.Drive(p.ctx, c.Drive)
		if err != nil {
			return err
		}
		chosen, err := linkHosts(p, store, given)
		if err != nil {
			return err
		}
		forms := drive.Forms
		if c.Form != "" {
			if !slices.Contains(drive.Forms, leaderboard.FormName(c.Form)) {
				return fmt.Errorf("%q is no form of the drive: gifts through it would not reach the board", c.Form)
			}
			forms = []string{c.Form}
		}
		for _, host := range chosen {
			for _, form := range forms {
				link, err := actblue.FormLink(form, host)
				if err != nil {
					return fmt.Errorf("building a link for %s: %w", host, err)
				}
				p.say("%s\t%s", host, link)
			}
		}
		return nil
	})
}

// linkHosts gives the instances to print links for: aliases by the instance
// that counts, blocked and opted-out ones never.
func linkHosts(p *program, store *ledger.Store, given []leaderboard.Host) ([]leaderboard.Host, error) {
	instances, err := store.Instances(p.ctx)
	if err != nil {
		return nil, err
	}
	registry := map[leaderboard.Host]leaderboard.Instance{}
	for _, i := range instances {
		registry[i.Host] = i
	}
	if len(given) == 0 {
		for _, i := range instances {
			if i.Entered && i.State == leaderboard.Known {
				given = append(given, i.Host)
			}
		}
		if len(given) == 0 {
			return nil, errors.New("name the instances, or put some on the list at the start with: fedirally instance enter HOST…")
		}
	}
	chosen := make([]leaderboard.Host, len(given))
	for i, host := range given {
		instance := registry[host]
		if instance.AliasOf != "" {
			host = instance.AliasOf
			instance = registry[host]
		}
		if instance.State == leaderboard.Blocked || instance.State == leaderboard.OptedOut {
			return nil, fmt.Errorf("%s is %s: no links are given out for it", host, instance.State)
		}
		chosen[i] = host
	}
	return chosen, nil
}
