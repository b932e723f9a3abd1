package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// suggestions is how many instances are named to somebody who may have mistyped.
const suggestions = 3

// choosePage asks for the visitor's instance.
func (s *Server) choosePage(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	if doc, elsewhere := canonical(r, templates.GiveChooserPath(drive)); elsewhere {
		return doc, nil
	}
	if doc, closed, err := s.notOpen(r, drive); closed || err != nil {
		return doc, err
	}
	return s.chooser(r, drive, http.StatusOK, templates.GivePage{})
}

// choose leads to the form of the instance that was written. Of a handle only
// the host is read: the rest is dropped here, and is in no address, page or log.
func (s *Server) choose(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	written, err := postedField(r, "instance")
	if err != nil {
		return document{}, err
	}
	if doc, closed, err := s.notOpen(r, drive); closed || err != nil {
		return doc, err
	}
	if strings.TrimSpace(written) == "" {
		return s.chooser(r, drive, http.StatusUnprocessableEntity, templates.GivePage{Problem: templates.GiveEmpty})
	}
	host, err := leaderboard.FindHost(written)
	if err != nil {
		return s.chooser(r, drive, http.StatusUnprocessableEntity, templates.GivePage{Problem: templates.GiveInvalid})
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	instance, found, err := s.ledger.Instance(ctx, host)
	if err != nil {
		return document{}, fmt.Errorf("%w: looking up an instance: %w", errUnread, err)
	}
	snap, err := s.boards.board(ctx, drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil {
		return document{}, err
	}
	_, listed := snap.board.Row(host)
	switch {
	case found && takesNoPart(instance.State):
		return s.chooser(r, drive, http.StatusUnprocessableEntity,
			templates.GivePage{Problem: templates.GiveBlocked, Typed: host.Display(), Host: host})
	case found && instance.AliasOf != "", s.isKnown(host), found && instance.Vetted(), listed:
		return s.giveThrough(r, drive, host)
	}
	// One that the directory has found because gifts named it is unknown here until it is
	// listed, as if none had.
	return s.chooser(r, drive, http.StatusUnprocessableEntity, templates.GivePage{
		Problem: templates.GiveUnknown, Typed: host.Display(), Host: host, Suggestions: s.closest(ctx, host),
	})
}

// chooser renders the page that asks for the instance.
func (s *Server) chooser(r *http.Request, drive leaderboard.Drive, status int, model templates.GivePage) (document, error) {
	snap, err := s.boards.board(r.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil {
		return document{}, err
	}
	model.Site, model.Board, model.Now, model.Stale = s.site, snap.board, s.clock(), snap.stale
	model.Picture = s.drivePicture(snap, model.Now)
	return page(r.Context(), status, templates.Give(model))
}

// isKnown reports whether the host is on the list that the program ships.
func (s *Server) isKnown(host leaderboard.Host) bool {
	_, found := slices.BinarySearch(s.wellKnown, host)
	return found
}

// closest suggests instances that the organizer or the shipped list names: never
// one that only gifts have named, though it was found to be one. Without the registry the list has to do.
func (s *Server) closest(ctx context.Context, host leaderboard.Host) []leaderboard.Host {
	instances, err := s.registry.get(ctx)
	if err != nil {
		return leaderboard.Closest(host, s.wellKnown, suggestions)
	}
	known := make([]leaderboard.Host, 0, len(instances))
	for _, instance := range instances {
		if instance.Vetted() {
			known = append(known, instance.Host)
		}
	}
	return leaderboard.Closest(host, known, suggestions)
}

func takesNoPart(state leaderboard.InstanceState) bool {
	return state == leaderboard.Blocked || state == leaderboard.OptedOut
}

// find leads to what somebody seeks on a board: the page of the instance if the
// text is all of its name, and else the rows that match. The text comes by POST
// because people write their handles, which are to be in no address.
func (s *Server) find(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	written, err := postedField(r, "find")
	if err != nil {
		return document{}, err
	}
	view, err := leaderboard.ParseView(r.PostForm.Get("view"))
	if err != nil {
		return document{}, queryError{"view", "amount or donors"}
	}
	span, err := leaderboard.ParseSpan(r.PostForm.Get("period"))
	if err != nil {
		return document{}, queryError{"period", "all, day or hour"}
	}
	if host, err := leaderboard.FindHost(written); err == nil {
		snap, err := s.boards.board(r.Context(), drive, view, span)
		if err != nil {
			return document{}, err
		}
		if _, listed := snap.board.Row(host); listed || strings.ContainsAny(written, "@/") {
			return redirect(http.StatusSeeOther, templates.InstancePath(drive, host)), nil
		}
	}
	return redirect(http.StatusSeeOther, templates.BoardPath(drive, view, span, 0, soughtText(written))), nil
}

// longestSought bounds what is looked for; no host is longer.
const longestSought = 253

// soughtText reads what to look for among the hosts' names. What stands before
// an @ is somebody's name and dropped.
func soughtText(written string) string {
	written = strings.ToLower(strings.TrimSpace(written))
	written = written[strings.LastIndexByte(written, '@')+1:]
	written = strings.ToValidUTF8(written, "")
	if len(written) > longestSought {
		written = strings.ToValidUTF8(written[:longestSought], "")
	}
	return written
}

// postedField reads a field of a form that was sent by POST.
func postedField(r *http.Request, name string) (string, error) {
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return "", errTooLarge
		}
		return "", queryError{"form", "the form of this page"}
	}
	return r.PostForm.Get(name), nil
}
