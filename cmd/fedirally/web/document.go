package web

import (
	"bytes"
	"compress/gzip"
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
// zero status is 200; with an etag it can be answered by 304. The body must not
// be changed any more.
type document struct {
	status      int
	contentType string
	cache       string
	location    string
	etag        string
	body        []byte
	// packed is the body compressed by gzip, for documents that are kept.
	packed []byte
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

// smallest is the length from which compressing saves a packet.
const smallest = 1200

// pack compresses the body. It is worth the while for a document that is sent
// more than once.
func (d document) pack() (document, error) {
	if len(d.body) < smallest || strings.HasPrefix(d.contentType, "image/") {
		return d, nil
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(d.body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return document{}, fmt.Errorf("compressing a document: %w", err)
	}
	d.packed = packed.Bytes()
	return d, nil
}

// ServeHTTP sends the document, or 304 to those who have it.
func (d document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", d.cache)
	if d.location != "" {
		header.Set("Location", d.location)
	}
	body, etag := d.body, d.etag
	if d.packed != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) {
			body, etag = d.packed, packedTag(d.etag)
		}
	}
	if etag != "" {
		header.Set("ETag", etag)
		if d.held(r.Header) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if d.contentType != "" {
		header.Set("Content-Type", d.contentType)
	}
	if d.packed != nil && len(body) == len(d.packed) {
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(max(d.status, http.StatusOK))
	if r.Method != http.MethodHead {
		// The visitor may have gone; there is nobody left to tell.
		_, _ = w.Write(body)
	}
}

// held reports whether the visitor has the document, in whichever coding.
func (d document) held(header http.Header) bool {
	asked := header["If-None-Match"]
	return len(asked) > 0 && (matches(asked, d.etag) || d.packed != nil && matches(asked, packedTag(d.etag)))
}

// packedTag is the tag of the compressed form: a strong tag stands for bytes.
func packedTag(etag string) string { return strings.TrimSuffix(etag, `"`) + `-gz"` }

// acceptsGzip reads Accept-Encoding. Only "q=0", in whatever spelling, refuses.
func acceptsGzip(header http.Header) bool {
	for _, line := range header["Accept-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			name, weight, weighed := strings.Cut(coding, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			_, q, _ := strings.Cut(weight, "=")
			value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			return !weighed || err != nil || value > 0
		}
	}
	return false
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
	made int
}

// get gives the document made of that thing, which is compared by ==.
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
	r.made++
	return doc, nil
}
