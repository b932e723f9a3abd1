package templates

import (
	"regexp"
	"strconv"
	"time"

	"fedirally/leaderboard"
)

var mailbox = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// ordinal writes 1st, 2nd, 3rd, 4th, 11th, 21st.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return number(int64(n)) + suffix
}

// number writes 1,234.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// count writes "1 donor" and "1,234 donors".
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func donors(n int64) string { return count(n, "donor", "donors") }

// minimum is the number of people from which an instance is shown.
func minimum(drive leaderboard.Drive) int64 { return int64(max(drive.MinDonors, 1)) }

// appearsHere is the one text for every instance that is not on the board.
func appearsHere(drive leaderboard.Drive) string {
	if n := minimum(drive); n > 1 {
		return "appears here once " + number(n) + " people have given through it"
	}
	return "appears here once somebody has given through it"
}

// moment writes a time on the clocks of the drive's zone.
func moment(t time.Time, drive leaderboard.Drive) string {
	return t.In(zoneOf(drive)).Format("Mon, Jan 2, 2006, 3:04 PM MST")
}

func zoneOf(drive leaderboard.Drive) *time.Location {
	if drive.Zone == nil {
		return time.UTC
	}
	return drive.Zone
}

// machineTime writes a time for the datetime attribute.
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// lasting writes a stretch of time in its one fitting unit. The words change
// seldom, so that a page stays the same for as long as nothing happens.
func lasting(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return count(int64(d/(24*time.Hour)), "day", "days")
	case d >= 2*time.Hour:
		return count(int64(d/time.Hour), "hour", "hours")
	case d >= 2*time.Minute:
		return count(int64(d/time.Minute), "minute", "minutes")
	}
	return "less than two minutes"
}

// steps writes the time between two publications: "15 minutes", "hour".
func steps(d time.Duration) string {
	switch {
	case d == time.Hour:
		return "hour"
	case d%time.Hour == 0:
		return count(int64(d/time.Hour), "hour", "hours")
	case d == time.Minute:
		return "minute"
	}
	return count(int64(d/time.Minute), "minute", "minutes")
}

// countdown says how long the drive's present state lasts.
func countdown(drive leaderboard.Drive, now time.Time) string {
	switch drive.State(now) {
	case leaderboard.Upcoming:
		return "Starts in " + lasting(drive.Start.Sub(now))
	case leaderboard.Closed:
		return "Closed"
	case leaderboard.Live:
	}
	if drive.End.IsZero() {
		return "Open, with no end set"
	}
	return lasting(drive.End.Sub(now)) + " left"
}

// stateWord is the drive's state as a badge.
func stateWord(state leaderboard.DriveState) string {
	switch state {
	case leaderboard.Upcoming:
		return "Upcoming"
	case leaderboard.Closed:
		return "Closed"
	case leaderboard.Live:
	}
	return "Live"
}

// unit is the word behind a number of donors on small screens.
func unit(n int64) string {
	if n == 1 {
		return " donor"
	}
	return " donors"
}
