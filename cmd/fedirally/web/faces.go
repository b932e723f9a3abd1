package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// Directory is what is known of instances besides money.
type Directory interface {
	// Profiles are those of all instances that may be shown, without their pictures.
	Profiles(ctx context.Context) ([]leaderboard.Profile, error)
	// Icon gives a picture by its digest, and whether there is such a one.
	Icon(ctx context.Context, digest string) ([]byte, bool, error)
}

// faces is what was last read of the directory. While nothing in it has changed it is the
// same.
type faces struct {
	profiles []leaderboard.Profile
	byHost   templates.Faces
	byDigest map[string][]leaderboard.Host
}

// directory holds what visitors see of instances.
type directory struct {
	from Directory
	log  *slog.Logger
	memo *memo[*faces]

	mu    sync.Mutex
	icons map[string]document
}

// maxIcons bounds how many pictures are held. When there are more they are all dropped.
const maxIcons = 500

func newDirectory(c Config) *directory {
	d := &directory{from: c.Directory, log: c.Logger, icons: map[string]document{}}
	d.memo = newMemo(c.Clock, d.read)
	// Of nothing in it anybody would mind that it is of a minute ago.
	d.memo.ownsUp = func(*faces) bool { return true }
	return d
}

// get gives what is known, which may be nothing: no page waits for it, or fails for it.
func (d *directory) get(ctx context.Context) *faces {
	if d.from == nil {
		return &noFaces
	}
	known, err := d.memo.get(ctx)
	if err != nil {
		return &noFaces
	}
	return known
}

var noFaces faces //nolint:gochecknoglobals // one that is the same each time, and never written to

func (d *directory) read(ctx context.Context) (*faces, error) {
	old, had := d.memo.last()
	profiles, err := d.from.Profiles(ctx)
	switch {
	case err != nil && had:
		return old, nil
	case err != nil:
		d.log.WarnContext(ctx, "what is known of instances cannot be read; pages do without", slog.Any("error", err))
		return nil, err
	case had && reflect.DeepEqual(old.profiles, profiles):
		return old, nil
	}
	known := &faces{profiles: profiles, byHost: templates.Faces{}, byDigest: map[string][]leaderboard.Host{}}
	for _, profile := range profiles {
		known.byHost[profile.Host] = profile
		if profile.Digest != "" {
			known.byDigest[profile.Digest] = append(known.byDigest[profile.Digest], profile.Host)
		}
	}
	return known, nil
}

// about is what may be shown of an instance beside a board: of one that is neither on it
// nor entered by the organizers, nothing.
func (f *faces) about(board leaderboard.Board, host leaderboard.Host) leaderboard.Profile {
	profile := f.byHost[host]
	if _, listed := board.Row(host); listed || profile.Entered {
		return profile
	}
	return leaderboard.Profile{}
}

// icon serves a picture under an address that names it. One that was only found because of
// gifts has none as long as it is on no board.
func (s *Server) icon(r *http.Request) (document, error) {
	ctx := r.Context()
	digest, isPNG := strings.CutSuffix(r.PathValue("name"), ".png")
	known := s.directory.get(ctx)
	hosts := known.byDigest[digest]
	if !isPNG || len(hosts) == 0 {
		return document{}, errNoPicture
	}
	for _, host := range hosts {
		shown, err := s.maybeShown(ctx, known.byHost[host])
		if err != nil {
			return document{}, err
		}
		if shown {
			return s.directory.icon(ctx, digest)
		}
	}
	return document{}, errNoPicture
}

// maybeShown reports whether a page may show an instance.
func (s *Server) maybeShown(ctx context.Context, profile leaderboard.Profile) (bool, error) {
	if !profile.Found {
		return true, nil
	}
	list, err := s.boards.drives(ctx)
	if err != nil {
		return false, err
	}
	for _, drive := range list.drives {
		snap, err := s.boards.board(ctx, drive, leaderboard.ByAmount, leaderboard.AllTime)
		if err != nil {
			return false, err
		}
		if _, listed := snap.board.Row(profile.Host); listed {
			return true, nil
		}
	}
	return false, nil
}

func (d *directory) icon(ctx context.Context, digest string) (document, error) {
	d.mu.Lock()
	doc, held := d.icons[digest]
	d.mu.Unlock()
	if held {
		return doc, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	png, found, err := d.from.Icon(ctx, digest)
	if err != nil {
		return document{}, fmt.Errorf("%w: reading a picture: %w", errUnread, err)
	}
	if !found {
		return document{}, errNoPicture
	}
	doc = newDocument(http.StatusOK, pngType, png)
	doc.cache = forGood
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.icons) >= maxIcons {
		clear(d.icons)
	}
	d.icons[digest] = doc
	return doc, nil
}
