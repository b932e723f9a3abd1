// Package preview draws the pictures that link previews show: what a toot with a
// link to a board looks like before anybody has opened it.
//
// A picture is 1200 by 630 pixels, and is mostly seen a third of that size: it has
// few words, and large ones.
package preview

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"sync"
	"time"

	"fedirally/leaderboard"
)

const (
	width  = 1200
	height = 630
	margin = 64
)

// Painter draws pictures. It may be used by many goroutines.
type Painter struct {
	fonts    fonts
	canvases sync.Pool
}

// New reads the fonts.
func New() (*Painter, error) {
	fonts, err := readFonts()
	if err != nil {
		return nil, err
	}
	return &Painter{fonts: fonts, canvases: sync.Pool{New: func() any { return image.NewRGBA(image.Rect(0, 0, width, height)) }}}, nil
}

// Drive draws where a drive stands, from its all-time board by amount, as a PNG.
// The clock tells only whether the drive is upcoming, live or closed.
func (p *Painter) Drive(board leaderboard.Board, now time.Time) ([]byte, error) {
	return p.paint(func(c *canvas) {
		state := board.Drive.State(now)
		c.ground(board.Drive, state)
		c.title(board.Drive)
		if state == leaderboard.Upcoming {
			goal := "Goal " + board.Drive.Goal.String()
			c.text(goal, margin, 400, c.fit(c.bold, 116, 60, goal, width-2*margin), cream)
			return
		}
		c.sum(board, margin, 322)
		c.thermometer(board, margin, 350, width-2*margin, 26)
		c.podium(board)
	})
}

// Instance draws where an instance stands in a drive, as a PNG. Of a host that is
// not on the board it shows no figure at all, so that nothing can be read off it.
func (p *Painter) Instance(board leaderboard.Board, host leaderboard.Host, now time.Time) ([]byte, error) {
	return p.paint(func(c *canvas) {
		state := board.Drive.State(now)
		c.ground(board.Drive, state)
		c.line(c.plain(board.Drive.Title, board.Drive.Slug), 156, 36, 30, width-2*margin, c.regular, soft)
		c.line(c.hostName(host), 240, 80, 34, width-2*margin, c.bold, cream)
		i := place(board, host)
		if i < 0 {
			c.text("Race for it!", margin, 390, c.face(c.bold, 100), orange)
			c.block(appears(board.Drive), margin, 484, 2, 42, 32, c.regular, cream)
			return
		}
		c.standing(board, i)
		c.ladder(board, i)
	})
}

func (p *Painter) paint(show func(*canvas)) ([]byte, error) {
	img, ok := p.canvases.Get().(*image.RGBA)
	if !ok {
		return nil, errors.New("a canvas is missing")
	}
	defer p.canvases.Put(img)
	c := &canvas{img: img, fonts: p.fonts}
	show(c)
	if c.err != nil {
		return nil, fmt.Errorf("drawing a preview: %w", c.err)
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := encoder.Encode(&out, paletted(img)); err != nil {
		return nil, fmt.Errorf("encoding a preview: %w", err)
	}
	return out.Bytes(), nil
}

// paletted brings the picture down to its own colours and their blends, which
// makes the file a third as long.
func paletted(img *image.RGBA) *image.Paletted {
	out := image.NewPaletted(img.Bounds(), blends())
	// Neighbours are mostly of one colour, and looking one up is what takes time.
	known := map[uint32]uint8{}
	for y := range height {
		row := img.Pix[y*img.Stride : y*img.Stride+4*width]
		for x := range width {
			key := uint32(row[4*x])<<16 | uint32(row[4*x+1])<<8 | uint32(row[4*x+2])
			index, found := known[key]
			if !found {
				index = uint8(out.Palette.Index(img.RGBAAt(x, y))) //nolint:gosec // a palette has 256 colours
				known[key] = index
			}
			out.Pix[y*out.Stride+x] = index
		}
	}
	return out
}
