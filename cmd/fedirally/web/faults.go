package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fedirally/leaderboard"
	"fedirally/templates"
)

const (
	apiPrefix     = "/api/"
	webhookPrefix = "/webhooks/actblue/"
)

var (
	// errNoDrive says that no drive has the slug of the address.
	errNoDrive = errors.New("no such drive")
	// errUnread says that ledger or ranking did not answer and nothing older is at hand.
	errUnread = errors.New("figures cannot be read")
	// errTooMany says that no more visitors can be sent what changes.
	errTooMany = errors.New("too many streams")
	// errTooLarge says that a form holds more than our pages put up with.
	errTooLarge = errors.New("form too large")
	// errNoPicture says that there is no picture at that address.
	errNoPicture = errors.New("no such picture")
	// errPanic says that a handler panicked; it has been logged.
	errPanic = errors.New("handler panicked")
)

// queryError says which parameter of an address has a wrong value, and what
// would be right. It never quotes the value.
type queryError struct{ parameter, want string }

func (e queryError) Error() string { return e.parameter + ": use " + e.want }

// fault is an error as the visitor sees it.
type fault struct {
	status        int
	heading, text string
	// short is the text of the API.
	short string
}

// faultOf is the one table from errors to answers. What it does not know is
// an internal error, of which the visitor learns nothing.
func faultOf(err error) fault {
	var query queryError
	var often tooOftenError
	var routing *echo.HTTPError
	switch {
	case errors.Is(err, errNoDrive):
		return fault{http.StatusNotFound, "This drive is not here", "Perhaps the link has a typing mistake. The open drives are on the front page.", "no such drive"}
	case errors.Is(err, errTooMany):
		return fault{http.StatusServiceUnavailable, "One moment, please", "Very many people watch this board just now. It can be read all the same; it only does not move by itself.", "too many streams"}
	case errors.As(err, &often):
		return fault{http.StatusTooManyRequests, "One moment, please", "Your connection has asked very often just now. Please try again in a few seconds. The links on the board work all the same.", often.Error()}
	case errors.Is(err, errNoPicture):
		return fault{http.StatusNotFound, "This picture is not here", "The pages name the present one.", "no such picture"}
	case errors.Is(err, leaderboard.ErrHost):
		return fault{http.StatusNotFound, "That is not an instance", "The address should end in the domain of an instance, such as mastodon.social.", "not the domain of an instance"}
	case errors.As(err, &query):
		return fault{http.StatusBadRequest, "This address does not work", "Something in it is not as it should be. " + query.Error() + ".", query.Error()}
	case errors.Is(err, errUnread), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault{http.StatusServiceUnavailable, "One moment, please", "The figures cannot be read just now. No gift is lost. Please try again in a few seconds.", "the figures cannot be read just now"}
	case errors.Is(err, errTooLarge):
		return routingFault(http.StatusRequestEntityTooLarge)
	case errors.As(err, &routing):
		return routingFault(routing.Code)
	}
	return fault{http.StatusInternalServerError, "Something went wrong here", "It is our mistake, not yours, and it has been noted. No gift is lost.", "internal error"}
}

func routingFault(status int) fault {
	switch status {
	case http.StatusMethodNotAllowed:
		return fault{status, "That does not work here", "This address is not to be used in that way.", "method not allowed"}
	case http.StatusRequestEntityTooLarge:
		return fault{status, "That was too much", "Please send less at once.", "request too large"}
	}
	return fault{http.StatusNotFound, "This page is not here", "Perhaps the link is old, or has a typing mistake. The races are on the front page.", "no such page"}
}

// fail answers a request that ended in an error. It is the only place that logs
// one, and only those that are ours.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	r := c.Request()
	f := faultOf(err)
	if f.status >= http.StatusInternalServerError && !errors.Is(err, errPanic) && r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "request failed", slog.String("route", routeOf(c)), slog.Any("error", err))
	}
	var often tooOftenError
	switch {
	case errors.As(err, &often):
		c.Response().Header().Set("Retry-After", often.retryAfter())
	case f.status == http.StatusServiceUnavailable:
		c.Response().Header().Set("Retry-After", "2")
	}
	doc, err := s.faultDocument(r, f)
	if err != nil {
		s.log.ErrorContext(r.Context(), "error page cannot be rendered", slog.Any("error", err))
		doc = newDocument(f.status, "text/plain; charset=utf-8", []byte(f.heading+"\n"))
	}
	doc.ServeHTTP(c.Response(), r)
}

func (s *Server) faultDocument(r *http.Request, f fault) (document, error) {
	if strings.HasPrefix(r.URL.Path, apiPrefix) {
		return jsonDocument(f.status, map[string]string{"error": f.short})
	}
	// The footer's legal lines are wanted here too, but are not worth a question
	// to a ledger that may be the trouble.
	list, _ := s.boards.list.last()
	return page(r.Context(), f.status, templates.Message(templates.MessagePage{
		Site: s.site, Heading: f.heading, Text: f.text, Back: "/", BackLabel: "To the front page", Drives: list.drives,
	}))
}
