package web

import (
	"context"
	"net/http"
	"strconv"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// shown is what a rendered page was made of. Where all of it is the same, so is
// the page.
type shown struct {
	total, board *snapshot
	words        string
	stale        bool
	faces        *faces
}

// shownToo is one more board that a page was made of, and those before it. It holds the
// snapshot itself: of one that is gone, the place in memory may be given to the next.
type shownToo struct {
	before any
	board  *snapshot
	words  string
	stale  bool
}

// homePage shows the race of every drive. It is made again when one of them
// has changed.
func (s *Server) homePage(r *http.Request) (document, error) {
	ctx := r.Context()
	list, err := s.boards.drives(ctx)
	if err != nil {
		return document{}, err
	}
	model := templates.HomePage{Site: s.site, Now: s.clock(), Stale: list.stale}
	of := any(list.stale)
	for _, drive := range list.drives {
		snap, err := s.boards.board(ctx, drive, leaderboard.ByAmount, leaderboard.AllTime)
		if err != nil {
			return document{}, err
		}
		model.Boards = append(model.Boards, snap.board)
		if model.Picture == "" && drive.State(model.Now) == leaderboard.Live {
			model.Picture = s.drivePicture(snap, model.Now)
		}
		model.Stale = model.Stale || snap.stale
		of = shownToo{of, snap, templates.TimeWords(drive, model.Now), model.Stale}
	}
	return s.kept(Page, &s.home, of, func() (document, error) {
		return page(ctx, http.StatusOK, templates.Home(model))
	})
}

func (s *Server) rulesPage(r *http.Request) (document, error) {
	list, err := s.boards.drives(r.Context())
	if err != nil {
		return document{}, err
	}
	return page(r.Context(), http.StatusOK, templates.Rules(templates.RulesPage{Site: s.site, Drives: list.drives}))
}

// drivePage serves the first rows of a board as they were rendered for the
// last visitor, unless something has changed since.
func (s *Server) drivePage(r *http.Request) (document, error) {
	ctx := r.Context()
	drive, err := s.boards.drive(ctx, r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	view, span, err := chosenBoard(r)
	if err != nil {
		return document{}, err
	}
	after, err := rowsToSkip(r)
	if err != nil {
		return document{}, err
	}
	if doc, elsewhere := canonical(r, templates.DrivePath(drive)); elsewhere {
		return doc, nil
	}
	total, snap, err := s.boardsOf(ctx, drive, view, span)
	if err != nil {
		return document{}, err
	}
	find := soughtText(r.URL.Query().Get("find"))
	now := s.clock()
	known := s.directory.get(ctx)
	of := shown{total, snap, templates.TimeWords(drive, now), snap.stale || total.stale, known}
	render := func() (document, error) {
		return page(ctx, http.StatusOK, templates.Drive(templates.DrivePage{
			Site: s.site, Total: total.board, Board: snap.board, After: after, Find: find,
			Now: now, Stale: of.stale, Picture: s.drivePicture(total, now), Faces: known.byHost,
		}))
	}
	if after > 0 || find != "" {
		return s.timed(Page, render)()
	}
	return s.kept(Page, &snap.page, of, render)
}

// boardsOf gives the all-time board by amount, from which a drive's sum is
// told, and the chosen one.
func (s *Server) boardsOf(ctx context.Context, drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span) (total, chosen *snapshot, err error) {
	total, err = s.boards.board(ctx, drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil || view == leaderboard.ByAmount && span == leaderboard.AllTime {
		return total, total, err
	}
	chosen, err = s.boards.board(ctx, drive, view, span)
	return total, chosen, err
}

// instancePage answers for every valid host, and costs the ledger nothing
// beyond the board: what gifts have made known of an unlisted host is not even looked up.
func (s *Server) instancePage(r *http.Request) (document, error) {
	drive, host, snap, err := s.hostOnBoard(r)
	if err != nil {
		return document{}, err
	}
	if doc, elsewhere := canonical(r, templates.InstancePath(drive, host)); elsewhere {
		return doc, nil
	}
	ctx, now := r.Context(), s.clock()
	known := s.directory.get(ctx)
	of := shown{snap, snap, templates.TimeWords(drive, now), snap.stale, known}
	return s.kept(Page, &snap.of(host).page, of, func() (document, error) {
		return page(ctx, http.StatusOK, templates.Instance(templates.InstancePage{
			Site: s.site, Board: snap.board, Host: host, Now: now, Stale: snap.stale,
			Picture: s.instancePicture(snap, host, now), About: known.about(snap.board, host),
		}))
	})
}

// hostOnBoard reads drive and host of an address, and the board that tells
// where the host stands.
func (s *Server) hostOnBoard(r *http.Request) (leaderboard.Drive, leaderboard.Host, *snapshot, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return drive, "", nil, err
	}
	host, err := leaderboard.ParseHost(r.PathValue("host"))
	if err != nil {
		return drive, "", nil, err
	}
	snap, err := s.boards.board(r.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
	return drive, host, snap, err
}

// canonical leads from another spelling of a path to the one that counts, so
// that each page has one address.
func canonical(r *http.Request, path string) (document, bool) {
	if r.URL.EscapedPath() == path {
		return document{}, false
	}
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return redirect(http.StatusMovedPermanently, path), true
}

// chosenBoard reads the view and period of an address.
func chosenBoard(r *http.Request) (leaderboard.View, leaderboard.Span, error) {
	query := r.URL.Query()
	view, err := leaderboard.ParseView(query.Get("view"))
	if err != nil {
		return "", 0, queryError{"view", "amount or donors"}
	}
	span, err := leaderboard.ParseSpan(query.Get("period"))
	if err != nil {
		return "", 0, queryError{"period", "all, day or hour"}
	}
	return view, span, nil
}

func rowsToSkip(r *http.Request) (int, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	rows, err := strconv.Atoi(text)
	if err != nil || rows < 0 {
		return 0, queryError{"after", "a number of rows"}
	}
	return rows, nil
}
