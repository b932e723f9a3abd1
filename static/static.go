// Package static holds the files that the pages refer to: style, script and icon. They
// are part of the binary and are served under names that hold a hash of their
// content, so that a browser may keep them for ever and never shows an old one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
)

// Prefix is the path below which the files are served.
const Prefix = "/static/"

//go:embed *.css *.js *.svg
var embedded embed.FS

// Files serves the embedded files by their hashed names.
type Files struct {
	hashed map[string]string
	served map[string]file
}

type file struct {
	body        []byte
	packed      []byte // by gzip
	contentType string
}

// New gives the embedded files. They are read, shrunk and hashed once, however many
// servers a process has.
func New() (*Files, error) { return once() }

var once = sync.OnceValues(load) //nolint:gochecknoglobals // what is embedded never changes

func load() (*Files, error) {
	files := &Files{hashed: map[string]string{}, served: map[string]file{}}
	entries, err := fs.ReadDir(embedded, ".")
	if err != nil {
		return nil, fmt.Errorf("listing static files: %w", err)
	}
	for _, entry := range entries {
		body, err := embedded.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading static file: %w", err)
		}
		extension := path.Ext(entry.Name())
		if body, err = shrink(contentTypeOf(extension), body); err != nil {
			return nil, fmt.Errorf("shrinking %s: %w", entry.Name(), err)
		}
		sum := sha256.Sum256(body)
		hashed := strings.TrimSuffix(entry.Name(), extension) + "." + hex.EncodeToString(sum[:6]) + extension
		files.hashed[entry.Name()] = Prefix + hashed
		var packed bytes.Buffer
		zipper := gzip.NewWriter(&packed)
		if _, err := zipper.Write(body); err != nil {
			return nil, fmt.Errorf("compressing static file: %w", err)
		}
		if err := zipper.Close(); err != nil {
			return nil, fmt.Errorf("compressing static file: %w", err)
		}
		files.served[Prefix+hashed] = file{body: body, packed: packed.Bytes(), contentType: contentTypeOf(extension)}
	}
	return files, nil
}

// contentTypeOf does without the machine's own table of types, which may be wrong.
func contentTypeOf(extension string) string {
	switch extension {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return "image/svg+xml"
}

// shrink leaves out what only people read. The source is as good to read as the
// rest of the program, and a visitor's line may be slow.
func shrink(contentType string, body []byte) ([]byte, error) {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/javascript", js.Minify)
	kind, _, _ := strings.Cut(contentType, ";")
	shrunk, err := m.Bytes(kind, body)
	if errors.Is(err, minify.ErrNotExist) {
		return body, nil
	}
	return shrunk, err
}

// Path gives the path under which a file is served: "app.css" is at
// "/static/app.<hash>.css". It is empty for a file that does not exist.
func (f *Files) Path(name string) string { return f.hashed[name] }

// ServeHTTP serves a file by its hashed path. It answers 404 for every other
// path, that of an earlier version included.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	served, found := f.served[r.URL.Path]
	if !found {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", served.contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	body := served.body
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		body = served.packed
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// The visitor may have gone; there is nobody left to tell.
	_, _ = w.Write(body)
}

// acceptsGzip reads an Accept-Encoding as browsers write it; a weighed gzip is
// left alone, for a weight may refuse it.
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(coding) == "gzip" {
			return true
		}
	}
	return false
}
