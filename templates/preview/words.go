package preview

import (
	"slices"
	"strconv"

	"fedirally/leaderboard"
)

// place is the index of a host's row, or -1.
func place(board leaderboard.Board, host leaderboard.Host) int {
	return slices.IndexFunc(board.Rows(), func(row leaderboard.Row) bool { return row.Host == host })
}

// prompt says what gets an instance further: "$37 takes 4th". An equal sum would
// only draw level, so it is the smallest whole sum above that.
func prompt(rows []leaderboard.Row, i int) string {
	own := rows[i]
	for j := i - 1; j >= 0; j-- {
		if gap := rows[j].Raised - own.Raised; gap > 0 {
			return ((gap/100 + 1) * 100).String() + " takes " + ordinal(rows[j].Rank)
		}
	}
	for j := i + 1; j < len(rows); j++ {
		if gap := own.Raised - rows[j].Raised; gap > 0 {
			if rows[j].Rank > own.Rank+1 {
				return "shares the lead"
			}
			return "leads by " + gap.String()
		}
	}
	if len(rows) > 1 {
		return "shares the lead"
	}
	return "leads"
}

func appears(drive leaderboard.Drive) string {
	if drive.MinDonors > 1 {
		return "It appears on the board once " + strconv.Itoa(drive.MinDonors) + " people have given through it."
	}
	return "It appears on the board once somebody has given through it."
}

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

func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func count(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return number(n) + " " + word + "s"
}
