package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

const (
	htmlType = "text/html; charset=utf-8"
	jsonType = "application/json; charset=utf-8"

	// briefly lets caches in between carry a burst of visitors, and no more: a
	// gift is to be seen within a second.
	briefly = "public, max-age=1"
	noStore = "no-store"
)

// document is an answer that is complete before its first byte is sent. The
// zero status is 200; with an etag it can be answered by 304.
type document struct {
	status      int
	contentType string
	cache       string
	location    string
	etag        string
	body        []byte
}

// page renders a component.
func page(ctx context.Context, status int, component templ.Component) (document, error) {
	var body bytes.Buffer
	if err := component.Render(ctx, &body); err != nil {
		return document{}, fmt.Errorf("rendering a page: %w", err)
	}
	return newDocument(status, htmlType, body.Bytes()), nil
}

// jsonDocument encodes a value.
func jsonDocument(status int, value any) (document, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return document{}, fmt.Errorf("encoding JSON: %w", err)
	}
	return newDocument(status, jsonType, append(body, '\n')), nil
}

func newDocument(status int, contentType string, body []byte) document {
	doc := document{status: status, contentType: contentType, cache: noStore, body: body}
	if status == http.StatusOK {
		sum := sha256.Sum256(body)
		doc.cache = briefly
		doc.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	}
	return doc
}

// redirect leads to another address. Permanent ones may be kept for a while.
func redirect(status int, location string) document {
	doc := document{status: status, location: location, cache: noStore}
	if status == http.StatusMovedPermanently {
		doc.cache = "public, max-age=3600"
	}
	return doc
}

// ServeHTTP sends the document, or 304 to those who have it.
func (d document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", d.cache)
	if d.location != "" {
		header.Set("Location", d.location)
	}
	if d.etag != "" {
		header.Set("ETag", d.etag)
		if matches(r.Header.Values("If-None-Match"), d.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if d.contentType != "" {
		header.Set("Content-Type", d.contentType)
	}
	header.Set("Content-Length", strconv.Itoa(len(d.body)))
	w.WriteHeader(max(d.status, http.StatusOK))
	if r.Method != http.MethodHead {
		// The visitor may have gone; there is nobody left to tell.
		_, _ = w.Write(d.body)
	}
}

// matches compares weakly, as If-None-Match asks for: a cache in between may
// have weakened our tag.
func matches(headers []string, etag string) bool {
	for _, header := range headers {
		for candidate := range strings.SplitSeq(header, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == etag {
				return true
			}
		}
	}
	return false
}

// rendering keeps a document that was made of something, until it is to be made
// of something else. Visitors who come together share one making.
type rendering struct {
	mu   sync.Mutex
	of   any
	kept *document
}

func (r *rendering) get(of any, render func() (document, error)) (document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept != nil && r.of == of {
		return *r.kept, nil
	}
	doc, err := render()
	if err != nil {
		return document{}, err
	}
	r.of, r.kept = of, &doc
	return doc, nil
}
