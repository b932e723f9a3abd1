package leaderboard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fedirally/leaderboard"
)

// directory is a registry for tests.
type directory struct {
	canonical map[leaderboard.Host]leaderboard.Host
	codes     map[string]leaderboard.Host
	known     map[leaderboard.Host]bool
}

var _ leaderboard.Directory = directory{}

func (d directory) Canonical(host leaderboard.Host) leaderboard.Host {
	if target, found := d.canonical[host]; found {
		return target
	}
	return host
}

func (d directory) AliasOfCode(code string) (leaderboard.Host, bool) {
	host, found := d.codes[code]
	return host, found
}

func (d directory) IsKnown(host leaderboard.Host) bool { return d.known[host] }

func TestAttribute(t *testing.T) {
	d := directory{
		canonical: map[leaderboard.Host]leaderboard.Host{"old.example": "new.example", "maybe-old.example": "known.example"},
		codes:     map[string]leaderboard.Host{"friends": "friends.example", "old friends": "old.example"},
		known:     map[leaderboard.Host]bool{"known.example": true},
	}
	sure := func(host leaderboard.Host) leaderboard.FieldClue {
		return leaderboard.FieldClue{Host: host, Sure: true}
	}
	unsure := func(host leaderboard.Host) leaderboard.FieldClue { return leaderboard.FieldClue{Host: host} }
	for name, test := range map[string]struct {
		clues    leaderboard.Clues
		host     leaderboard.Host
		evidence leaderboard.Evidence
	}{
		"nothing":      {leaderboard.Clues{}, "", leaderboard.ByNothing},
		"unknown code": {leaderboard.Clues{Refcode: "newsletter"}, "", leaderboard.ByNothing},
		"our code before all": {
			leaderboard.Clues{Refcode: "friends", Coded: "coded.example", Written: "written.example", Fields: []leaderboard.FieldClue{sure("field.example")}},
			"coded.example", leaderboard.ByRefcode,
		},
		"as people write it, before an alias": {
			leaderboard.Clues{Refcode: "friends", Written: "written.example", Fields: []leaderboard.FieldClue{sure("field.example")}},
			"written.example", leaderboard.ByRefcode,
		},
		"alias before a field":             {leaderboard.Clues{Refcode: " Friends\n", Fields: []leaderboard.FieldClue{sure("field.example")}}, "friends.example", leaderboard.ByAlias},
		"field":                            {leaderboard.Clues{Refcode: "newsletter", Fields: []leaderboard.FieldClue{sure("a.example"), sure("b.example")}}, "a.example", leaderboard.ByCustomField},
		"unsure field of an unknown host":  {leaderboard.Clues{Fields: []leaderboard.FieldClue{unsure("mail.example")}}, "", leaderboard.ByNothing},
		"unsure field of a known instance": {leaderboard.Clues{Fields: []leaderboard.FieldClue{unsure("mail.example"), unsure("known.example")}}, "known.example", leaderboard.ByCustomField},
		"sure field after an unsure one":   {leaderboard.Clues{Fields: []leaderboard.FieldClue{unsure("known.example"), sure("a.example")}}, "a.example", leaderboard.ByCustomField},
		"unsure alias of a known instance": {leaderboard.Clues{Fields: []leaderboard.FieldClue{unsure("maybe-old.example")}}, "known.example", leaderboard.ByCustomField},
		"alias of a host, our code":        {leaderboard.Clues{Coded: "old.example"}, "new.example", leaderboard.ByRefcode},
		"alias of a host, written":         {leaderboard.Clues{Written: "old.example"}, "new.example", leaderboard.ByRefcode},
		"alias of a host, by a code":       {leaderboard.Clues{Refcode: "OLD friends"}, "new.example", leaderboard.ByAlias},
		"alias of a host, in a field":      {leaderboard.Clues{Fields: []leaderboard.FieldClue{sure("old.example")}}, "new.example", leaderboard.ByCustomField},
	} {
		t.Run(name, func(t *testing.T) {
			host, evidence := test.clues.Attribute(d)
			assert.Equal(t, test.host, host)
			assert.Equal(t, test.evidence, evidence)
		})
	}
}

func TestEvidenceIsOrderedBestFirst(t *testing.T) {
	order := []leaderboard.Evidence{
		leaderboard.ByOrganizer, leaderboard.ByChampion, leaderboard.ByRefcode, leaderboard.ByAlias, leaderboard.ByCustomField, leaderboard.ByNothing,
	}
	assert.IsIncreasing(t, order)
	said := map[string]bool{}
	for _, evidence := range order {
		said[evidence.String()] = true
	}
	assert.Len(t, said, len(order), "each has a word of its own")
	assert.Less(t, leaderboard.ByEmail, leaderboard.ByName)
	assert.Less(t, leaderboard.ByName, leaderboard.Anonymous)
}
