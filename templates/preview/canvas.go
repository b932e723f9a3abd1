package preview

import (
	"image"
	"image/color"
	"image/draw"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The colours of the site's head, where it is always evening.
type colour = color.RGBA

func rgb(r, g, b uint8) colour { return colour{R: r, G: g, B: b, A: 0xff} }

//nolint:gochecknoglobals // constants, which Go has none of for structs
var (
	night  = rgb(0x0e, 0x3b, 0x43)
	deep   = rgb(0x0a, 0x2c, 0x33)
	cream  = rgb(0xf4, 0xef, 0xe4)
	soft   = rgb(0xb4, 0xc6, 0xc5)
	ink    = rgb(0x16, 0x24, 0x2b)
	orange = rgb(0xff, 0x7a, 0x4d)
	gold   = rgb(0xf0, 0xb4, 0x29)
	silver = rgb(0xbc, 0xc6, 0xcc)
	bronze = rgb(0xdd, 0x9f, 0x73)
	teal   = rgb(0x4f, 0xc7, 0xbe)
)

// blends are the colours and what lies between those that touch.
func blends() color.Palette {
	var palette color.Palette
	for _, pair := range [][2]colour{
		{night, cream},
		{night, soft},
		{night, orange},
		{deep, cream},
		{deep, teal},
		{deep, soft},
		{night, gold},
		{night, deep},
		{gold, ink},
		{silver, ink},
		{bronze, ink},
		{night, silver},
		{night, bronze},
		{orange, ink},
		{cream, ink},
		{teal, ink},
	} {
		const steps = 15
		for i := range steps + 1 {
			blend := func(a, b uint8) uint8 { return uint8((int(a)*(steps-i) + int(b)*i) / steps) } //nolint:gosec // between two bytes
			palette = append(palette, rgb(blend(pair[0].R, pair[1].R), blend(pair[0].G, pair[1].G), blend(pair[0].B, pair[1].B)))
		}
	}
	return palette
}

// canvas is a picture in the making. The first error stays.
type canvas struct {
	fonts
	img *image.RGBA
	err error
}

func (c *canvas) fill(x, y, w, h int, ink color.Color) {
	draw.Draw(c.img, image.Rect(x, y, x+w, y+h), image.NewUniform(ink), image.Point{}, draw.Src)
}

// rounded fills a rectangle with round corners.
func (c *canvas) rounded(x, y, w, h, r int, ink color.Color) {
	if w <= 0 || h <= 0 {
		return
	}
	r = min(r, w/2, h/2)
	raster := vector.NewRasterizer(w, h)
	const k = 0.5522847 // how far the handles of a quarter circle reach
	right, bottom, round := float32(w), float32(h), float32(r)
	handle := round * (1 - k)
	raster.MoveTo(round, 0)
	raster.LineTo(right-round, 0)
	raster.CubeTo(right-handle, 0, right, handle, right, round)
	raster.LineTo(right, bottom-round)
	raster.CubeTo(right, bottom-handle, right-handle, bottom, right-round, bottom)
	raster.LineTo(round, bottom)
	raster.CubeTo(handle, bottom, 0, bottom-handle, 0, bottom-round)
	raster.LineTo(0, round)
	raster.CubeTo(0, handle, handle, 0, round, 0)
	raster.ClosePath()
	raster.Draw(c.img, image.Rect(x, y, x+w, y+h), image.NewUniform(ink), image.Point{})
}

// shape fills a polygon given by its corners.
func (c *canvas) shape(ink color.Color, corners ...float32) {
	raster := vector.NewRasterizer(width, height)
	raster.MoveTo(corners[0], corners[1])
	for corner := range slices.Chunk(corners[2:], 2) {
		raster.LineTo(corner[0], corner[1])
	}
	raster.ClosePath()
	raster.Draw(c.img, c.img.Bounds(), image.NewUniform(ink), image.Point{})
}

// checks is the chequered line that everybody runs for.
func (c *canvas) checks(x, y, w, rows, size int, light, dark color.Color) {
	for row := range rows {
		for i := range (w + size - 1) / size {
			ink := light
			if (i+row)%2 == 1 {
				ink = dark
			}
			c.fill(x+i*size, y+row*size, min(size, w-i*size), size, ink)
		}
	}
}

// text writes one line with its baseline at y, and gives where it ends.
func (c *canvas) text(s string, x, y int, face font.Face, ink color.Color) int {
	if face == nil {
		return x
	}
	drawer := font.Drawer{Dst: c.img, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(x, y)}
	drawer.DrawString(s)
	return drawer.Dot.X.Ceil()
}

// rightText writes one line that ends at x.
func (c *canvas) rightText(s string, x, y int, face font.Face, ink color.Color) {
	c.text(s, x-measure(face, s), y, face, ink)
}

func measure(face font.Face, s string) int {
	if face == nil {
		return 0
	}
	return font.MeasureString(face, s).Ceil()
}
