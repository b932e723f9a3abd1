package feditest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
)

// document is a JSON object, field by field, as a server writes it.
type document map[string]any

// reply is what a request is answered with.
type reply struct {
	status int
	header http.Header
	body   any // written as JSON
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// failure is an error in the words of the API.
func failure(status int, words string) reply {
	return reply{status: status, body: document{"error": words}}
}

func (p reply) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.header)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(p.status)
	if p.body != nil {
		// Nothing but maps, lists and plain values is ever written.
		_ = json.NewEncoder(w).Encode(p.body)
	}
}

// held is an answer that has not been sent: the request was carried out, and what
// the client hears of it is another matter.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*held)(nil)

func (h *held) Header() http.Header { return h.header }

func (h *held) WriteHeader(status int) { h.status = status }

func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }
