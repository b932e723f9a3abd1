package fedi

import (
	"fmt"
	"slices"

	"fedirally/leaderboard"
)

// form is what words are chosen by: the kind of news, or a case of it that needs words
// of its own.
type form string

const (
	formShareGoal    form = "share-goal"    // the goal itself
	formShareStretch form = "share-stretch" // beyond the goal
	formDigestQuiet  form = "digest-quiet"  // a day with too few people to give figures of it
	formThanksOne    form = "thanks-one"    // one instance
)

// formOf is the form of news on a scene.
func formOf(news leaderboard.News, scene leaderboard.Scene) form {
	goal := int64(scene.All.Drive.Goal)
	switch {
	case news.Kind == leaderboard.NewsShare && news.Threshold == goal:
		return formShareGoal
	case news.Kind == leaderboard.NewsShare && news.Threshold > goal:
		return formShareStretch
	case news.Kind == leaderboard.NewsDigest && scene.Yesterday.Donors < int64(max(scene.All.Drive.MinDonors, 1)):
		return formDigestQuiet
	case news.Kind == leaderboard.NewsThanks && news.Host != "":
		return formThanksOne
	}
	return form(news.Kind)
}

// mostRank is the last place that is named where no place is what the news is about: to
// be told that one stands 37th is no honor.
const mostRank = 10

// valuesOf are what the placeholders stand for. What cannot be said now has no value,
// and a variant that needs it is passed over.
func valuesOf(o Occasion, link string) map[string]string {
	news, board := o.News, o.Scene.All
	drive := board.Drive
	values := map[string]string{
		"link": link, "drive": oneLine(drive.Title), "beneficiary": oneLine(drive.Beneficiary),
		"goal": drive.Goal.String(), "total": board.Raised.String(),
		"progress": board.Raised.String() + " of " + drive.Goal.String(),
		"share":    percent(int64(board.Raised), drive.Goal), "stretch": leaderboard.Stretch(drive.Goal, board.Raised).String(),
	}
	if board.Raised > drive.Goal {
		values["progress"] = board.Raised.String() + " (" + values["share"] + " of the goal)"
	}
	if board.Donors > 0 {
		values["people"] = people(board.Donors)
	}
	if left := drive.End.Sub(o.Scene.Now); !drive.End.IsZero() && left > 0 {
		values["left"] = lasting(left)
	}
	if row, listed := board.Row(news.Host); listed {
		addInstance(values, news, board, row)
	}
	switch news.Kind {
	case leaderboard.NewsShare:
		values["threshold"] = leaderboard.Cents(news.Threshold).String()
		values["part"] = part(news.Threshold, drive.Goal)
	case leaderboard.NewsAmount:
		values["threshold"] = leaderboard.Cents(news.Threshold).String()
	case leaderboard.NewsDonors:
		values["threshold"] = people(news.Threshold)
	case leaderboard.NewsDigest:
		values["day"] = dayOf(news.Period, o.Scene.Now, drive.Zone)
		if formOf(news, o.Scene) != formDigestQuiet {
			values["raised"], values["donors"] = o.Scene.Yesterday.Raised.String(), people(o.Scene.Yesterday.Donors)
		}
	case leaderboard.NewsThanks:
		values["day"] = dayOf(news.Period, o.Scene.Now, drive.Zone)
		delete(values, "raised") // of all time, which is another matter
		if rows := thanked(news, o.Scene); news.Host != "" && len(rows) == 1 {
			values["host"], values["donors"] = rows[0].Host.Display(), people(rows[0].Donors)
		}
	case leaderboard.NewsOpened, leaderboard.NewsListed, leaderboard.NewsLead, leaderboard.NewsOvertake,
		leaderboard.NewsLastDay, leaderboard.NewsLastHour, leaderboard.NewsClosed:
	}
	return values
}

// addInstance adds what can be said of a listed instance.
func addInstance(values map[string]string, news leaderboard.News, board leaderboard.Board, row leaderboard.Row) {
	values["host"], values["raised"], values["donors"] = row.Host.Display(), row.Raised.String(), people(row.Donors)
	if row.Rank <= mostRank || news.Kind == leaderboard.NewsOvertake {
		values["rank"] = ordinal(row.Rank)
	}
	rows := board.Rows()
	i := slices.IndexFunc(rows, func(other leaderboard.Row) bool { return other.Host == row.Host })
	for j := i - 1; j >= 0; j-- {
		if gap := rows[j].Raised - row.Raised; gap > 0 {
			// An equal sum only draws level, so it is the smallest whole sum above that.
			values["next"] = fmt.Sprintf("%s takes %s", (gap/100+1)*100, ordinal(rows[j].Rank))
			break
		}
	}
	if i == 0 && len(rows) > 1 && 10*(row.Raised-rows[1].Raised) <= row.Raised {
		values["second"] = rows[1].Host.Display()
	}
}

// percent is the share of the goal, rounded down: 100% is said only when it is there.
func percent(cents int64, goal leaderboard.Cents) string {
	return number(max(cents, 0)*100/int64(max(goal, 1))) + "%"
}

// part names a share of the goal.
func part(threshold int64, goal leaderboard.Cents) string {
	goal = max(goal, 1)
	switch cents := leaderboard.Cents(threshold); {
	case cents == goal:
		return "the goal"
	case cents == goal/4:
		return "a quarter of the goal"
	case cents == goal*2/4:
		return "half of the goal"
	case cents == goal*3/4:
		return "three quarters of the goal"
	case cents == 2*goal:
		return "twice the goal"
	case cents%goal == 0:
		return count(int64(cents/goal), "time", "times") + " the goal"
	}
	return percent(threshold, goal) + " of the goal"
}
