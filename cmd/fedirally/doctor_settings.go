package main

import (
	"errors"
	"net/url"
	"strings"
)

// checkSettings says of each setting where it comes from, and of those that are
// not right what is wrong.
func (d *doctor) checkSettings() {
	chosen, err := d.readSettings(forDoctor)
	d.settings = chosen
	for _, s := range chosen.sources {
		found := s.from
		switch {
		case s.value != "" && s.from == "default":
			found = "default, " + s.value
		case s.from == "default":
			found = "not set"
		case s.value != "":
			found = "set to " + shownValue(s.value)
		case s.from != "set":
			found = "from the file " + s.from
		}
		d.note(good, s.name, found, "")
	}
	var wrong settingsError
	if errors.As(err, &wrong) {
		for _, fault := range wrong.faults {
			d.note(failure, "settings", strings.TrimPrefix(fault.Error(), "  - "), "the server does not start like this")
		}
	}
	if len(chosen.secret) == 0 && err == nil {
		d.note(warning, "secret", "none is set, and none was made yet",
			"the first start of the server makes one beside the database; keep a copy of that file")
	}
}

// shownValue is a setting's value as it may be seen: an address may hold a password.
func shownValue(value string) string {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}
