package leaderboard

import (
	"fmt"
	"strings"
)

// Evidence is the reason for which an entry is credited to an instance. The
// smaller, the better; a later copy of a gift with better evidence moves it.
type Evidence int8

// The evidence, best first. [ByOrganizer] is the word of a person and is never
// overridden by what a copy of the gift says.
const (
	ByOrganizer   Evidence = 0
	ByChampion    Evidence = 1
	ByRefcode     Evidence = 2
	ByAlias       Evidence = 3
	ByCustomField Evidence = 4
	ByNothing     Evidence = 5
)

// String gives the word that exports use.
func (e Evidence) String() string {
	switch e {
	case ByOrganizer:
		return "organizer"
	case ByChampion:
		return "champion"
	case ByRefcode:
		return "refcode"
	case ByAlias:
		return "alias"
	case ByCustomField:
		return "custom-field"
	case ByNothing:
		return "none"
	}
	return fmt.Sprintf("evidence %d", int8(e))
}

// Clues are what a contribution says about its instance. They may hold a handle,
// so they are personal data: the ledger seals them, and they print as nothing.
type Clues struct {
	// Refcode is the main refcode as it arrived.
	Refcode string
	// Coded is the host that our own code in Refcode stands for, if it is one.
	Coded Host
	// Written is the host that Refcode spells as people write it, if it does.
	Written Host
	// Fields are hosts found in the form's extra questions, in the form's order.
	Fields []FieldClue
	// Others are the other refcodes by name, kept for the thank-you lists.
	Others map[string]string
}

// FieldClue is a host found in the answer to one of a form's extra questions.
// An answer that is not Sure (one that may as well be an e-mail address) counts
// only when it names a host that is known to be an instance.
type FieldClue struct {
	Host Host
	Sure bool
}

// String hides the clues from logs and errors.
func (c Clues) String() string { return "clues (hidden)" }

// GoString hides the clues from %#v.
func (c Clues) GoString() string { return c.String() }

// Directory is what attribution asks of the registry of instances.
type Directory interface {
	// Canonical gives the instance that a host's gifts are credited to: the host
	// itself unless it is an alias.
	Canonical(host Host) Host
	// AliasOfCode gives the host that the organizer set for a refcode, which is
	// in the form of [AliasCode].
	AliasOfCode(code string) (Host, bool)
	// IsKnown reports whether the host is known to be an instance.
	IsKnown(host Host) bool
}

// AliasCode is the form in which refcodes are compared with aliases: trimmed
// and in lower case.
func AliasCode(refcode string) string { return strings.ToLower(strings.TrimSpace(refcode)) }

// Attribute decides which instance the clues credit, and why: the refcode by our
// own code, then as people write it, an alias of the organizer, a handle in an
// extra field. The first that fits wins; none gives [Unattributed]. Of the fields a
// sure one goes before those that may be e-mail addresses: or a handle would count
// only until the host of somebody's address becomes known.
func (c Clues) Attribute(d Directory) (Host, Evidence) {
	switch {
	case c.Coded != "":
		return d.Canonical(c.Coded), ByRefcode
	case c.Written != "":
		return d.Canonical(c.Written), ByRefcode
	}
	if code := AliasCode(c.Refcode); code != "" {
		if host, found := d.AliasOfCode(code); found {
			return d.Canonical(host), ByAlias
		}
	}
	for _, field := range c.Fields {
		if field.Sure {
			return d.Canonical(field.Host), ByCustomField
		}
	}
	for _, field := range c.Fields {
		if d.IsKnown(d.Canonical(field.Host)) {
			return d.Canonical(field.Host), ByCustomField
		}
	}
	return Unattributed, ByNothing
}
