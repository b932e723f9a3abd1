package feditest

import (
	"net/http"
	"time"
)

// Follower is an account that asks to follow ours, or has asked.
type Follower struct {
	Sender

	// Created is when the account was made.
	Created time.Time
	// Let and Refused say what became of it.
	Let, Refused bool

	// number orders requests; it is no account's.
	number string
}

// AskToFollow has somebody ask to follow the account.
func (s *Server) AskToFollow(f Follower) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.number = s.ids.next(s.options.Now(), s.options.Style.ULIDs)
	s.followers = append(s.followers, f)
}

// Followers gives all who have asked, in that order.
func (s *Server) Followers() []Follower {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Follower(nil), s.followers...)
}

// getFollowRequests pages by the numbers of the requests, not by those of the accounts.
func (s *Server) getFollowRequests(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	var asking []Follower
	for _, f := range s.followers {
		if !f.Let && !f.Refused {
			asking = append(asking, f)
		}
	}
	page, header := pageOf(asking, func(f Follower) string { return f.number }, r, s.url, 40, 80)
	list := make([]document, len(page))
	for i, f := range page {
		list[i] = document{
			"id": f.ID, "username": f.Username, "acct": f.Acct, "display_name": f.Username, "bot": f.Bot, "locked": false,
			"note": f.Note, "created_at": timeText(f.Created), "url": "https://" + f.Acct, "emojis": []document{}, "fields": []document{},
		}
	}
	return reply{status: http.StatusOK, header: header, body: list}
}

func (s *Server) answerFollow(let bool) func(*http.Request) reply {
	return func(r *http.Request) reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range s.followers {
			if f := &s.followers[i]; f.ID == r.PathValue("id") && !f.Let && !f.Refused {
				f.Let, f.Refused = let, !let
				return ok(document{"id": f.ID, "followed_by": let, "requested_by": false})
			}
		}
		return failure(http.StatusNotFound, "Record not found")
	}
}
