package actbluetest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"golang.org/x/net/idna"

	"fedirally/leaderboard"
)

// EncodeHost gives the refcode that stands for an instance: the prefix "fedi_",
// then the host with each "-" doubled to "__" and each "." turned into "_".
// It is written out here, so that a mistake in the real codec cannot hide.
func EncodeHost(host leaderboard.Host) string {
	return "fedi_" + strings.NewReplacer("-", "__", ".", "_").Replace(string(host))
}

// coded spells our code as it comes back: mostly as it was issued.
func coded(rng *rand.Rand, host leaderboard.Host) string {
	code := EncodeHost(host)
	switch rng.IntN(10) {
	case 0:
		return strings.ToUpper(code)
	case 1:
		return titled(code, "_")
	}
	return code
}

// written spells an instance as people do.
func written(rng *rand.Rand, host leaderboard.Host) string {
	name := string(host)
	if shown, err := idna.Display.ToUnicode(name); err == nil && chance(rng, 0.7) {
		name = shown
	}
	user := fmt.Sprintf("rallyfan%d", rng.IntN(900))
	switch rng.IntN(9) {
	case 0:
		return titled(name, ".")
	case 1:
		return strings.ToUpper(string(host))
	case 2:
		return "https://" + name + "/@" + user
	case 3:
		return "https://" + name
	case 4:
		return "@" + user + "@" + name
	case 5:
		return "@" + user + "@" + titled(name, ".")
	case 6:
		return user + "@" + name
	case 7:
		return " " + name + " "
	}
	return name
}

func titled(s, separator string) string {
	parts := strings.Split(s, separator)
	for i, part := range parts {
		if part != "" && part[0] < 0x80 {
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, separator)
}

// junk are refcodes that stand for no instance.
var junk = []string{ //nolint:gochecknoglobals // a constant list; Go has no constant slices
	"", "", "", "", "email_march_ask", "20260612em3-eoq-abx-d", "fb_tvMPYAxP2Ya-c2efJ4jCUg", "sample ref code",
	"fedi_", "FEDI__", "fedi_nowhere", "v1.2", "@someone", "ref-Crane", "<b>x</b>", "'; drop table",
}

// unrelated are extra fields that say nothing of an instance. The address is a
// trap: an answer that may as well be an e-mail address names no instance unless
// its host is known to be one.
var unrelated = []Field{ //nolint:gochecknoglobals // see above
	{"T-shirt size", "XL"},
	{"How did you hear of us?", "a friend"},
	{"Anything else", "Keep going! <3 & thanks"},
	{"Best e-mail", "someone@example.net"},
	{"soluta_libero_1", "quis_quod_1"},
}

// clue makes up how an order meant for host says so, and corrects which host
// that is: an alias stands for its own, and junk for none.
func (g *generator) clue(host leaderboard.Host) Clue {
	clue := Clue{Host: host}
	if chance(g.rng, g.mix.Unrelated) {
		clue.Fields = append(clue.Fields, pick(g.rng, unrelated))
	}
	if chance(g.rng, 0.05) {
		clue.Refcode2 = pick(g.rng, []string{"toot", "fb_tvMPYAxP2Ya-c2efJ4jCUg", "sample ref code 2"})
	}
	draw := g.rng.Float64()
	below := func(share float64) bool {
		draw -= share
		return draw < 0
	}
	switch {
	case below(g.mix.Unattributed):
		clue.Refcode, clue.Host = pick(g.rng, junk), leaderboard.Unattributed
	case below(g.mix.Alias) && len(g.aliases) > 0:
		alias := pick(g.rng, g.aliases)
		clue.Refcode, clue.Host = alias, g.options.Aliases[alias]
		if chance(g.rng, 0.3) {
			clue.Refcode = strings.ToUpper(alias)
		}
	case below(g.mix.Handle):
		clue.Refcode = pick(g.rng, junk)
		clue.Fields = append(clue.Fields, g.handle(host))
	case below(g.mix.Spelled):
		clue.Refcode = written(g.rng, host)
	default:
		clue.Refcode = coded(g.rng, host)
		if chance(g.rng, 0.05) {
			// The refcode outweighs the handle of another instance.
			clue.Fields = append(clue.Fields, g.handle(pick(g.rng, g.options.Hosts)))
		}
	}
	return clue
}

func (g *generator) handle(host leaderboard.Host) Field {
	return Field{HandleLabel, fmt.Sprintf("@rallyfan%d@%s", g.rng.IntN(900), host)}
}
