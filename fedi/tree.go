package fedi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// tree is a JSON document of which nothing is expected: what is missing, null or of
// another type than it should be is as good as absent.
type tree struct{ value any }

func (t tree) at(keys ...string) tree {
	for _, key := range keys {
		object, ok := t.value.(map[string]any)
		if !ok {
			return tree{}
		}
		t = tree{object[key]}
	}
	return t
}

func (t tree) list() []tree {
	values, _ := t.value.([]any)
	list := make([]tree, len(values))
	for i, value := range values {
		list[i] = tree{value}
	}
	return list
}

// text is a text, or a number as it was written.
func (t tree) text() string {
	switch value := t.value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// number is a whole number, also one in quotes; false for anything else.
func (t tree) number() (int64, bool) {
	n, err := strconv.ParseInt(t.text(), 10, 64)
	return n, err == nil
}

func (t tree) yes() bool {
	value, ok := t.value.(bool)
	return ok && value
}

func (t tree) has() bool { return t.value != nil }

// get asks for a document. The token goes with it: some servers show nobody else even
// what is public elsewhere.
func (c *Client) get(ctx context.Context, path string, query url.Values) (tree, http.Header, error) {
	address := c.server + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return tree{}, nil, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.api.Config.AccessToken)
	response, err := c.http.Do(request)
	if err != nil {
		return tree{}, nil, told(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return tree{}, nil, fmt.Errorf("reading the answer to GET %s: %w", path, err)
	}
	var document tree
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err = decoder.Decode(&document.value)
	if response.StatusCode != http.StatusOK {
		return tree{}, nil, &RefusalError{Status: response.StatusCode, Words: cleanWords(document.at("error").text())}
	}
	if err != nil {
		return tree{}, nil, fmt.Errorf("the answer to GET %s is not JSON", path)
	}
	return document, response.Header, nil
}
