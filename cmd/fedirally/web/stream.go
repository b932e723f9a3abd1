package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// streamRoute is where boards are streamed.
const streamRoute = "/drives/:drive/events"

// events streams a board: all of it first, then what changes, until the visitor
// leaves, falls behind or the server ends. The request is over before: the
// connection is taken from it.
func (s *Server) events(c echo.Context) error {
	r := c.Request()
	r.SetPathValue("drive", pathValue(r, c.Param("drive")))
	drive, err := s.boards.drive(r.Context(), r.PathValue("drive"))
	if err != nil {
		return err
	}
	view, span, err := chosenBoard(r)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", noStore)
	header.Set("X-Accel-Buffering", "no") // a proxy that gathers would hold back the events
	if r.Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	// The place is given back when the line ends, which outlives the request.
	giveBack, err := s.limits.enterStream(r)
	if err != nil {
		return err
	}
	w, err := s.streams.watch(r.Context(), boardKey{drive.Slug, view, span})
	if err != nil {
		giveBack()
		return err
	}
	l, head, err := takeOver(c, s.clock())
	if err != nil {
		s.streams.leave(w)
		giveBack()
		return err
	}
	begin := s.clock()
	s.streams.carry(w, l, append(head, s.streams.comeBack()...), func() {
		giveBack()
		s.observer.Answered(Answer{
			Route: streamRoute, Method: http.MethodGet, Status: http.StatusOK, Took: s.clock().Sub(begin), Stream: true,
		})
	})
	return nil
}
