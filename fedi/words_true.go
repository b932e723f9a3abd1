package fedi

import (
	"slices"
	"time"

	"fedirally/leaderboard"
)

const (
	// lastDayUntil and lastHourUntil are how long before a drive's end its last day, and
	// its last hour, are not worth telling any more.
	lastDayUntil  = 2 * time.Hour
	lastHourUntil = 5 * time.Minute
)

// stillTrue frees news of what is no longer true. What came together with it may stand
// in for what it was first about.
func stillTrue(news leaderboard.News, scene leaderboard.Scene) (leaderboard.News, error) {
	all := append([]leaderboard.News{news}, news.With...)
	var why error
	for i, one := range all {
		fault := untrue(one, scene)
		if fault == nil {
			one.With = slices.DeleteFunc(slices.Clone(all[i+1:]), func(other leaderboard.News) bool {
				return untrue(other, scene) != nil || !besides(other.Kind)
			})
			return one, nil
		}
		if why == nil {
			why = fault
		}
		if !besides(news.Kind) {
			break // without its day, or its hour, nothing is left of it
		}
	}
	return leaderboard.News{}, why
}

// besides reports whether news of a kind can be said in the breath of other news.
func besides(kind leaderboard.NewsKind) bool {
	switch kind {
	case leaderboard.NewsShare, leaderboard.NewsAmount, leaderboard.NewsDonors, leaderboard.NewsListed,
		leaderboard.NewsLead, leaderboard.NewsOvertake:
		return true
	case leaderboard.NewsOpened, leaderboard.NewsDigest, leaderboard.NewsLastDay, leaderboard.NewsLastHour,
		leaderboard.NewsClosed, leaderboard.NewsThanks:
	}
	return false
}

// untrue says why news is not to be told on that scene.
func untrue(news leaderboard.News, scene leaderboard.Scene) error {
	unsaid := func(why string) error { return &UnsaidError{Why: why} }
	drive := scene.All.Drive
	if news.Kind != leaderboard.NewsThanks && !news.Holds(scene.All) {
		return unsaid("the board no longer says so")
	}
	left := drive.End.Sub(scene.Now)
	switch news.Kind {
	case leaderboard.NewsOpened:
		if drive.State(scene.Now) != leaderboard.Live {
			return unsaid("the drive is not open")
		}
	case leaderboard.NewsLead:
		if rows := scene.All.Rows(); len(rows) > 1 && rows[1].Rank == 1 {
			return unsaid("the first place is shared now")
		}
	case leaderboard.NewsLastDay:
		if drive.End.IsZero() || left > 25*time.Hour || left < lastDayUntil {
			return unsaid("it is not the last day, or too late to say so")
		}
	case leaderboard.NewsLastHour:
		if drive.End.IsZero() || left > 65*time.Minute || left < lastHourUntil {
			return unsaid("it is not the last hour, or too late to say so")
		}
	case leaderboard.NewsClosed:
		if drive.State(scene.Now) != leaderboard.Closed {
			return unsaid("the drive is not over")
		}
	case leaderboard.NewsDigest:
		if news.Period != scene.Yesterday.Period {
			return unsaid("the day that it is about is over too long")
		}
	case leaderboard.NewsThanks:
		if len(thanked(news, scene)) == 0 {
			return unsaid("there are not enough people to be thanked as a group")
		}
	case leaderboard.NewsShare, leaderboard.NewsAmount, leaderboard.NewsDonors, leaderboard.NewsListed, leaderboard.NewsOvertake:
	}
	return nil
}

// thanked are the rows whose donors are thanked: those of a day, or of all time, of one
// instance or of all. A group is never smaller than the drive's minimum, nor a person.
func thanked(news leaderboard.News, scene leaderboard.Scene) []leaderboard.Row {
	board := scene.All
	if news.Period != (leaderboard.Period{}) {
		if news.Period != scene.Yesterday.Period {
			return nil
		}
		board = scene.Yesterday
	}
	least := int64(max(scene.All.Drive.MinDonors, 2))
	var rows []leaderboard.Row
	for _, row := range board.Rows() {
		if (news.Host == "" || news.Host == row.Host) && row.Donors >= least {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b leaderboard.Row) int { return int(b.Donors - a.Donors) })
	return rows
}
