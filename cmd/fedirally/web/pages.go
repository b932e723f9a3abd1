package web

import (
	"net/http"
	"strconv"

	"fedirally/leaderboard"
	"fedirally/templates"
)

func (s *Server) homePage(r *http.Request) (document, error) {
	list, err := s.boards.drives(r.Context())
	if err != nil {
		return document{}, err
	}
	model := templates.HomePage{Site: s.site, Now: s.clock(), Stale: list.stale}
	for _, drive := range list.drives {
		snap, err := s.boards.board(r.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
		if err != nil {
			return document{}, err
		}
		model.Boards = append(model.Boards, snap.board)
		model.Stale = model.Stale || snap.stale
	}
	return page(r.Context(), http.StatusOK, templates.Home(model))
}

func (s *Server) rulesPage(r *http.Request) (document, error) {
	list, err := s.boards.drives(r.Context())
	if err != nil {
		return document{}, err
	}
	return page(r.Context(), http.StatusOK, templates.Rules(templates.RulesPage{Site: s.site, Drives: list.drives}))
}

// drivePage serves the first rows of a board as they were rendered for the
// last visitor, unless the board was read again since.
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
	total, err := s.boards.board(ctx, drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil {
		return document{}, err
	}
	snap := total
	if view != leaderboard.ByAmount || span != leaderboard.AllTime {
		if snap, err = s.boards.board(ctx, drive, view, span); err != nil {
			return document{}, err
		}
	}
	render := func() (document, error) {
		return page(ctx, http.StatusOK, templates.Drive(templates.DrivePage{
			Site: s.site, Total: total.board, Board: snap.board, After: after,
			Now: snap.at, Stale: snap.stale || total.stale,
		}))
	}
	if after > 0 {
		return render()
	}
	return snap.page.get(total, render)
}

// instancePage answers for every valid host, and costs the ledger nothing
// beyond the board: what is known of an unlisted host is not even looked up.
func (s *Server) instancePage(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	host, err := leaderboard.ParseHost(r.PathValue("host"))
	if err != nil {
		return document{}, err
	}
	if doc, elsewhere := canonical(r, templates.InstancePath(drive, host)); elsewhere {
		return doc, nil
	}
	snap, err := s.boards.board(r.Context(), drive, leaderboard.ByAmount, leaderboard.AllTime)
	if err != nil {
		return document{}, err
	}
	return page(r.Context(), http.StatusOK, templates.Instance(templates.InstancePage{
		Site: s.site, Board: snap.board, Host: host, Now: snap.at, Stale: snap.stale,
	}))
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
