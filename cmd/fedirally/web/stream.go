package web

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// streamRoute is where boards are streamed.
const streamRoute = "/drives/:drive/events"

// writeTime is how long one event may take to go out. A visitor who does not
// read for that long is cut.
const writeTime = 10 * time.Second

// events streams a board: all of it first, then what changes, until the visitor
// leaves, falls behind or the server ends.
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
	w, err := s.streams.watch(r.Context(), boardKey{drive.Slug, view, span})
	if err != nil {
		return err
	}
	defer s.streams.leave(w)
	out := http.NewResponseController(c.Response())
	// The server's own deadlines are for requests that end.
	if err := out.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lifting the deadline of a stream: %w", err)
	}
	c.Response().WriteHeader(http.StatusOK)
	// After a restart browsers come back each at a time of its own.
	lines := fmt.Appendf(nil, "retry: %d\n\n", 1000+rand.IntN(4000)) //nolint:gosec // spreads load, keeps no secret
	for {
		if err := out.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
			return nil //nolint:nilerr // the visitor has gone
		}
		if _, err := c.Response().Write(lines); err != nil {
			return nil //nolint:nilerr // the visitor has gone
		}
		if len(w.events) == 0 {
			if err := out.Flush(); err != nil {
				return nil //nolint:nilerr // the visitor has gone
			}
		}
		select {
		case <-r.Context().Done():
			return nil
		case message, watching := <-w.events:
			if !watching {
				return nil
			}
			lines = message
		}
	}
}
