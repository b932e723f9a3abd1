package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// Painter draws the pictures of link previews: PNG, 1200 by 630. What it draws
// of a host that is not on the board must not depend on any figure.
type Painter interface {
	Drive(board leaderboard.Board, now time.Time) ([]byte, error)
	Instance(board leaderboard.Board, host leaderboard.Host, now time.Time) ([]byte, error)
}

const (
	pngType = "image/png"
	// forGood is for what stands under an address that names its content.
	forGood = "public, max-age=31536000, immutable"
)

// A picture stands under an address that names the state that it shows, so that
// whoever has fetched it never asks again, and a new state is a new picture: the
// servers that show previews keep pictures by their address.

func (s *Server) drivePicture(total *snapshot, now time.Time) string {
	if s.painter == nil {
		return ""
	}
	return templates.DrivePath(total.board.Drive) + "/preview/" + pictureState(total, "", now) + ".png"
}

// instancePicture is the instance's own picture if the instance is on the board, or
// widely known. There are other hosts without number, and drawing takes time: they
// have none.
func (s *Server) instancePicture(snap *snapshot, host leaderboard.Host, now time.Time) string {
	_, listed := snap.board.Row(host)
	if s.painter == nil || !listed && !s.isKnown(host) {
		return ""
	}
	return templates.InstancePath(snap.board.Drive, host) + "/preview/" + pictureState(snap, host, now) + ".png"
}

// pictureState names all that a picture depends on. The drive's own version is not
// among it: it counts what nobody may see, and a digest of a small number is no
// secret. Of a host that is not on the board that is no figure at all, not even the
// drive's, which every gift moves.
func pictureState(snap *snapshot, host leaderboard.Host, now time.Time) string {
	board, drive := snap.board, snap.board.Drive
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %q %q %q %d %d %s %s\n",
		drive.ID, drive.Slug, drive.Title, drive.Beneficiary, drive.Goal, drive.MinDonors, drive.State(now), host)
	rows := board.Rows()
	own := slices.IndexFunc(rows, func(row leaderboard.Row) bool { return row.Host == host })
	if own >= 0 || host == "" {
		fmt.Fprintln(hash, board.Version, board.Raised, board.Donors, len(rows))
		fmt.Fprintln(hash, rows[:min(5, len(rows))], rows[max(own-5, 0):min(own+6, len(rows))])
	}
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:12])
}

func (s *Server) drivePreview(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	snap, err := s.boards.board(r.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil {
		return document{}, err
	}
	now := s.clock()
	return s.picture(r, s.drivePicture(snap, now), &snap.picture, func() ([]byte, error) {
		return s.painter.Drive(snap.board, now)
	})
}

func (s *Server) instancePreview(r *http.Request) (document, error) {
	_, host, snap, err := s.hostOnBoard(r)
	if err != nil {
		return document{}, err
	}
	now := s.clock()
	path := s.instancePicture(snap, host, now)
	if path == "" {
		return document{}, errNoPicture
	}
	return s.picture(r, path, &snap.of(host).picture, func() ([]byte, error) {
		return s.painter.Instance(snap.board, host, now)
	})
}

// picture serves the present picture, drawn once. The address of an earlier one
// leads to it: a preview that is late shows what is, not what was.
func (s *Server) picture(r *http.Request, path string, kept *rendering, draw func() ([]byte, error)) (document, error) {
	switch {
	case s.painter == nil || !strings.HasSuffix(r.URL.Path, ".png"):
		return document{}, errNoPicture
	case r.URL.EscapedPath() != path:
		return redirect(http.StatusFound, path), nil
	}
	return kept.get(path, func() (document, error) {
		s.drawing.Lock() // one at a time: drawing is the dearest thing that a visitor can ask for
		defer s.drawing.Unlock()
		return s.timed(Picture, func() (document, error) {
			png, err := draw()
			if err != nil {
				return document{}, fmt.Errorf("drawing a preview: %w", err)
			}
			doc := newDocument(http.StatusOK, pngType, png)
			doc.cache = forGood
			return doc, nil
		})()
	})
}
