package main

import (
	"encoding/json"

	"fedirally/leaderboard/ledger"
)

// sayPlan tells what a change moved, or what it would move.
func (p *program) sayPlan(plan ledger.Plan, done string, args ...any) error {
	switch {
	case !plan.Applied:
		p.say("This would move %d contributions with %s. Nothing was changed; run it again with --apply to do it.", plan.Moves, plan.Cents)
	case plan.Moves > 0:
		p.say(done+" %d contributions with %s were moved.", append(args, plan.Moves, plan.Cents)...)
	default:
		p.say(done, args...)
	}
	return nil
}

func (p *program) printJSON(document any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
