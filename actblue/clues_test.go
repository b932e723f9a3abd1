package actblue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fedirally/leaderboard"
)

// gift parses the sample contribution with changes; it must be a gift.
func gift(t *testing.T, edits ...edit) leaderboard.Gift {
	t.Helper()
	notice := parse(t, gifts, edited(t, "contribution", edits...))
	if !assert.Len(t, notice.Gifts, 1) {
		t.FailNow()
	}
	return notice.Gifts[0]
}

func TestRefcodes(t *testing.T) {
	for _, c := range []struct {
		name          string
		refcodes, old any
		want          string
	}{
		{"both", map[string]any{"refcode": "new"}, "old", "new"},
		{"only new", map[string]any{"refcode": " new "}, gone, "new"},
		{"only old", gone, "old", "old"},
		{"refcodes null", nil, "old", "old"},
		{"refcodes empty", map[string]any{}, "old", "old"},
		{"refcodes' refcode null", map[string]any{"refcode": nil}, "old", "old"},
		{"refcodes' refcode blank", map[string]any{"refcode": " "}, "old", "old"},
		{"refcodes a list", []any{"new"}, "old", "old"},
		{"neither", map[string]any{}, nil, ""},
		{"cleaned", map[string]any{"refcode": "a\x00b\tc\u202e"}, nil, "ab c"},
		{"cut", map[string]any{"refcode": strings.Repeat("ü", 300)}, nil, strings.Repeat("ü", 256)},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, gift(t, order("refcodes", c.refcodes), order("refcode", c.old)).Clues.Refcode)
		})
	}
}

func TestRefcodesNameHosts(t *testing.T) {
	for _, c := range []struct {
		refcode        string
		coded, written leaderboard.Host
		handle         string
	}{
		{"fedi_mastodon_social", "mastodon.social", "", ""},
		{"Fedi_Mastodon_Social", "mastodon.social", "", ""},
		{"fedi%5Fmastodon_social", "mastodon.social", "", ""},
		{"mastodon.social", "", "mastodon.social", ""},
		{"HTTPS://Mastodon.Social/about", "", "mastodon.social", ""},
		{"https%3A%2F%2Fmastodon.social%2F%40ada", "", "mastodon.social", "@ada@mastodon.social"},
		{"@Ada@Mastodon.Social", "", "mastodon.social", "@Ada@mastodon.social"},
		{"ada@mastodon.social", "", "mastodon.social", "@ada@mastodon.social"},
		{"acct:ada@bücher.example", "", "xn--bcher-kva.example", "@ada@xn--bcher-kva.example"},
		{"mastodon.social/@ada", "", "mastodon.social", "@ada@mastodon.social"},
		{"ada.example%40example.com", "", "", ""}, // the donor's e-mail
		{"mailto:x@mastodon.social", "", "", ""},
		{"fedi_mastodon___social", "", "", ""},
		{"em2024-spring", "", "", ""},
		{"mastodon.social%", "", "", ""},
	} {
		t.Run(c.refcode, func(t *testing.T) {
			gift := gift(t, at(c.refcode, "contribution", "refcodes", "refcode"), order("customFields", nil))
			assert.Equal(t, c.coded, gift.Clues.Coded)
			assert.Equal(t, c.written, gift.Clues.Written)
			assert.Equal(t, c.handle, gift.Donor.Handle)
			assert.Equal(t, c.refcode, gift.Clues.Refcode)
		})
	}
	// The code of a long host with hyphens is longer than what is kept of it.
	host := leaderboard.Host(strings.Repeat("a-b-c-d-e-f-g-h.", 14) + "example")
	long := gift(t, at(EncodeHost(host), "contribution", "refcodes", "refcode")).Clues
	assert.Equal(t, host, long.Coded)
	assert.Len(t, long.Refcode, maxRefcode)
}

func TestOtherRefcodes(t *testing.T) {
	clues := gift(t, order("refcodes", map[string]any{"refcode": "a", "refcodeX": "x", "refcodeY": nil, "refcodeZ": " ", "": "e", "n": 7}),
		order("refcode2", "token")).Clues
	assert.Equal(t, map[string]string{"refcode2": "token", "refcodeX": "x", "n": "7"}, clues.Others)
	clues = gift(t, order("refcodes", map[string]any{"refcode2": "newer"}), order("refcode2", "token")).Clues
	assert.Equal(t, map[string]string{"refcode2": "newer"}, clues.Others)

	crowd := map[string]any{strings.Repeat("k", 500): "long"}
	for i := range 50 {
		crowd[fmt.Sprintf("a%02d", i)] = "x"
	}
	clues = gift(t, order("refcodes", crowd), order("refcode2", "token")).Clues
	assert.Len(t, clues.Others, maxOthers)
	assert.Equal(t, "token", clues.Others["refcode2"], "no number of others pushes it out")
	assert.Nil(t, gift(t, order("refcodes", nil), order("refcode2", nil)).Clues.Others)
}

func TestExtraQuestions(t *testing.T) {
	const asks, other = "Your Fediverse handle", "Anything else?"
	sure := func(host leaderboard.Host) []leaderboard.FieldClue {
		return []leaderboard.FieldClue{{Host: host, Sure: true}}
	}
	hint := func(host leaderboard.Host) []leaderboard.FieldClue { return []leaderboard.FieldClue{{Host: host}} }
	for _, c := range []struct {
		label, answer string
		clues         []leaderboard.FieldClue
		handle        string
	}{
		{other, "@bo@Fosstodon.org", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{other, "find me at @bo@fosstodon.org, thanks!", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{other, "acct:bo@fosstodon.org", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{other, "https://fosstodon.org/@bo", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{other, "fosstodon.org/@bo/112233?x=1", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{other, "https://mastodon.social/@bo@fosstodon.org", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{other, "bo@fosstodon.org", hint("fosstodon.org"), ""},
		{other, "fosstodon.org", hint("fosstodon.org"), ""},
		{other, "https://www.youtube.com/@bo", hint("www.youtube.com"), ""},
		{other, "I heard of you on fosstodon.org", nil, ""},
		{other, "ADA.example@example.com ", nil, ""},
		{other, "mailto:bo@fosstodon.org", nil, ""},
		{other, "yes", nil, ""},
		{other, "555.123.4567", nil, ""},
		{other, "@bo", nil, ""},
		{other, "", nil, ""},
		{asks, "bo@fosstodon.org", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{asks, "@bo@fosstodon.org", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{asks, "fosstodon.org", sure("fosstodon.org"), ""},
		{asks, "https://fosstodon.org/about", sure("fosstodon.org"), ""},
		{asks, "bo on fosstodon.org (since 2018)", hint("fosstodon.org"), ""},
		{asks, "ada.example@example.com", nil, ""},
		{asks, "<script>@fosstodon.org", sure("fosstodon.org"), ""},
		{asks, "bo", nil, ""},
		{"MASTODON?", "bo@fosstodon.org", sure("fosstodon.org"), "@bo@fosstodon.org"},
		{"fediverse_account_1", "fosstodon.org", sure("fosstodon.org"), ""},
		{"Home server", "fosstodon.org", sure("fosstodon.org"), ""},
		{"Which instance?", "fosstodon.org", sure("fosstodon.org"), ""},
		{"Pixelfed or Lemmy", "pixelfed.social", sure("pixelfed.social"), ""},
		{"Instagram handle", "@bo.example", hint("bo.example"), ""},
		{"Bluesky handle", "bo.bsky.social", hint("bo.bsky.social"), ""},
		{"Mastodon or Bluesky handle", "fosstodon.org", sure("fosstodon.org"), ""},
		{"Poll observer?", "fosstodon.org", hint("fosstodon.org"), ""},
	} {
		t.Run(c.label+" "+c.answer, func(t *testing.T) {
			gift := gift(t, order("customFields", []any{map[string]any{"label": c.label, "answer": c.answer}}))
			assert.Equal(t, c.clues, gift.Clues.Fields)
			assert.Equal(t, c.handle, gift.Donor.Handle)
		})
	}
}

func TestExtraQuestionsInAllShapes(t *testing.T) {
	answers := []any{
		nil, "x", 5,
		map[string]any{},
		map[string]any{"label": nil, "answer": nil},
		map[string]any{"label": []any{}, "answer": 5},
		map[string]any{"answer": "bo@one.example"},
		map[string]any{"answer": "@bo@two.example"},
		map[string]any{"label": "Mastodon", "answer": "@cy@three.example"},
	}
	found := gift(t, order("customFields", answers))
	assert.Equal(t, []leaderboard.FieldClue{{Host: "one.example"}, {Host: "two.example", Sure: true}, {Host: "three.example", Sure: true}}, found.Clues.Fields)
	assert.Equal(t, "@bo@two.example", found.Donor.Handle, "the first beyond doubt")

	many := make([]any, 1000)
	for i := range many {
		many[i] = map[string]any{"answer": "@bo@two.example"}
	}
	assert.Len(t, gift(t, order("customFields", many)).Clues.Fields, maxFields)
	for _, shape := range []any{nil, "x", map[string]any{"label": "a"}, []any{}} {
		assert.Nil(t, gift(t, order("customFields", shape)).Clues.Fields)
	}
}

func TestDonors(t *testing.T) {
	person := func(fields map[string]any) (leaderboard.Person, leaderboard.Identity) {
		gift := gift(t, at(fields, "donor"), order("customFields", nil))
		return gift.Donor, gift.Identity
	}
	who, identity := person(map[string]any{"firstname": " A\u0000da\n", "lastname": strings.Repeat("x", 300), "email": " Ada@Example.COM ", "zip": "1"})
	assert.Equal(t, "Ada", who.First)
	assert.Len(t, who.Last, maxName)
	assert.Equal(t, "Ada@Example.COM", who.Email)
	assert.Equal(t, leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "email|ada@example.com"}, identity)

	_, identity = person(map[string]any{"firstname": "Ada", "lastname": "Ö", "email": nil, "zip": " 97477 "})
	assert.Equal(t, leaderboard.Identity{Strength: leaderboard.ByName, Text: "name|ada|ö|97477"}, identity)
	_, identity = person(map[string]any{"lastname": "Ö", "email": "none", "zip": 97477})
	assert.Equal(t, leaderboard.Identity{Strength: leaderboard.ByName, Text: "name||ö|97477"}, identity)
	for _, fields := range []map[string]any{nil, {}, {"zip": "97477"}, {"firstname": " ", "email": ""}, {"firstname": []any{}, "email": true}} {
		who, identity = person(fields)
		assert.Equal(t, leaderboard.Identity{Strength: leaderboard.Anonymous}, identity)
		assert.Equal(t, leaderboard.Person{}, who)
	}
}
