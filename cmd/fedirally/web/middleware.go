package web

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Policy lets the pages use our own style, script, icon and stream and nothing
// else. Links to ActBlue need no leave; a form that ends there does.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self' https://secure.actblue.com; base-uri 'none'; frame-ancestors 'none'"

// routeOf is the pattern that a request matched. The path itself is never
// logged: it may hold whatever a visitor typed.
func routeOf(c echo.Context) string {
	if c.Path() == "" {
		return "none"
	}
	return c.Path()
}

// logRequest tells the observer of a request, and writes one line, with nothing of who asked or for what.
// Reading that went well is for debugging only: a crowd would fill a small disk
// with lines that say nothing.
func (s *Server) logRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.clock()
		if err := next(c); err != nil {
			c.Error(err)
		}
		took := s.clock().Sub(start)
		s.observe(c, took)
		ctx, level := c.Request().Context(), slog.LevelInfo
		if reads(c.Request()) && c.Response().Status < http.StatusBadRequest {
			level = slog.LevelDebug
		}
		if !s.log.Enabled(ctx, level) {
			return nil
		}
		s.log.LogAttrs(ctx, level, "request",
			slog.String("method", methodOf(c.Request())),
			slog.String("route", routeOf(c)),
			slog.Int("status", c.Response().Status),
			slog.Int64("bytes", c.Response().Size),
			slog.Duration("took", took.Round(time.Microsecond)))
		return nil
	}
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// methodOf names the usual methods. HTTP allows any word, so others are not logged.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return r.Method
	}
	return "other"
}

// recoverPanic turns a panic into an internal error, logged here with its stack.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause, ok := cause.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
				panic(cause) // a handler's way to cut the connection
			}
			s.log.ErrorContext(c.Request().Context(), "panic",
				slog.String("route", routeOf(c)), slog.String("cause", fmt.Sprint(cause)),
				slog.String("stack", string(debug.Stack())))
			err = errPanic
		}()
		return next(c)
	}
}

// ownPages keeps a middleware away from the webhooks, whose handler answers for itself.
func ownPages(around echo.MiddlewareFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		wrapped := around(next)
		return func(c echo.Context) error {
			if strings.HasPrefix(c.Path(), webhookPrefix) {
				return next(c)
			}
			return wrapped(c)
		}
	}
}

// alwaysSent are the headers of every page. The slices are shared by all answers.
var alwaysSent = http.Header{ //nolint:gochecknoglobals // never written to
	echo.HeaderContentSecurityPolicy: {Policy},
	echo.HeaderXContentTypeOptions:   {"nosniff"},
	echo.HeaderXFrameOptions:         {"DENY"},
	echo.HeaderReferrerPolicy:        {"no-referrer"},
	"Cross-Origin-Opener-Policy":     {"same-origin"},
	"Permissions-Policy":             {"camera=(), geolocation=(), microphone=(), browsing-topics=()"},
}

func securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		maps.Copy(c.Response().Header(), alwaysSent)
		return next(c)
	}
}

// maxBody is the largest body that our own pages put up with: a form of a few words.
const maxBody = 16 << 10

func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > maxBody {
			return echo.ErrStatusRequestEntityTooLarge
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		}
		return next(c)
	}
}

// openToAll lets the pages of any site read the API. It is public, and the same
// for everyone.
func openToAll(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderAccessControlAllowOrigin, "*")
		header.Set(echo.HeaderAccessControlExposeHeaders, "ETag, Retry-After")
		return next(c)
	}
}

// preflight answers browsers that ask before they send If-None-Match.
func preflight(c echo.Context) error {
	header := c.Response().Header()
	header.Set(echo.HeaderAccessControlAllowMethods, "GET, HEAD")
	header.Set(echo.HeaderAccessControlAllowHeaders, "If-None-Match")
	header.Set(echo.HeaderAccessControlMaxAge, "86400")
	return c.NoContent(http.StatusNoContent)
}
