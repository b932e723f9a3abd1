package actblue

import (
	"maps"
	"slices"
	"strings"

	"fedirally/leaderboard"
)

// Bounds on what is read of extra codes and questions. A form has a handful.
const (
	maxOthers = 16
	maxFields = 32
	maxAnswer = 2000
)

// readClues gathers what the contribution says about its instance, and gives the
// donor the handle that was found on the way.
func (d *delivery) readClues() leaderboard.Clues {
	codes := d.contribution.object("refcodes")
	refcode := codes.token("refcode")
	if clean(refcode) == "" {
		refcode = d.contribution.token("refcode")
	}
	refcode = clean(refcode)
	// What the code stands for is read before it is cut: a part of one host's
	// code may well be the code of another.
	clues := leaderboard.Clues{Refcode: cut(refcode, maxRefcode), Others: d.otherCodes(codes)}
	written := spelling{}
	plain := clean(unescape(refcode))
	if host, ours := DecodeHost(plain); ours {
		clues.Coded = host
	} else if !d.donor.isEmail(plain) {
		written, _ = readSpelling(plain)
		clues.Written = written.host
	}
	fields, handle := d.readFields()
	clues.Fields = fields
	if handle == "" {
		handle = written.handle
	}
	d.donor.person.Handle = handle
	return clues
}

// otherCodes are the refcodes beside the main one. refcode2 comes first, so that
// no number of others pushes it out: it may hold a champion's token.
func (d *delivery) otherCodes(codes object) map[string]string {
	others := make(map[string]string)
	keep := func(from object, name string) {
		key, value := cut(clean(name), maxKey), from.text(name, maxRefcode)
		if _, there := others[key]; key != "" && value != "" && !there && len(others) < maxOthers {
			others[key] = value
		}
	}
	keep(codes, "refcode2")
	keep(d.contribution, "refcode2")
	for _, name := range slices.Sorted(maps.Keys(codes)) {
		if name != "refcode" {
			keep(codes, name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return others
}

// readFields reads the hosts out of the form's extra questions, and the first
// handle that is one beyond doubt.
func (d *delivery) readFields() (clues []leaderboard.FieldClue, handle string) {
	fields := d.contribution.list("customFields")
	for _, field := range fields[:min(len(fields), maxFields)] {
		answer := asObject(field).text("answer", maxAnswer)
		asksForInstance := isFediverseLabel(asObject(field).text("label", maxAnswer))
		found, sure, ok := d.readAnswer(answer, asksForInstance)
		if !ok {
			continue
		}
		clues = append(clues, leaderboard.FieldClue{Host: found.host, Sure: sure})
		if handle == "" && (asksForInstance || found.clear) {
			handle = found.handle
		}
	}
	return clues, handle
}

// readAnswer reads one answer. What is clearly an account counts in any question,
// within a sentence too. Otherwise the whole answer must name a host, and is sure
// only where the question asked for one. A host in the midst of a sentence is a
// hint, and only where the question asked. The donor's e-mail address never counts.
func (d *delivery) readAnswer(answer string, asksForInstance bool) (found spelling, sure, ok bool) {
	if answer == "" || d.donor.isEmail(answer) {
		return spelling{}, false, false
	}
	parts := words(answer)
	for _, word := range parts {
		if found, ok = readSpelling(word); ok && found.clear {
			return found, true, true
		}
	}
	if found, ok = readSpelling(answer); ok {
		return found, asksForInstance, true
	}
	if asksForInstance {
		for _, word := range parts {
			if found, ok = readSpelling(word); ok && !d.donor.isEmail(word) {
				return found, false, true
			}
		}
	}
	return spelling{}, false, false
}

// isFediverseLabel reports whether a question asks for an account or a server on
// the Fediverse. Words that other networks use too ("handle") do not count in a
// question that names one of those: on some of them a name looks like a domain.
func isFediverseLabel(label string) bool {
	own, shared, elsewhere := false, false, false
	for _, word := range strings.FieldsFunc(strings.ToLower(label), func(r rune) bool { return r < 'a' || r > 'z' }) {
		startsWith := func(prefix string) bool { return strings.HasPrefix(word, prefix) }
		own = own || slices.ContainsFunc([]string{
			"fedi", "mastodon", "pixelfed", "lemmy", "misskey", "pleroma", "akkoma", "gotosocial", "friendica",
			"peertube", "mbin", "kbin", "bookwyrm", "piefed", "sharkey", "iceshrimp", "hubzilla", "activitypub", "toot",
		}, startsWith)
		shared = shared || slices.ContainsFunc([]string{"handle", "instance", "server", "account"}, startsWith)
		elsewhere = elsewhere || slices.ContainsFunc([]string{
			"twitter", "bluesky", "bsky", "instagram", "threads", "facebook", "tiktok", "youtube", "linkedin",
			"discord", "telegram", "reddit", "github", "venmo", "paypal", "bank", "mail", "email",
		}, startsWith)
	}
	return own || shared && !elsewhere
}
