package preview

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"

	"fedirally/leaderboard"
)

// fonts are the two that everything is written in.
type fonts struct{ bold, regular *opentype.Font }

func readFonts() (fonts, error) {
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return fonts{}, fmt.Errorf("reading the bold font: %w", err)
	}
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return fonts{}, fmt.Errorf("reading the regular font: %w", err)
	}
	return fonts{bold, regular}, nil
}

// face gives a font in a size. Faces are not safe to share, so each picture has
// its own.
func (c *canvas) face(f *opentype.Font, size float64) font.Face {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		c.err = err
		return nil
	}
	return face
}

// fit gives the largest size, from large down to small, in which the text is at
// most that wide; small if none is.
func (c *canvas) fit(f *opentype.Font, large, small float64, s string, wide int) font.Face {
	for size := large; size > small; size -= 4 {
		if face := c.face(f, size); measure(face, s) <= wide {
			return face
		}
	}
	return c.face(f, small)
}

// line writes one line from the margin on, smaller if it has to be, and cut if that is not enough.
func (c *canvas) line(s string, y int, large, small float64, wide int, f *opentype.Font, ink colour) {
	face := c.fit(f, large, small, s, wide)
	c.text(cut(face, s, wide), margin, y, face, ink)
}

// cut shortens a text to what fits, with an ellipsis.
func cut(face font.Face, s string, wide int) string {
	if measure(face, s) <= wide {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes)
	for low < high {
		middle := (low + high + 1) / 2
		if measure(face, strings.TrimRight(string(runes[:middle]), " ")+"…") <= wide {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return strings.TrimRight(string(runes[:low]), " ") + "…"
}

// block writes a text in up to that many lines, the first with its baseline at y.
func (c *canvas) block(s string, x, y, lines int, large, small float64, f *opentype.Font, ink colour) {
	wide := width - 2*margin
	size := large
	face := c.face(f, size)
	broken := breakLines(face, s, wide)
	for len(broken) > lines && size > small {
		size -= 4
		face = c.face(f, size)
		broken = breakLines(face, s, wide)
	}
	if len(broken) > lines {
		broken[lines-1] = strings.Join(broken[lines-1:], " ")
		broken = broken[:lines]
	}
	for i, line := range broken {
		c.text(cut(face, line, wide), x, y+i*int(size*1.2), face, ink)
	}
}

func breakLines(face font.Face, s string, wide int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && measure(face, longer) > wide {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

// hostName is the host as people read it, or as the machine does if the font
// lacks a letter of it.
func (c *canvas) hostName(host leaderboard.Host) string {
	if shown := host.Display(); c.plain(shown, "") == shown {
		return shown
	}
	return string(host)
}

// plain leaves out what the font cannot draw, and what only steers the text. If
// little is left of it, it gives the other text instead.
func (c *canvas) plain(s, otherwise string) string {
	var buffer sfnt.Buffer
	had, kept := 0, 0
	shown := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		had++
		index, err := c.bold.GlyphIndex(&buffer, r)
		if err != nil || index == 0 || !unicode.IsGraphic(r) {
			return -1
		}
		kept++
		return r
	}, s)
	if otherwise != "" && 2*kept < had || kept == 0 {
		return otherwise
	}
	return strings.Join(strings.Fields(shown), " ")
}
