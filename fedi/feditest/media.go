package feditest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Media is a file that was uploaded.
type Media struct {
	ID, Type string
	Data     []byte
	// Alt is the text for those who do not see it.
	Alt string

	polls    int
	attached bool
}

func (s *Server) postMedia(r *http.Request) reply {
	style := s.options.Style
	file, _, err := r.FormFile("file")
	if err != nil {
		return failure(style.Invalid, "Validation failed: File can't be blank")
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return failure(style.Invalid, "the file cannot be read")
	}
	kind := http.DetectContentType(data)
	describes := uniseg.GraphemeClusterCount(r.FormValue("description"))
	if style.Runes {
		describes = utf8.RuneCountInString(r.FormValue("description"))
	}
	switch {
	case !slices.Contains(mediaTypes(), kind) && style.gotosocial():
		return failure(http.StatusUnprocessableEntity, "Unprocessable Entity: error processing media")
	case !slices.Contains(mediaTypes(), kind):
		return failure(style.Invalid, "Validation failed: File content type is invalid")
	case len(data) > imageSize:
		return failure(http.StatusRequestEntityTooLarge, "Validation failed: File size must be less than 10 MB")
	case describes > style.Description:
		return failure(style.Invalid, fmt.Sprintf("Validation failed: Description is too long (maximum is %d characters)", style.Description))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	media := &Media{
		ID: s.ids.next(s.options.Now(), style.ULIDs), Type: kind, Data: data,
		Alt: r.FormValue("description"), polls: style.MediaPolls,
	}
	s.media[media.ID] = media
	if media.polls > 0 {
		return reply{status: http.StatusAccepted, body: s.mediaDocument(*media)}
	}
	return ok(s.mediaDocument(*media))
}

func (s *Server) getMedia(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	media := s.media[r.PathValue("id")]
	if media == nil || media.attached && !s.options.Style.gotosocial() {
		return failure(http.StatusNotFound, "Record not found")
	}
	if media.polls > 0 {
		media.polls--
		return reply{status: http.StatusPartialContent, body: s.mediaDocument(*media)}
	}
	return ok(s.mediaDocument(*media))
}

func (s *Server) mediaDocument(media Media) document {
	var address any
	if media.polls == 0 {
		address = s.url + "/media/" + media.ID
	}
	return document{
		"id": media.ID, "type": "image", "url": address, "preview_url": address, "remote_url": nil, "text_url": nil,
		"meta": document{}, "description": media.Alt, "blurhash": nil,
	}
}
