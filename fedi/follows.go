package fedi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"

	"fedirally/leaderboard"
)

// FollowRequest is somebody who asks to follow the bot's locked account.
type FollowRequest struct {
	// Account is the number of the account that asks, at the bot's own server.
	Account string
	// Acct is its name as the server writes it: without a domain where it is on the same
	// server.
	Acct string
	// Host is the instance that it is on; empty if that cannot be told.
	Host leaderboard.Host
	Bot  bool
	// Created is when the account was made, as far as the server knows; the zero time if it
	// does not say.
	Created time.Time
}

const (
	followPage = 80
	// followPages bounds how many requests are read at once: those who asked first come when
	// others have been answered.
	followPages = 5
)

// FollowRequests gives those who ask to follow the account, some hundreds at most.
func (c *Client) FollowRequests(ctx context.Context) ([]FollowRequest, error) {
	own, err := c.Account(ctx)
	if err != nil {
		return nil, err
	}
	var all []FollowRequest
	query := url.Values{"limit": {strconv.Itoa(followPage)}}
	for range followPages {
		document, header, err := c.get(ctx, "/api/v1/follow_requests", query)
		if err != nil {
			return nil, fmt.Errorf("asking who wants to follow: %w", err)
		}
		if _, isList := document.value.([]any); !isList {
			return nil, errors.New("asking who wants to follow: the server did not answer with a list")
		}
		for _, account := range document.list() {
			if request := readFollowRequest(account, own, c.server); request.Account != "" {
				all = append(all, request)
			}
		}
		// The cursor is none of the accounts' own: only the server knows it.
		next := nextCursor(header)
		if next == "" || next == query.Get("max_id") {
			break
		}
		query.Set("max_id", next)
	}
	return all, nil
}

func readFollowRequest(account tree, own Account, server string) FollowRequest {
	request := FollowRequest{Account: account.at("id").text(), Acct: account.at("acct").text(), Bot: account.at("bot").yes()}
	if at, err := time.Parse(time.RFC3339Nano, account.at("created_at").text()); err == nil {
		request.Created = at
	}
	domain := ""
	if at := strings.LastIndexByte(request.Acct, '@'); at >= 0 {
		domain = request.Acct[at+1:]
	} else if address, err := url.Parse(server); err == nil {
		domain = address.Hostname()
	}
	if host, err := leaderboard.ParseHost(domain); err == nil {
		request.Host = host
	}
	if request.Account == own.ID {
		return FollowRequest{}
	}
	return request
}

// nextCursor is the max_id of the page that follows, by the Link header.
func nextCursor(header http.Header) string {
	for link := range strings.SplitSeq(strings.Join(header.Values("Link"), ","), ",") {
		address, rest, found := strings.Cut(link, ">")
		if !found || !strings.Contains(rest, `rel="next"`) {
			continue
		}
		if next, err := url.Parse(strings.TrimPrefix(strings.TrimSpace(address), "<")); err == nil {
			return next.Query().Get("max_id")
		}
	}
	return ""
}

// LetFollow lets an account follow.
func (c *Client) LetFollow(ctx context.Context, account string) error {
	if err := c.api.FollowRequestAuthorize(ctx, mastodon.ID(account)); err != nil {
		return fmt.Errorf("letting somebody follow: %w", told(err))
	}
	return nil
}

// RefuseFollow refuses an account that asks to follow.
func (c *Client) RefuseFollow(ctx context.Context, account string) error {
	if err := c.api.FollowRequestReject(ctx, mastodon.ID(account)); err != nil {
		return fmt.Errorf("refusing to be followed: %w", told(err))
	}
	return nil
}

// FollowRule says who is let in without a person's look.
type FollowRule struct {
	// Age is how old an account has to be.
	Age time.Duration
	// Refused reports whether an instance is not welcome.
	Refused func(leaderboard.Host) bool
	Now     time.Time
}

// Judge says whether somebody is let in, and why not. Who is not let in is not refused
// either: a person may look.
func (r FollowRule) Judge(request FollowRequest) (bool, string) {
	switch {
	case request.Host == "":
		return false, "it cannot be told which instance it is on"
	case r.Refused != nil && r.Refused(request.Host):
		return false, "its instance is blocked or has opted out"
	case request.Bot:
		return false, "it is a bot"
	case request.Created.IsZero():
		return false, "the server does not say how old it is"
	case r.Now.Sub(request.Created) < r.Age:
		return false, "it is younger than " + days(r.Age)
	}
	return true, ""
}

func days(d time.Duration) string {
	return count(int64(d/(24*time.Hour)), "day", "days")
}
