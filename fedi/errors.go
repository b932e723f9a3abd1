package fedi

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/mattn/go-mastodon"
)

// RefusalError is an answer with which a server says no, or that it cannot.
type RefusalError struct {
	Status int
	// Words are the server's own; empty if it had none, as a proxy's page of HTML.
	Words string
}

func (e *RefusalError) Error() string {
	if e.Words == "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("the server answered %d: %s", e.Status, e.Words)
}

// wordless is an error without the server's own words, which may name whoever was to be
// answered.
func wordless(err error) error {
	var refusal *RefusalError
	if errors.As(err, &refusal) {
		return &RefusalError{Status: refusal.Status}
	}
	return err
}

// told turns the errors of go-mastodon into those of this package, and names requests
// without the server's address, which is always the same.
func told(err error) error {
	var answer *mastodon.APIError
	if errors.As(err, &answer) {
		return &RefusalError{Status: answer.StatusCode, Words: cleanWords(answer.Message)}
	}
	var request *url.Error
	if errors.As(err, &request) {
		path := request.URL
		if address, wrong := url.Parse(request.URL); wrong == nil {
			path = address.Path
		}
		return fmt.Errorf("%s %s: %w", strings.ToUpper(request.Op), path, request.Err)
	}
	return err
}

// verdict is what an error means for what was to be posted.
type verdict int

const (
	// open leaves open whether it was posted.
	open verdict = iota
	// unsent was not posted, and may be another time.
	unsent
	// wait is unsent, and the server says when.
	wait
	// denied is unsent for a reason of the account.
	denied
	// refused will never be posted as it is.
	refused
	// orphaned answers a post that is gone.
	orphaned
)

// judge says what an error of a post means. What is not known for certain is open.
func judge(err error, isReply bool) verdict {
	var limited *RateLimitError
	var redirected *RedirectError
	var refusal *RefusalError
	var network *net.OpError
	switch {
	case errors.As(err, &limited):
		return wait
	case errors.As(err, &redirected):
		return unsent
	case errors.As(err, &network) && network.Op == "dial":
		return unsent
	case errors.As(err, &refusal):
		return judgeStatus(refusal.Status, isReply)
	}
	return open
}

func judgeStatus(status int, isReply bool) verdict {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return denied
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return refused
	case http.StatusNotFound, http.StatusGone:
		if isReply {
			return orphaned
		}
		return unsent // this is no server of the API, or not now
	}
	if status/100 == 4 || status/100 == 3 {
		return unsent
	}
	// A proxy answers 5xx when it does not know what became of the request either; 2xx
	// that the library does not take for success is one.
	return open
}
