package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChoosingAnInstance(t *testing.T) {
	const spaced = " \t"
	s := open(t)
	for written, host := range map[string]string{
		"mastodon.social":                  "mastodon.social",
		spaced + "@Alice@Mastodon.Social":  "mastodon.social",
		"https://mastodon.social/@alice":   "mastodon.social",
		"alice@fosstodon.org":              "fosstodon.org", // on the list that the program ships
		"acct:alice@mastodon.social":       "mastodon.social",
		"https://mastodon.social/users/al": "mastodon.social",
	} {
		w := s.post("/drives/vote/give", "instance", written)
		assert.Equal(t, http.StatusSeeOther, w.Code, written)
		assert.Equal(t, "https://secure.actblue.com/donate/vote-form?refcode=code-"+host, w.Header().Get("Location"))
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	assert.Equal(t, "/drives/vote/give/mas.to", s.post("/drives/vote/give", "instance", "@a@old.example").Header().Get("Location"))
}

func TestChoosingHelpsWhereItCannotLead(t *testing.T) {
	s := open(t)
	ask := func(written string) *goquery.Document {
		w := s.post("/drives/vote/give", "instance", written)
		assert.Equal(t, http.StatusUnprocessableEntity, w.Code, written)
		assert.Empty(t, w.Header().Get("Location"))
		doc, err := goquery.NewDocumentFromReader(w.Body)
		require.NoError(t, err)
		assert.Equal(t, 1, doc.Find(`input[name="instance"][aria-invalid="true"]`).Length(), written)
		assert.Contains(t, doc.Find("title").Text(), "Error:")
		return doc
	}
	ask("")
	ask("not a domain")
	ask("@alice@localhost")

	typo := ask("@alice@mastadon.social")
	assert.Equal(t, 1, typo.Find(`a[href="/drives/vote/give/mastodon.social"]`).Length(), "the one that was meant")
	assert.Equal(t, 1, typo.Find(`a[href="/drives/vote/give/mastadon.social"]`).Length(), "it counts all the same")
	assert.NotContains(t, strings.ToLower(typo.Text()), "alice")
	html, err := typo.Html()
	require.NoError(t, err)
	assert.NotContains(t, strings.ToLower(html), "alice")

	blocked := ask("blocked.example")
	assert.Zero(t, blocked.Find(`a[href="/drives/vote/give/blocked.example"]`).Length())
	assert.NotContains(t, strings.ToLower(s.logs.String()), "alice")
}

// Whether a gift has named an instance can be read off no answer of the chooser.
func TestChoosingTellsNothingOfGifts(t *testing.T) {
	s := open(t)
	pending := s.post("/drives/vote/give", "instance", "pending.example").Body.String()
	unheard := s.post("/drives/vote/give", "instance", "unheard.example").Body.String()
	hidden := s.post("/drives/vote/give", "instance", "hidden.example").Body.String()
	assert.Equal(t, strings.ReplaceAll(unheard, "unheard", "pending"), pending)
	assert.Equal(t, strings.ReplaceAll(unheard, "unheard", "hidden"), hidden)
	assert.NotContains(t, s.post("/drives/vote/give", "instance", "pendign.example").Body.String(), "pending.example",
		"only what the organizer or the shipped list names is suggested")
}

func TestChoosingOutsideTheDrivesTime(t *testing.T) {
	s := open(t)
	assert.Equal(t, http.StatusOK, s.get("/drives/vote/give").Code)
	assert.Equal(t, http.StatusNotFound, s.get("/drives/none/give").Code)
	s.pass(250 * time.Hour)
	assert.Equal(t, http.StatusGone, s.get("/drives/vote/give").Code)
	assert.Equal(t, http.StatusGone, s.post("/drives/vote/give", "instance", "mas.to").Code)
}

func TestFormsAreBounded(t *testing.T) {
	s := open(t)
	assert.Equal(t, http.StatusRequestEntityTooLarge, s.post("/drives/vote/give", "instance", strings.Repeat("x", maxBody)).Code)
	assert.Equal(t, http.StatusBadRequest, s.post("/drives/vote/find", "find", "x", "view", "luck").Code)
}

func TestFinding(t *testing.T) {
	s := open(t)
	for written, want := range map[string]string{
		"fosstodon.org":         "/drives/vote/instances/fosstodon.org",
		"@Alice@Fosstodon.org":  "/drives/vote/instances/fosstodon.org",
		"@alice@nobody.example": "/drives/vote/instances/nobody.example",
		"mast":                  "/drives/vote?find=mast",
		"nobody.example":        "/drives/vote?find=nobody.example",
		"@alice@mast":           "/drives/vote?find=mast",
		"":                      "/drives/vote",
	} {
		w := s.post("/drives/vote/find", "find", written)
		assert.Equal(t, http.StatusSeeOther, w.Code, written)
		assert.Equal(t, want, w.Header().Get("Location"), written)
	}
	w := s.post("/drives/vote/find", "find", "mas", "view", "donors", "period", "day")
	assert.Equal(t, "/drives/vote?find=mas&period=day&view=donors", w.Header().Get("Location"))

	assert.Equal(t, 2, s.see(t, "/drives/vote?find=mas").Find(`[data-testid="row"]`).Length())
	assert.Zero(t, s.see(t, "/drives/vote?find=secret.example").Find(`[data-testid="row"]`).Length())
	assert.NotContains(t, strings.ToLower(s.get("/drives/vote?find=@alice@x").Body.String()), "alice")
}
