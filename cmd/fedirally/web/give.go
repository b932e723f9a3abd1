package web

import (
	"context"
	"fmt"
	"net/http"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// give leads to the ActBlue form with the instance's refcode. Nothing about it
// is kept anywhere, in caches or in our log. It needs the registry, because an
// instance that is blocked or wants no part gets no link.
func (s *Server) give(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	host, err := leaderboard.ParseHost(r.PathValue("host"))
	if err != nil {
		return document{}, err
	}
	if doc, elsewhere := canonical(r, templates.GivePath(drive, host)); elsewhere {
		return doc, nil
	}
	if doc, closed, err := s.notOpen(r, drive); closed || err != nil {
		return doc, err
	}
	return s.giveThrough(r, drive, host)
}

// notOpen says why nobody can give to a drive now; closed is false if one can.
func (s *Server) notOpen(r *http.Request, drive leaderboard.Drive) (doc document, closed bool, err error) {
	switch drive.State(s.clock()) {
	case leaderboard.Closed:
		doc, err = s.giveMessage(r, drive, http.StatusGone, "This drive is closed",
			"Thank you for wanting to give. The race is over, and its result stands on the board.")
		return doc, true, err
	case leaderboard.Upcoming:
		doc, err = s.giveMessage(r, drive, http.StatusNotFound, "This drive has not started yet",
			"Thank you for being early. The link will work from the start of the drive on.")
		return doc, true, err
	case leaderboard.Live:
	}
	return document{}, false, nil
}

func (s *Server) giveThrough(r *http.Request, drive leaderboard.Drive, host leaderboard.Host) (document, error) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	instance, known, err := s.ledger.Instance(ctx, host)
	switch {
	case err != nil:
		return document{}, fmt.Errorf("%w: looking up an instance: %w", errUnread, err)
	case known && takesNoPart(instance.State):
		return s.giveMessage(r, drive, http.StatusNotFound, "There is no link for this instance",
			"This instance does not take part. You are welcome to give through another one.")
	case known && instance.AliasOf != "" && instance.AliasOf != host:
		return redirect(http.StatusSeeOther, templates.GivePath(drive, instance.AliasOf)), nil
	case len(drive.Forms) == 0:
		return document{}, fmt.Errorf("drive %s has no form", drive.Slug)
	}
	link, err := s.link(drive.Forms[0], host)
	if err != nil {
		return document{}, fmt.Errorf("making a contribution link: %w", err)
	}
	return redirect(http.StatusSeeOther, link), nil
}

func (s *Server) giveMessage(r *http.Request, drive leaderboard.Drive, status int, heading, text string) (document, error) {
	return page(r.Context(), status, templates.Message(templates.MessagePage{
		Site: s.site, Heading: heading, Text: text, Drives: []leaderboard.Drive{drive},
		Back: templates.DrivePath(drive), BackLabel: "See the board",
	}))
}
