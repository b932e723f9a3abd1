package templates

import (
	"time"

	"fedirally/leaderboard"
)

// TimeWords is everything on a drive's pages that the clock alone changes. While
// it stays the same, and the figures do, a page rendered earlier still holds.
func TimeWords(drive leaderboard.Drive, now time.Time) string {
	return string(drive.State(now)) + " " + countdown(drive, now)
}
