package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // instances have pictures of all these kinds
	_ "image/jpeg" // .
	"image/png"
	"net/url"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // .
)

const (
	// mostPixels bounds a picture before it is unpacked, and mostSide each of its sides: a
	// few bytes can stand for gigabytes.
	mostPixels = 4 << 20
	mostSide   = 4096
	// mostScans bounds how often a JPEG may paint over itself; good ones do so ten times.
	mostScans = 64
)

// ErrPicture says that something is no picture that we can or want to read.
var ErrPicture = errors.New("it is no picture that can be shown here")

// Icon fetches a picture and makes of it a square PNG of 96 pixels, cut out of its middle.
// Not one byte of what was fetched is in the result.
func (c *Client) Icon(ctx context.Context, address string) ([]byte, error) {
	from, err := url.Parse(address)
	if err != nil {
		return nil, ErrAddress
	}
	got, err := c.fetch(ctx, c.http, from, "image/png, image/webp, image/jpeg, image/gif", mostPicture)
	if err != nil {
		return nil, err
	}
	return redraw(got.body)
}

// redraw makes our picture of theirs.
func redraw(theirs []byte) ([]byte, error) {
	config, kind, err := image.DecodeConfig(bytes.NewReader(theirs))
	if err != nil {
		return nil, ErrPicture
	}
	if w, h := config.Width, config.Height; w < 1 || h < 1 || w > mostSide || h > mostSide || w*h > mostPixels {
		return nil, fmt.Errorf("%w: it has %d × %d pixels", ErrPicture, w, h)
	}
	if kind == "jpeg" && bytes.Count(theirs, []byte{0xff, 0xda}) > mostScans {
		return nil, fmt.Errorf("%w: it is painted over and over", ErrPicture)
	}
	picture, _, err := image.Decode(bytes.NewReader(theirs))
	if err != nil {
		return nil, ErrPicture
	}
	ours := image.NewNRGBA(image.Rect(0, 0, iconSide, iconSide))
	draw.CatmullRom.Scale(ours, ours.Bounds(), picture, middle(picture.Bounds()), draw.Src, nil)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, ours); err != nil {
		return nil, fmt.Errorf("drawing an icon: %w", err)
	}
	return out.Bytes(), nil
}

// middle is the largest square in the middle of a picture.
func middle(of image.Rectangle) image.Rectangle {
	side := min(of.Dx(), of.Dy())
	corner := of.Min.Add(image.Pt((of.Dx()-side)/2, (of.Dy()-side)/2))
	return image.Rectangle{corner, corner.Add(image.Pt(side, side))}
}
