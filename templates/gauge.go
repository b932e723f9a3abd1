package templates

import (
	"strconv"

	"fedirally/leaderboard"
)

// gauge is the thermometer of a drive. Up to the goal its length is the goal. When
// the goal is reached the race goes on: its length is then the next stretch, and the
// goal's flag stays where the goal is.
type gauge struct {
	Raised, Goal leaderboard.Cents
}

func gaugeOf(total leaderboard.Board) gauge {
	return gauge{Raised: max(total.Raised, 0), Goal: max(total.Drive.Goal, 1)}
}

func (g gauge) reached() bool { return g.Raised >= g.Goal }

// scale is the sum at the right end of the bar.
func (g gauge) scale() leaderboard.Cents {
	if !g.reached() {
		return g.Goal
	}
	return g.stretch()
}

// stretch is the next sum to run for beyond the goal.
func (g gauge) stretch() leaderboard.Cents { return leaderboard.Stretch(g.Goal, g.Raised) }

// percent is the share of the goal, rounded down: 100% is said only when the
// goal is reached.
func (g gauge) percent() string { return number(int64(g.Raised*100/g.Goal)) + "%" }

// fill and flag are where the bar ends and where the goal's flag stands.
func (g gauge) fill() string { return share(g.Raised, g.scale()) }

func (g gauge) flag() string { return share(g.Goal, g.scale()) }

// flagShift keeps the flag, which is 16 wide, within the bar, and its middle at
// the goal where the bar goes on behind it.
func (g gauge) flagShift() string {
	if g.reached() {
		return "translate(-8 0)"
	}
	return "translate(-16 0)"
}

// left says what is missing to the goal or the stretch.
func (g gauge) left() string {
	if g.reached() {
		return "Stretch " + g.stretch().String() + ": " + (g.stretch() - g.Raised).String() + " to go"
	}
	return (g.Goal - g.Raised).String() + " to go"
}

// step says what a small gift does for the last stretch to the goal, where that
// is much: near the end one's own step counts for more than how many have given.
func (g gauge) step() string {
	const gift = 10_00
	left := g.Goal - g.Raised
	if g.reached() || left > g.Goal/5 || left < gift || left > 100*gift {
		return ""
	}
	return "Your " + leaderboard.Cents(gift).String() + " is " + number(int64(gift*100/left)) + "% of what is left."
}

// text is the thermometer for those who do not see it.
func (g gauge) text() string {
	raised := g.Raised.String() + " raised, " + g.percent() + " of the goal of " + g.Goal.String() + ": "
	if g.reached() {
		return raised + (g.stretch() - g.Raised).String() + " to the stretch of " + g.stretch().String()
	}
	return raised + g.left()
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
