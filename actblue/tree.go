package actblue

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// ErrNotJSON says that a body is not one JSON value. Nested more than ten
// thousand deep counts as that too; it is the only error of [Parse].
var ErrNotJSON = errors.New("the body is not one JSON value")

// decode reads one JSON value, with numbers kept as they were written, so that
// money never passes through a float.
func decode(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, ErrNotJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrNotJSON
	}
	return tree, nil
}

// object is a JSON object read leniently: a field of the wrong type reads as if
// it were absent, so that nothing which does not matter can spoil a delivery. Where
// it does matter, [object.says] tells absent from unreadable. A nil object is empty.
type object map[string]any

func asObject(value any) object {
	fields, _ := value.(map[string]any)
	return fields
}

func (o object) object(key string) object { return asObject(o[key]) }

func (o object) list(key string) []any {
	items, _ := o[key].([]any)
	return items
}

// says reports whether the field holds anything: absent, null and blank text do not.
func (o object) says(key string) bool {
	switch value := o[key].(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(value) != ""
	}
	return true
}

// token is the field's text or number as it was written, without space around it.
// What is compared or computed with is read from here: cleaning first would make
// a good value out of a bad one.
func (o object) token(key string) string {
	switch value := o[key].(type) {
	case string:
		return strings.TrimSpace(value)
	case json.Number:
		return value.String()
	}
	return ""
}

// text is the field's text or number, cleaned and cut, for keeping.
func (o object) text(key string, runes int) string { return cut(clean(o.token(key)), runes) }

// integer reads a whole number of zero or more, written as a number or as digits.
func (o object) integer(key string) (int64, bool) {
	n, err := strconv.ParseUint(o.token(key), 10, 63)
	return int64(n), err == nil
}

// cents reads an amount of dollars above zero.
func (o object) cents(key string) (leaderboard.Cents, bool) {
	amount, err := leaderboard.ParseCents(o.token(key))
	return amount, err == nil && amount > 0
}

// time reads an instant; see [parseTime].
func (o object) time(key string) (time.Time, bool) {
	text, _ := o[key].(string)
	return parseTime(strings.TrimSpace(text))
}
