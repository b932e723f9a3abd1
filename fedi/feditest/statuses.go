package feditest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// keyLife is how long an Idempotency-Key is known.
const keyLife = time.Hour

// Post is a post as it lies on the server.
type Post struct {
	ID, URL string
	// Text is as it was sent, and Warning the content warning.
	Text, Warning        string
	Language, Visibility string
	Sensitive            bool
	InReplyTo            string
	Media                []Media
	// Key is the Idempotency-Key that it came with.
	Key string
	// At is when it arrived.
	At      time.Time
	Deleted bool
}

// keyed is what an Idempotency-Key stands for.
type keyed struct {
	post *Post
	at   time.Time
}

func (s *Server) postStatus(r *http.Request) reply {
	if s.options.Style.gotosocial() && r.Header.Get("Content-Type") == "" {
		return failure(http.StatusNotAcceptable, "Not Acceptable: content-type  not supported for this endpoint")
	}
	if err := r.ParseForm(); err != nil {
		return failure(s.options.Style.Invalid, "the form cannot be read")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, key := s.options.Now(), r.Header.Get("Idempotency-Key")
	if known, found := s.keys[key]; found && s.options.Style.KeepsKeys && now.Sub(known.at) < keyLife {
		return ok(s.statusDocument(*known.post))
	}
	post := &Post{
		Text: r.PostForm.Get("status"), Warning: r.PostForm.Get("spoiler_text"),
		Language: r.PostForm.Get("language"), Visibility: r.PostForm.Get("visibility"),
		Sensitive: r.PostForm.Get("sensitive") == "true", InReplyTo: r.PostForm.Get("in_reply_to_id"),
		Key: key, At: now,
	}
	if refusal, refused := s.complete(post, r.PostForm["media_ids[]"]); refused {
		return refusal
	}
	post.ID = s.ids.next(now, s.options.Style.ULIDs)
	post.URL = s.url + "/@" + s.options.Profile.Username + "/" + post.ID
	if s.options.Style.gotosocial() {
		post.URL = s.url + "/@" + s.options.Profile.Username + "/statuses/" + post.ID
	}
	s.posts = append(s.posts, post)
	if key != "" {
		s.keys[key] = keyed{post: post, at: now}
	}
	return ok(s.statusDocument(*post))
}

// complete fills in what follows from the account and the media, and checks the post
// as the style does.
func (s *Server) complete(post *Post, media []string) (reply, bool) {
	style := s.options.Style
	invalid := func(format string, args ...any) (reply, bool) {
		words := fmt.Sprintf(format, args...)
		if style.Invalid == http.StatusBadRequest {
			return failure(style.Invalid, "Bad Request: "+words), true
		}
		return failure(style.Invalid, "Validation failed: "+words), true
	}
	switch post.Visibility {
	case "":
		post.Visibility = "public"
	case "public", "unlisted", "private", "direct":
	default:
		if style.gotosocial() {
			return failure(http.StatusUnprocessableEntity, "Unprocessable Entity: processVisibility: invalid visibility"), true
		}
		return invalid("Visibility is not included in the list")
	}
	if strings.TrimSpace(post.Text) == "" && len(media) == 0 {
		return invalid("Text can't be blank")
	}
	if style.Length(post.Warning, post.Text) > style.MaxCharacters {
		if style.Runes {
			return invalid("text with spoiler exceed max chars (%d)", style.MaxCharacters)
		}
		return invalid("Text character limit of %d exceeded", style.MaxCharacters)
	}
	if post.InReplyTo != "" && s.find(post.InReplyTo) == nil && !s.mentioned(post.InReplyTo) {
		return s.gone(), true
	}
	for _, id := range media {
		known := s.media[id]
		switch {
		case known == nil:
			return invalid("media not found: %s", id)
		case known.attached:
			return invalid("media already attached to status: %s", id)
		case known.polls > 0:
			return failure(style.Invalid, "Cannot attach files that have not finished processing. Try again in a moment!"), true
		}
		post.Media = append(post.Media, *known)
	}
	for _, id := range media {
		s.media[id].attached = true
	}
	if post.Warning != "" && (len(media) > 0 || !style.gotosocial()) {
		post.Sensitive = true
	}
	return reply{}, false
}

// gone says that a post is not there.
func (s *Server) gone() reply {
	if s.options.Style.gotosocial() {
		return failure(http.StatusNotFound, "Not Found: target status not found")
	}
	return failure(http.StatusNotFound, "Record not found")
}

// find gives a post that was not deleted.
func (s *Server) find(id string) *Post {
	i := slices.IndexFunc(s.posts, func(post *Post) bool { return post.ID == id && !post.Deleted })
	if i < 0 {
		return nil
	}
	return s.posts[i]
}

func (s *Server) getStatus(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if post := s.find(r.PathValue("id")); post != nil {
		return ok(s.statusDocument(*post))
	}
	return s.gone()
}

func (s *Server) deleteStatus(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	post := s.find(r.PathValue("id"))
	if post == nil {
		return s.gone()
	}
	post.Deleted = true
	body := s.statusDocument(*post)
	body["text"] = post.Text
	return ok(body)
}

// Delete removes a post, as its author or a moderator does by hand.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if post := s.find(id); post != nil {
		post.Deleted = true
	}
}

func (s *Server) accountStatuses(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.PathValue("id") != s.accountID() {
		if s.options.Style.gotosocial() {
			return ok([]document{}) // it does not look whether there is such an account
		}
		return s.gone()
	}
	query := r.URL.Query()
	var shown []*Post
	for _, post := range s.posts {
		hidden := post.Deleted || post.InReplyTo != "" && query.Get("exclude_replies") == "true" ||
			len(post.Media) == 0 && query.Get("only_media") == "true"
		if !hidden {
			shown = append(shown, post)
		}
	}
	page, header := pageOf(shown, func(p *Post) string { return p.ID }, r, s.url, 20, 40)
	list := make([]document, len(page))
	for i, post := range page {
		list[i] = s.statusDocument(*post)
	}
	return reply{status: http.StatusOK, header: header, body: list}
}

func (s *Server) homeTimeline(*http.Request) reply { return ok([]document{}) }

// timeText is a time as servers write it.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *Server) statusDocument(post Post) document {
	media := make([]document, len(post.Media))
	for i, m := range post.Media {
		media[i] = s.mediaDocument(m)
	}
	var parent any
	if post.InReplyTo != "" {
		parent = post.InReplyTo
	}
	written := content(post.Text, s.url)
	if s.options.Style.gotosocial() {
		written = bareContent(post.Text, s.url)
	}
	return document{
		"id": post.ID, "created_at": timeText(post.At), "edited_at": nil,
		"in_reply_to_id": parent, "in_reply_to_account_id": nil,
		"sensitive": post.Sensitive, "spoiler_text": post.Warning, "visibility": post.Visibility, "language": post.Language,
		"uri": s.url + "/users/" + s.options.Profile.Username + "/statuses/" + post.ID, "url": post.URL,
		"replies_count": 0, "reblogs_count": 0, "favourites_count": 0,
		"favourited": false, "reblogged": false, "muted": false, "bookmarked": false, "pinned": false,
		"content": written, "reblog": nil, "application": document{"name": "simulated"},
		"account": s.accountDocument(), "media_attachments": media,
		"mentions": []document{}, "tags": []document{}, "emojis": []document{}, "card": nil, "poll": nil,
	}
}
