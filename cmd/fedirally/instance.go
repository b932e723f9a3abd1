package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

type instanceCommands struct {
	Add    instanceAdd    `cmd:"" help:"Make instances known, so that they can be shown."`
	List   instanceList   `cmd:"" help:"List the registry."`
	Hide   instanceHide   `cmd:"" help:"Show instances nowhere. Their money still counts for them and the drive."`
	Block  instanceBlock  `cmd:"" help:"Hide instances and give out no links for them."`
	OptOut instanceOptOut `cmd:"" help:"As block, by the wish of the instances' own people."`
	Alias  instanceAlias  `cmd:"" help:"Let a host, or a refcode, count for an instance."`
	Enter  instanceEnter  `cmd:"" help:"Put instances on the list at the start, which says nothing about gifts."`
	Look   instanceLook   `cmd:"" help:"Ask an instance now what it says of itself, keep it, and tell it in words."`
	Active instanceActive `cmd:"" help:"Correct how many people are active on an instance."`
}

type hosts struct {
	Host []string `arg:"" help:"Domain, as in @user@domain; several are possible."`
	By   string   `default:"operator" help:"Who does this."`
}

// each reads all hosts before it does anything for the first.
func (h *hosts) each(p *program, done string, do func(*ledger.Store, leaderboard.Host) error) error {
	parsed, err := parseHosts(h.Host)
	if err != nil {
		return err
	}
	return p.withLedger(func(store *ledger.Store) error {
		for _, host := range parsed {
			if err := do(store, host); err != nil {
				return err
			}
			p.say("%s %s", host, done)
		}
		return nil
	})
}

func parseHosts(given []string) ([]leaderboard.Host, error) {
	parsed := make([]leaderboard.Host, len(given))
	for i, text := range given {
		host, err := leaderboard.FindHost(text)
		if err != nil {
			return nil, fmt.Errorf("%q is %w", text, err)
		}
		parsed[i] = host
	}
	return parsed, nil
}

func (h *hosts) setState(p *program, state leaderboard.InstanceState) error {
	return h.each(p, "is "+string(state)+".", func(store *ledger.Store, host leaderboard.Host) error {
		return store.SetInstance(p.ctx, host, state, "by "+h.By)
	})
}

type instanceAdd struct {
	hosts
	Again bool `help:"Also show again what was hidden, blocked or opted out."`
}

func (c *instanceAdd) Run(p *program) error {
	return c.each(p, "is known.", func(store *ledger.Store, host leaderboard.Host) error {
		instance, found, err := store.Instance(p.ctx, host)
		if err != nil {
			return err
		}
		if found && !c.Again && instance.State != leaderboard.Known && instance.State != leaderboard.Pending {
			return fmt.Errorf("%s is %s; use --again to show it all the same", host, instance.State)
		}
		return store.SetInstance(p.ctx, host, leaderboard.Known, "by "+c.By)
	})
}

type instanceHide struct{ hosts }

func (c *instanceHide) Run(p *program) error { return c.setState(p, leaderboard.Hidden) }

type instanceBlock struct{ hosts }

func (c *instanceBlock) Run(p *program) error { return c.setState(p, leaderboard.Blocked) }

type instanceOptOut struct{ hosts }

func (c *instanceOptOut) Run(p *program) error { return c.setState(p, leaderboard.OptedOut) }

type instanceEnter struct{ hosts }

func (c *instanceEnter) Run(p *program) error {
	return c.each(p, "is on the list at the start.", func(store *ledger.Store, host leaderboard.Host) error {
		return store.EnterInstance(p.ctx, host, "by "+c.By)
	})
}

type instanceAlias struct {
	From  string `arg:"" help:"A host, or a refcode that is not one of ours."`
	To    string `arg:"" help:"The instance that counts instead."`
	Apply bool   `help:"Also move the gifts that are there already."`
	By    string `default:"operator" help:"Who does this; it stands in the entries."`
}

func (c *instanceAlias) Run(p *program) error {
	target, err := leaderboard.FindHost(c.To)
	if err != nil {
		return fmt.Errorf("%q is %w", c.To, err)
	}
	return p.withLedger(func(store *ledger.Store) error {
		var plan ledger.Plan
		if host, notHost := leaderboard.FindHost(c.From); notHost == nil {
			plan, err = store.AliasHost(p.ctx, host, target, ledger.Author(c.By), c.Apply)
		} else {
			plan, err = store.AliasCode(p.ctx, c.From, target, ledger.Author(c.By), c.Apply)
		}
		if err != nil {
			return err
		}
		return p.sayPlan(plan, "%s counts for %s.", c.From, target)
	})
}

type instanceList struct {
	State string `help:"Only those in this state: known, pending, hidden, blocked, opted-out."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// instanceDocument is an instance as commands print it.
type instanceDocument struct {
	Host    string `json:"host"`
	State   string `json:"state"`
	AliasOf string `json:"alias_of,omitempty"`
	Entered bool   `json:"entered"`
	Source  string `json:"source"`
}

func (c *instanceList) Run(p *program) error {
	if c.State != "" {
		if _, err := leaderboard.ParseInstanceState(c.State); err != nil {
			return err
		}
	}
	return p.withLedger(func(store *ledger.Store) error {
		instances, err := store.Instances(p.ctx)
		if err != nil {
			return err
		}
		documents := []instanceDocument{}
		for _, i := range instances {
			if c.State == "" || c.State == string(i.State) {
				documents = append(documents, instanceDocument{string(i.Host), string(i.State), string(i.AliasOf), i.Entered, i.Source})
			}
		}
		if c.JSON {
			return p.printJSON(map[string]any{"instances": documents})
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "HOST\tSTATE\tALIAS OF\tENTERED\tSOURCE")
		for _, i := range documents {
			entered := "-"
			if i.Entered {
				entered = "yes"
			}
			fmt.Fprintln(table, strings.Join([]string{i.Host, i.State, orDash(i.AliasOf), entered, i.Source}, "\t"))
		}
		return table.Flush()
	})
}
