package preview

import (
	"golang.org/x/image/font"

	"fedirally/leaderboard"
)

// ground is what all pictures have: the evening, the flag, the state, and who
// receives the money.
func (c *canvas) ground(drive leaderboard.Drive, state leaderboard.DriveState) {
	c.fill(0, 0, width, height, night)
	c.fill(0, 0, width, 84, deep)
	c.checks(0, 84, width, 1, 12, cream, ink)
	// The pennant of the site's mark.
	c.rounded(margin, 18, 6, 52, 3, cream)
	c.shape(orange, margin+10, 20, margin+56, 38, margin+10, 56)
	c.shape(cream, margin+10, 20, margin+25, 26, margin+25, 38, margin+10, 38)
	end := c.text("Fedirally", margin+70, 54, c.face(c.bold, 36), cream)
	word, ground, letters := "LIVE", orange, ink
	switch state {
	case leaderboard.Closed:
		word, ground, letters = "CLOSED", deep, soft
	case leaderboard.Upcoming:
		word, ground, letters = "SOON", deep, teal
	case leaderboard.Live:
	}
	face := c.face(c.bold, 28)
	wide := measure(face, word)
	c.rounded(width-margin-wide-44, 20, wide+44, 46, 23, ground)
	c.text(word, width-margin-wide-22, 53, face, letters)
	small := c.face(c.regular, 26)
	forWhom := "for " + c.plain(drive.Beneficiary, drive.Slug)
	c.text(cut(small, forWhom, width-margin-wide-44-end-64), end+32, 52, small, soft)
}

// title writes the drive's name in one large line, or in two smaller ones.
func (c *canvas) title(drive leaderboard.Drive) {
	text := c.plain(drive.Title, drive.Slug)
	if face := c.face(c.bold, 64); measure(face, text) <= width-2*margin {
		c.text(text, margin, 190, face, cream)
		return
	}
	c.block(text, margin, 156, 2, 48, 38, c.bold, cream)
}

// sum writes what was raised, large, and from how many.
func (c *canvas) sum(board leaderboard.Board, x, y int) {
	from := "from " + count(board.Donors, "donor")
	small := c.face(c.regular, 38)
	raised := board.Raised.String()
	face := c.fit(c.bold, 116, 64, raised, width-2*margin-measure(small, from)-30)
	end := c.text(raised, x, y, face, cream)
	c.text(from, end+28, y, small, soft)
}

// thermometer draws how far the drive is. Beyond the goal the bar goes on to what
// was raised, and the flag stands at the goal.
func (c *canvas) thermometer(board leaderboard.Board, x, y, w, h int) {
	goal, raised := max(board.Drive.Goal, 1), max(board.Raised, 0)
	scale := max(goal, raised)
	part := func(cents leaderboard.Cents) int { return int(int64(w) * int64(cents*1000/scale) / 1000) }
	c.rounded(x, y, w, h, h/2, deep)
	if raised > 0 {
		c.rounded(x, y, max(part(raised), h), h, h/2, teal)
	}
	flag := max(x+part(goal)-16, x+2)
	c.fill(flag-2, y-8, 20, h+16, ink)
	c.checks(flag, y-6, 16, (h+12)/8, 8, cream, ink)
	face := c.face(c.bold, 30)
	percent := number(int64(raised*100/goal)) + "%"
	end := c.text(percent, x, y+h+40, face, cream)
	regular := c.face(c.regular, 30)
	c.text(" of "+goal.String(), end, y+h+40, regular, soft)
	if raised > goal {
		c.rightText("past the flag by "+(raised-goal).String(), x+w, y+h+40, face, orange)
	} else {
		c.rightText((goal-raised).String()+" to go", x+w, y+h+40, regular, soft)
	}
}

// podium names the first three, one a line.
func (c *canvas) podium(board leaderboard.Board) {
	rows := board.Rows()
	face := c.face(c.bold, 38)
	for i, row := range rows[:min(3, len(rows))] {
		c.row(row, margin, 490+i*56, width-2*margin, face, cream)
	}
}

// ladder is the board around an instance.
func (c *canvas) ladder(board leaderboard.Board, i int) {
	rows := board.Rows()
	from := max(min(i-2, len(rows)-5), 0)
	around := rows[from:min(from+5, len(rows))]
	if len(around) < 2 {
		return
	}
	const x, wide = 660, width - margin - 660
	face := c.face(c.bold, 30)
	for j, row := range around {
		letters := soft
		if from+j == i {
			letters = cream
			c.rounded(x-14, 298+j*60, wide+28, 56, 14, deep)
		}
		c.row(row, x, 336+j*60, wide, face, letters)
	}
}

// row writes rank, name and sum on one line.
func (c *canvas) row(row leaderboard.Row, x, y, wide int, face font.Face, letters colour) {
	c.medal(row.Rank, x, y-12)
	raised := row.Raised.String()
	c.rightText(raised, x+wide, y, face, letters)
	c.text(cut(face, c.hostName(row.Host), wide-66-24-measure(face, raised)), x+66, y, face, letters)
}

// medal draws a rank around a middle line.
func (c *canvas) medal(rank, x, middle int) {
	ground, letters := night, soft
	switch rank {
	case 1:
		ground, letters = gold, ink
	case 2:
		ground, letters = silver, ink
	case 3:
		ground, letters = bronze, ink
	}
	c.rounded(x, middle-24, 48, 48, 24, ground)
	text := number(int64(rank))
	face := c.fit(c.bold, 28, 16, text, 44)
	c.text(text, x+24-measure(face, text)/2, middle+10, face, letters)
}

// standing writes where an instance stands and what it takes to get further.
func (c *canvas) standing(board leaderboard.Board, i int) {
	rows := board.Rows()
	row := rows[i]
	const wide = 560
	small := c.face(c.regular, 38)
	end := c.text(ordinal(row.Rank), margin, 384, c.fit(c.bold, 128, 60, ordinal(row.Rank), 330), medalInk(row.Rank))
	c.text("of "+number(int64(len(rows))), end+22, 384, small, soft)
	c.line(row.Raised.String(), 462, 58, 40, wide, c.bold, cream)
	c.text("from "+count(row.Donors, "donor"), margin, 512, small, soft)
	c.line(prompt(rows, i), 590, 56, 34, wide, c.bold, orange)
}

func medalInk(rank int) colour {
	switch rank {
	case 1:
		return gold
	case 2:
		return silver
	case 3:
		return bronze
	}
	return cream
}
