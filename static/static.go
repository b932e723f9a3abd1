// Package static holds the files that the pages refer to: style and icon. They
// are part of the binary and are served under names that hold a hash of their
// content, so that a browser may keep them for ever and never shows an old one.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Prefix is the path below which the files are served.
const Prefix = "/static/"

//go:embed *.css *.svg
var embedded embed.FS

// Files serves the embedded files by their hashed names.
type Files struct {
	hashed map[string]string
	served map[string]file
}

type file struct {
	body        []byte
	contentType string
}

// New reads and hashes the embedded files.
func New() (*Files, error) {
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
		sum := sha256.Sum256(body)
		extension := path.Ext(entry.Name())
		hashed := strings.TrimSuffix(entry.Name(), extension) + "." + hex.EncodeToString(sum[:6]) + extension
		files.hashed[entry.Name()] = Prefix + hashed
		files.served[Prefix+hashed] = file{body: body, contentType: contentTypeOf(extension)}
	}
	return files, nil
}

// contentTypeOf does without the machine's own table of types, which may be wrong.
func contentTypeOf(extension string) string {
	if extension == ".css" {
		return "text/css; charset=utf-8"
	}
	return "image/svg+xml"
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
	if r.Method == http.MethodHead {
		return
	}
	// The visitor may have gone; there is nobody left to tell.
	_, _ = w.Write(served.body)
}
