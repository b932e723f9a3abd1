package directory

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// flag is a picture of three stripes: red, green in the middle, blue.
func flag(w, h int) image.Image {
	picture := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}})
	for x := range w {
		for y := range h {
			picture.SetColorIndex(x, y, uint8(3*x/w))
		}
	}
	return picture
}

func pngOf(t testing.TB, picture image.Image) []byte {
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, picture))
	return out.Bytes()
}

// claims is a PNG that says it has another size than it has.
func claims(t testing.TB, w, h uint32) []byte {
	file := pngOf(t, flag(3, 3))
	binary.BigEndian.PutUint32(file[16:], w)
	binary.BigEndian.PutUint32(file[20:], h)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

// webpDot is a lossless WebP of a single pixel.
const webpDot = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

func TestRedraw(t *testing.T) {
	t.Parallel()
	var asJPEG, asGIF bytes.Buffer
	require.NoError(t, jpeg.Encode(&asJPEG, flag(300, 100), nil))
	require.NoError(t, gif.Encode(&asGIF, flag(300, 100), nil))
	for name, theirs := range map[string][]byte{"png": pngOf(t, flag(300, 100)), "jpeg": asJPEG.Bytes(), "gif": asGIF.Bytes()} {
		ours, err := redraw(theirs)
		require.NoError(t, err, name)
		picture, err := png.Decode(bytes.NewReader(ours))
		require.NoError(t, err, name)
		assert.Equal(t, image.Rect(0, 0, 96, 96), picture.Bounds(), name)
		for _, at := range []image.Point{{3, 3}, {48, 48}, {92, 92}} {
			r, g, b, a := picture.At(at.X, at.Y).RGBA()
			assert.True(t, g > 0xf000 && r < 0x1000 && b < 0x1000 && a == 0xffff, "%s at %s: the middle is green, not %x %x %x", name, at, r, g, b)
		}
	}
	ours, err := redraw([]byte(webpDot))
	require.NoError(t, err)
	assert.Less(t, len(ours), 1000)
}

func TestNothingOfTheirFileIsInOurs(t *testing.T) {
	t.Parallel()
	const secret = "<script>alert(1)</script>"
	theirs := append(pngOf(t, flag(9, 9)), secret...)
	ours, err := redraw(theirs)
	require.NoError(t, err)
	assert.NotContains(t, string(ours), secret)
	again, err := redraw(theirs)
	require.NoError(t, err)
	assert.Equal(t, ours, again, "the same picture has the same digest")
}

func TestPicturesThatAreNone(t *testing.T) {
	t.Parallel()
	scans := append([]byte{}, jpegOf(t, flag(100, 100))...)
	end := bytes.LastIndex(scans, []byte{0xff, 0xd9})
	scans = append(scans[:end:end], bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), 1000)...)
	for name, theirs := range map[string][]byte{
		"a bomb": claims(t, 50_000, 50_000), "a wide bomb": claims(t, 1<<30, 1), "one too large": claims(t, 2049, 2048),
	} {
		_, err := redraw(theirs)
		require.ErrorIs(t, err, ErrPicture, name)
		require.ErrorContains(t, err, "pixels", "%s: it was not even begun with", name)
	}
	for name, theirs := range map[string][]byte{
		"nothing": nil, "text": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "an icon file": []byte("\x00\x00\x01\x00\x01\x00"),
		"no pixels": claims(t, 0, 10),
		"cut off":   pngOf(t, flag(300, 300))[:100],
	} {
		_, err := redraw(theirs)
		require.ErrorIs(t, err, ErrPicture, name)
	}
	_, err := redraw(scans)
	require.ErrorContains(t, err, "painted over")
}

func jpegOf(t testing.TB, picture image.Image) []byte {
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, picture, nil))
	return out.Bytes()
}

func TestIcon(t *testing.T) {
	t.Parallel()
	town := newTown(t)
	town.add("cdn.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good.png":
			_, _ = w.Write(pngOf(t, flag(200, 200)))
		case "/bomb.png":
			_, _ = w.Write(claims(t, 60_000, 60_000))
		case "/endless.png":
			_, _ = w.Write(pngOf(t, flag(200, 200)))
			_, _ = io.CopyN(w, zeros{}, mostPicture)
		case "/away.png":
			http.Redirect(w, r, "https://other.example:"+town.port+"/good.png", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	at := "https://cdn.example:" + town.port
	ours, err := town.client.Icon(t.Context(), at+"/good.png")
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(ours))
	require.NoError(t, err)
	for path, want := range map[string]error{"/bomb.png": ErrPicture, "/endless.png": ErrTooLong, "/away.png": ErrRedirect} {
		_, err = town.client.Icon(t.Context(), at+path)
		require.ErrorIs(t, err, want, path)
	}
	for _, bad := range []string{"http://cdn.example/x.png", "https://127.0.0.1/x.png", "https://[::1]/x.png", "data:image/png;base64,AA", "file:///etc/passwd", "::", ""} {
		_, err = town.client.Icon(t.Context(), bad)
		require.ErrorIs(t, err, ErrAddress, bad)
	}
	assert.False(t, town.was("other.example/good.png"))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
