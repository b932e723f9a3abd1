package feditest

import (
	"net/http"
	"slices"
	"time"
)

// Sender is an account that wrote to ours.
type Sender struct {
	ID, Username, Acct string
	Bot                bool
	// Note is the profile's text, as HTML, and Fields are names and values beside it.
	Note   string
	Fields [][2]string
}

// Notification is something that the account is told.
type Notification struct {
	ID, Type string
	From     Sender
	// StatusID, Content (as HTML), Visibility and InReplyTo are of the post that it is
	// about, if any. Whom it answers is found out where it is one of the posts here.
	StatusID, Content, Visibility, InReplyTo string
	At                                       time.Time
}

// Notify tells the account something. Identifiers and the time are filled in where
// they are missing.
func (s *Server) Notify(n Notification) Notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.At.IsZero() {
		n.At = s.options.Now()
	}
	if n.Type == "" {
		n.Type = "mention"
	}
	if n.StatusID == "" && n.Content != "" {
		n.StatusID = s.ids.next(n.At, s.options.Style.ULIDs)
	}
	if n.ID == "" {
		n.ID = s.ids.next(n.At, s.options.Style.ULIDs)
	}
	s.notifications = append(s.notifications, n)
	return n
}

// mentioned reports whether a post of somebody else is known by that identifier.
func (s *Server) mentioned(id string) bool {
	return slices.ContainsFunc(s.notifications, func(n Notification) bool { return n.StatusID == id })
}

// authorOf is the account of a post that is known here, or of somebody unknown.
func (s *Server) authorOf(id string) string {
	if s.find(id) != nil {
		return s.accountID()
	}
	for _, n := range s.notifications {
		if n.StatusID == id {
			return n.From.ID
		}
	}
	return "somebody"
}

// SetPolicy sets what is done with notifications of a kind: "accept", "filter" or "drop"
// for "for_not_following" and the like. What is filtered is not listed, which is all
// that is simulated of it.
func (s *Server) SetPolicy(kind, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy[kind] = what
}

func (s *Server) getPolicy(*http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := document{"summary": document{"pending_requests_count": 0, "pending_notifications_count": 0}}
	for kind, what := range s.policy {
		body[kind] = what
	}
	return ok(body)
}

func (s *Server) getNotifications(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, unwanted := r.URL.Query()["types[]"], r.URL.Query()["exclude_types[]"]
	var shown []Notification
	for _, n := range s.notifications {
		if (len(wanted) == 0 || slices.Contains(wanted, n.Type)) && !slices.Contains(unwanted, n.Type) {
			shown = append(shown, n)
		}
	}
	page, header := pageOf(shown, func(n Notification) string { return n.ID }, r, s.url, 40, 80)
	list := make([]document, len(page))
	for i, n := range page {
		list[i] = s.notificationDocument(n)
	}
	return reply{status: http.StatusOK, header: header, body: list}
}

func (s *Server) notificationDocument(n Notification) document {
	fields := make([]document, len(n.From.Fields))
	for i, field := range n.From.Fields {
		fields[i] = document{"name": field[0], "value": field[1], "verified_at": nil}
	}
	account := document{
		"id": n.From.ID, "username": n.From.Username, "acct": n.From.Acct, "display_name": n.From.Username,
		"bot": n.From.Bot, "locked": false, "note": n.From.Note, "url": "https://" + n.From.Acct,
		"created_at": "2026-01-05T00:00:00.000Z", "emojis": []document{}, "fields": fields,
	}
	body := document{
		"id": n.ID, "type": n.Type, "created_at": timeText(n.At), "account": account,
		"group_key": "ungrouped-" + n.ID,
	}
	if n.StatusID == "" {
		return body
	}
	var parent, answered any
	if n.InReplyTo != "" {
		parent, answered = n.InReplyTo, s.authorOf(n.InReplyTo)
	}
	body["status"] = document{
		"id": n.StatusID, "created_at": timeText(n.At), "in_reply_to_id": parent, "in_reply_to_account_id": answered,
		"sensitive": false, "spoiler_text": "", "visibility": n.Visibility, "language": "en", "content": n.Content,
		"uri": "https://" + n.From.Acct + "/" + n.StatusID, "url": "https://" + n.From.Acct + "/" + n.StatusID,
		"account": account, "media_attachments": []document{}, "mentions": []document{}, "tags": []document{},
		"emojis": []document{}, "reblog": nil, "card": nil, "poll": nil,
	}
	return body
}
