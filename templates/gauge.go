package templates

import (
	"strconv"

	"fedirally/leaderboard"
)

// gauge is the thermometer of a drive. Up to the goal its length is the goal;
// above, its length is what was raised, and the goal's flag moves to the left.
type gauge struct {
	Raised, Goal leaderboard.Cents
}

func gaugeOf(total leaderboard.Board) gauge {
	return gauge{Raised: max(total.Raised, 0), Goal: max(total.Drive.Goal, 1)}
}

func (g gauge) over() bool { return g.Raised > g.Goal }

// percent is the share of the goal, rounded down: 100% is said only when the
// goal is reached.
func (g gauge) percent() string { return number(int64(g.Raised*100/g.Goal)) + "%" }

// fill and flag are where the bar ends and where the goal's flag stands.
func (g gauge) fill() string {
	if g.over() {
		return "100%"
	}
	return share(g.Raised, g.Goal)
}

func (g gauge) flag() string {
	if g.over() {
		return share(g.Goal, g.Raised)
	}
	return "100%"
}

// flagShift keeps the flag, which is 16 wide, within the bar, and its middle at
// the goal where the bar goes on behind it.
func (g gauge) flagShift() string {
	if g.over() {
		return "translate(-8 0)"
	}
	return "translate(-16 0)"
}

// text is the thermometer for those who do not see it.
func (g gauge) text() string {
	switch {
	case g.over():
		return g.Raised.String() + " raised, " + g.percent() + " of the goal of " + g.Goal.String() +
			": " + (g.Raised - g.Goal).String() + " above it"
	case g.Raised == g.Goal:
		return g.Raised.String() + " raised: the goal is reached"
	}
	return g.Raised.String() + " raised, " + g.percent() + " of the goal of " + g.Goal.String() +
		": " + (g.Goal - g.Raised).String() + " to go"
}

// share writes part of whole as a length for SVG, to a tenth of a percent. It
// is a drawing, not a figure; the figures stand beside it to the cent.
func share(part, whole leaderboard.Cents) string {
	if whole <= 0 {
		return "0%"
	}
	thousandths := int64(min(max(part, 0), whole) * 1000 / whole)
	return strconv.FormatInt(thousandths/10, 10) + "." + strconv.FormatInt(thousandths%10, 10) + "%"
}
