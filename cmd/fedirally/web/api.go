package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"fedirally/leaderboard"
	"fedirally/templates"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// The documents of the API, as docs/openapi.yaml describes them.
type (
	drivesDocument struct {
		Drives []driveItem `json:"drives"`
		Stale  bool        `json:"stale,omitempty"`
	}
	driveItem struct {
		Slug  string                 `json:"slug"`
		Title string                 `json:"title"`
		State leaderboard.DriveState `json:"state"`
	}
	standingsDocument struct {
		Drive     string                 `json:"drive"`
		View      leaderboard.View       `json:"view"`
		Period    string                 `json:"period"`
		State     leaderboard.DriveState `json:"state"`
		Goal      leaderboard.Cents      `json:"goal_cents"`
		Raised    leaderboard.Cents      `json:"raised_cents"`
		Donors    int64                  `json:"donors"`
		AsOf      *time.Time             `json:"as_of"`
		Version   int64                  `json:"version"`
		MinDonors int                    `json:"min_donors"`
		Stale     bool                   `json:"stale,omitempty"`
		Listed    int                    `json:"listed"`
		Standings []standingItem         `json:"standings"`
		Next      leaderboard.Host       `json:"next,omitempty"`
	}
	standingItem struct {
		Rank    int               `json:"rank"`
		Host    leaderboard.Host  `json:"host"`
		Display string            `json:"display"`
		Raised  leaderboard.Cents `json:"raised_cents"`
		Donors  int64             `json:"donors"`
	}
	// unlistedDocument is all there is to say of an instance that is not on the
	// board, whatever gifts may have made known of it.
	unlistedDocument struct {
		Drive     string           `json:"drive"`
		Host      leaderboard.Host `json:"host"`
		Listed    bool             `json:"listed"`
		MinDonors int              `json:"min_donors"`
		About     *aboutItem       `json:"about,omitempty"`
	}
	// aboutItem is what the server of an instance says of itself.
	aboutItem struct {
		Title    string      `json:"title,omitempty"`
		Software string      `json:"software,omitempty"`
		Version  string      `json:"version,omitempty"`
		Active   *activeItem `json:"active_people"`
		Accounts *int64      `json:"accounts"`
		Icon     string      `json:"icon,omitempty"`
		Read     *time.Time  `json:"read_at"`
	}
	activeItem struct {
		Count  int64                   `json:"count"`
		From   leaderboard.CountSource `json:"from"`
		Source string                  `json:"source,omitempty"`
		AsOf   *time.Time              `json:"as_of"`
	}
	listedDocument struct {
		unlistedDocument
		Rank    int               `json:"rank"`
		Raised  leaderboard.Cents `json:"raised_cents"`
		Donors  int64             `json:"donors"`
		AsOf    *time.Time        `json:"as_of"`
		Stale   bool              `json:"stale,omitempty"`
		GapUp   *gapItem          `json:"gap_up"`
		GapDown *gapItem          `json:"gap_down"`
	}
	gapItem struct {
		Cents int64            `json:"cents"`
		Rank  int              `json:"rank"`
		Host  leaderboard.Host `json:"host"`
	}
)

func (s *Server) drivesJSON(r *http.Request) (document, error) {
	list, err := s.boards.drives(r.Context())
	if err != nil {
		return document{}, err
	}
	doc := drivesDocument{Drives: []driveItem{}, Stale: list.stale}
	for _, drive := range list.drives {
		doc.Drives = append(doc.Drives, driveItem{drive.Slug, drive.Title, drive.State(s.clock())})
	}
	return jsonDocument(http.StatusOK, doc)
}

func (s *Server) standingsJSON(r *http.Request) (document, error) {
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return document{}, err
	}
	view, span, err := chosenBoard(r)
	if err != nil {
		return document{}, err
	}
	limit, err := chosenLimit(r)
	if err != nil {
		return document{}, err
	}
	snap, err := s.boards.board(r.Context(), drive, view, span)
	if err != nil {
		return document{}, err
	}
	after, err := rowsAfter(r, snap.board)
	if err != nil {
		return document{}, err
	}
	state := drive.State(s.clock())
	render := func() (document, error) {
		return jsonDocument(http.StatusOK, standingsOf(snap, state, after, limit))
	}
	if after == 0 && limit == defaultLimit {
		return s.kept(JSON, &snap.json, state, render)
	}
	return s.timed(JSON, render)()
}

func standingsOf(snap *snapshot, state leaderboard.DriveState, after, limit int) standingsDocument {
	board := snap.board
	rows := board.Rows()
	from := min(after, len(rows))
	to := min(from+limit, len(rows))
	doc := standingsDocument{
		Drive: board.Drive.Slug, View: board.View, Period: board.Period.Span.String(), State: state,
		Goal: board.Drive.Goal, Raised: board.Raised, Donors: board.Donors, AsOf: asOf(board.AsOf),
		Version: board.Version, MinDonors: max(board.Drive.MinDonors, 1), Stale: snap.stale,
		Listed: len(rows), Standings: make([]standingItem, 0, to-from),
	}
	for _, row := range rows[from:to] {
		doc.Standings = append(doc.Standings, standingItem{row.Rank, row.Host, row.Host.Display(), row.Raised, row.Donors})
	}
	if to < len(rows) && to > from {
		doc.Next = rows[to-1].Host
	}
	return doc
}

func (s *Server) instanceJSON(r *http.Request) (document, error) {
	_, host, snap, err := s.hostOnBoard(r)
	if err != nil {
		return document{}, err
	}
	known := s.directory.get(r.Context())
	return s.kept(JSON, &snap.of(host).json, shown{board: snap, faces: known}, func() (document, error) {
		return jsonDocument(http.StatusOK, standingOf(snap, host, known.about(snap.board, host)))
	})
}

// aboutOf describes an instance itself; nil where nothing is known, or to be shown.
func aboutOf(p leaderboard.Profile) *aboutItem {
	if !p.Fediverse && p.Corrected == nil {
		return nil
	}
	about := &aboutItem{Title: p.Title, Software: p.Software, Version: p.Version, Read: asOf(p.Read)}
	if people := p.ActivePeople(); people.Count > 0 {
		about.Active = &activeItem{people.Count, people.From, people.Source, asOf(people.At)}
	}
	if p.Total > 0 {
		about.Accounts = &p.Total
	}
	if p.Digest != "" {
		about.Icon = templates.IconPath(p.Digest)
	}
	return about
}

// asOf is a time as the API writes it: null until figures were published for the first time.
func asOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// standingOf describes an instance as the API does.
func standingOf(snap *snapshot, host leaderboard.Host, about leaderboard.Profile) any {
	drive := snap.board.Drive
	doc := unlistedDocument{Drive: drive.Slug, Host: host, MinDonors: max(drive.MinDonors, 1), About: aboutOf(about)}
	place, listed := templates.PlaceOf(snap.board, host)
	if !listed {
		return doc
	}
	doc.Listed = true
	return listedDocument{
		unlistedDocument: doc, Rank: place.Rank, Raised: place.Raised, Donors: place.Donors,
		AsOf: asOf(snap.board.AsOf), Stale: snap.stale, GapUp: gapTo(place.Ahead), GapDown: gapTo(place.Behind),
	}
}

func gapTo(rival *templates.Rival) *gapItem {
	if rival == nil {
		return nil
	}
	return &gapItem{rival.Gap, rival.Row.Rank, rival.Row.Host}
}

func chosenLimit(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, queryError{"limit", "a number from 1 to " + strconv.Itoa(maxLimit)}
	}
	return limit, nil
}

// rowsAfter reads where a list is to go on: behind a host that is on it, or
// behind a number of rows.
func rowsAfter(r *http.Request, board leaderboard.Board) (int, error) {
	text := r.URL.Query().Get("after")
	if strings.Trim(text, "0123456789") == "" {
		return rowsToSkip(r)
	}
	if host, err := leaderboard.ParseHost(text); err == nil {
		for i, row := range board.Rows() {
			if row.Host == host {
				return i + 1, nil
			}
		}
	}
	return 0, queryError{"after", "a host of the list or a number of rows"}
}
