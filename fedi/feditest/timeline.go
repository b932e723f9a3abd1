package feditest

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

//go:embed timeline.css
var stylesheet []byte

//go:embed timeline.html
var timelinePage string

// policy lets the page show its own pictures and style, and nothing else.
const policy = "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// TimelineURL is a page on which a person sees the posts, newest first.
func (s *Server) TimelineURL() string { return s.url + "/@" + s.options.Profile.Username }

// shownPost is a post as the page shows it.
type shownPost struct {
	Post

	Paragraphs [][]piece
	Shown      string
}

// piece is a stretch of text, a link if it has an address, or the end of a line.
type piece struct{ Text, Address string }

func (s *Server) pageRoutes() {
	page := template.Must(template.New("timeline").Parse(timelinePage))
	show := func(w http.ResponseWriter, _ *http.Request) {
		posts := s.Posts()
		slices.Reverse(posts)
		shown := make([]shownPost, 0, len(posts))
		for _, post := range posts {
			if !post.Deleted {
				shown = append(shown, shownPost{
					Post: post, Paragraphs: paragraphs(post.Text), Shown: post.At.UTC().Format("Mon, Jan 2, 15:04:05 UTC"),
				})
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_ = page.Execute(w, map[string]any{"Profile": s.options.Profile, "Posts": shown}) // the visitor has gone
	}
	s.pages.HandleFunc("GET /{$}", show)
	s.pages.HandleFunc("GET /{handle}", show)
	s.pages.HandleFunc("GET /timeline.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(stylesheet)
	})
	s.pages.HandleFunc("GET /media/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		media := s.media[r.PathValue("id")]
		s.mu.Unlock()
		if media == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", media.Type)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(media.Data)
	})
}

// paragraphs splits a text into pieces; a piece with a line break alone ends a line.
func paragraphs(text string) [][]piece {
	var all [][]piece
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var pieces []piece
		for i, line := range strings.Split(paragraph, "\n") {
			if i > 0 {
				pieces = append(pieces, piece{Text: "\n"})
			}
			last := 0
			for _, at := range addressPattern.FindAllStringIndex(line, -1) {
				pieces = append(pieces, piece{Text: line[last:at[0]]}, piece{Text: line[at[0]:at[1]], Address: line[at[0]:at[1]]})
				last = at[1]
			}
			pieces = append(pieces, piece{Text: line[last:]})
		}
		all = append(all, pieces)
	}
	return all
}
