package leaderboard

// Stretch is the next sum to run for when that much has been raised: the goal, and
// beyond it steps of a quarter of the goal up to twice, of half up to five times, then
// of whole goals.
func Stretch(goal, raised Cents) Cents {
	goal, raised = max(goal, 1), max(raised, 0)
	if raised < goal {
		return goal
	}
	step := goal
	switch {
	case raised < 2*goal:
		step = goal / 4
	case raised < 5*goal:
		step = goal / 2
	}
	// Cents are not cut in four: a goal of a few cents has a step of one.
	step = max(step, 1)
	return goal + ((raised-goal)/step+1)*step
}

// passedShare is the greatest sum that is news for a drive and has been raised: a
// quarter of the goal, a half, three quarters, the goal, then each stretch. It is 0
// below the first.
func passedShare(goal, raised Cents) Cents {
	goal = max(goal, 1)
	if raised >= goal {
		step := max(goal/4, 1)
		switch {
		case raised >= 5*goal:
			step = goal
		case raised >= 2*goal:
			step = max(goal/2, 1)
		}
		return goal + (raised-goal)/step*step
	}
	for _, quarters := range []Cents{3, 2, 1} {
		if sum := goal * quarters / 4; sum > 0 && raised >= sum {
			return sum
		}
	}
	return 0
}
