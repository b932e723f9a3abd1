package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"fedirally/leaderboard"
)

func TestStandings(t *testing.T) {
	s := open(t)
	assert.JSONEq(t, `{
		"drive":"vote","view":"amount","period":"all","state":"live","goal_cents":1000000,"raised_cents":590000,"donors":190,
		"as_of":"2026-10-24T20:14:00Z","version":42,"min_donors":5,"listed":4,"next":"fosstodon.org","standings":[
			{"rank":1,"host":"mastodon.social","display":"mastodon.social","raised_cents":250000,"donors":80},
			{"rank":2,"host":"fosstodon.org","display":"fosstodon.org","raised_cents":120050,"donors":41}]}`,
		s.get("/api/v1/drives/vote/standings?limit=2").Body.String())
	for query, want := range map[string][]string{
		"":                           {"mastodon.social", "fosstodon.org", "mas.to", "hachyderm.io"},
		"?view=donors":               {"mastodon.social", "hachyderm.io", "fosstodon.org", "mas.to"},
		"?period=day":                {"fosstodon.org"},
		"?period=hour":               {},
		"?after=fosstodon.org":       {"mas.to", "hachyderm.io"},
		"?after=FOSSTODON.org":       {"mas.to", "hachyderm.io"},
		"?after=3&limit=1000":        {"hachyderm.io"},
		"?after=99":                  {},
		"?after=mas.to&view=donors":  {},
		"?after=0&limit=1&utm=other": {"mastodon.social"},
	} {
		assert.Equal(t, want, hosts(t, s, query), query)
	}
}

func hosts(t *testing.T, s *site, query string) []string {
	t.Helper()
	var doc standingsDocument
	require.NoError(t, json.Unmarshal(s.get("/api/v1/drives/vote/standings"+query).Body.Bytes(), &doc))
	require.NotNil(t, doc.Standings)
	got := []string{}
	for _, standing := range doc.Standings {
		got = append(got, string(standing.Host))
	}
	return got
}

func TestInstanceJSON(t *testing.T) {
	s := open(t)
	const path = "/api/v1/drives/vote/instances/"
	assert.JSONEq(t, `{"drive":"vote","host":"fosstodon.org","listed":true,"min_donors":5,"rank":2,"raised_cents":120050,"donors":41,
		"as_of":"2026-10-24T20:14:00Z","gap_up":{"cents":129950,"rank":1,"host":"mastodon.social"},
		"gap_down":{"cents":30050,"rank":4,"host":"hachyderm.io"}}`, s.get(path+"FOSSTODON.org").Body.String())
	assert.JSONEq(t, `{"drive":"vote","host":"secret.example","listed":false,"min_donors":5}`,
		s.get(path+"secret.example").Body.String())
}

func TestDrivesJSON(t *testing.T) {
	s := open(t)
	assert.JSONEq(t, `{"drives":[{"slug":"vote","title":"Fediverse for the Vote","state":"live"}]}`, s.get("/api/v1/drives").Body.String())
	s.ledger.change(func(l *ledger) { l.drives = nil })
	s.pass(freshFor)
	assert.JSONEq(t, `{"drives":[]}`, s.get("/api/v1/drives").Body.String())
}

func TestAPIErrors(t *testing.T) {
	s := open(t)
	for target, want := range map[string]struct {
		status int
		text   string
	}{
		"/api/v1/drives/none/standings":                            {404, "no such drive"},
		"/api/v1/drives/vote/instances/localhost":                  {404, "not the domain of an instance"},
		"/api/v1/nothing":                                          {404, "no such page"},
		"/api/v1/drives/vote/standings?view=luck":                  {400, "view: use amount or donors"},
		"/api/v1/drives/vote/standings?period=year":                {400, "period: use all, day or hour"},
		"/api/v1/drives/vote/standings?limit=0":                    {400, "limit: use a number from 1 to 1000"},
		"/api/v1/drives/vote/standings?limit=1001":                 {400, "limit: use a number from 1 to 1000"},
		"/api/v1/drives/vote/standings?limit=x":                    {400, "limit: use a number from 1 to 1000"},
		"/api/v1/drives/vote/standings?after=-1":                   {400, "after: use a host of the list or a number of rows"},
		"/api/v1/drives/vote/standings?after=no.such":              {400, "after: use a host of the list or a number of rows"},
		"/api/v1/drives/vote/standings?after=99999999999999999999": {400, "after: use a number of rows"},
	} {
		w := s.get(target)
		assert.Equal(t, want.status, w.Code, target)
		assert.JSONEq(t, `{"error":"`+want.text+`"}`, w.Body.String())
	}
}

func TestAPIIsOpenToAllSites(t *testing.T) {
	s := open(t)
	for _, target := range []string{"/api/v1/drives", "/api/v1/drives/none/standings"} {
		assert.Equal(t, "*", s.get(target).Header().Get("Access-Control-Allow-Origin"))
	}
	w := s.do(http.MethodOptions, "/api/v1/drives/vote/standings", "Origin", "https://else.example", "Access-Control-Request-Method", "GET")
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "If-None-Match", w.Header().Get("Access-Control-Allow-Headers"))
	assert.Empty(t, s.get("/").Header().Get("Access-Control-Allow-Origin"))
}

// TestServedJSONIsAsDocumented compares the keys of what is served with the
// schemas of docs/openapi.yaml: all that are required, and none that is not there.
func TestServedJSONIsAsDocumented(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "openapi.yaml"))
	require.NoError(t, err)
	var api struct {
		Paths      map[string]any `yaml:"paths"`
		Components struct {
			Schemas map[string]struct {
				Required   []string       `yaml:"required"`
				Properties map[string]any `yaml:"properties"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &api))
	check := func(schema string, value any) {
		t.Helper()
		documented, found := api.Components.Schemas[schema]
		require.True(t, found, schema)
		object, ok := value.(map[string]any)
		require.True(t, ok, schema)
		for _, key := range documented.Required {
			assert.Contains(t, object, key, schema)
		}
		for key := range object {
			assert.Contains(t, documented.Properties, key, schema)
		}
	}
	s, _ := openKnown(t)
	served := func(path string) map[string]any {
		var object map[string]any
		require.NoError(t, json.Unmarshal(s.get(path).Body.Bytes(), &object))
		return object
	}
	assert.Len(t, api.Paths, 4)
	snap, err := s.boards.board(t.Context(), s.ledger.drives[0], leaderboard.ByAmount, leaderboard.AllTime)
	require.NoError(t, err)
	event, err := json.Marshal(newScene(snap, snap, start).full())
	require.NoError(t, err)
	var sent map[string]any
	require.NoError(t, json.Unmarshal(event, &sent))
	check("BoardEvent", sent)
	check("EventRow", sent["standings"].([]any)[0])
	drives := served("/api/v1/drives")
	check("Drives", drives)
	check("Drive", drives["drives"].([]any)[0])
	standings := served("/api/v1/drives/vote/standings?limit=1")
	check("Standings", standings)
	check("Standing", standings["standings"].([]any)[0])
	listed := served("/api/v1/drives/vote/instances/fosstodon.org")
	check("ListedInstance", listed)
	check("Gap", listed["gap_up"])
	check("About", listed["about"])
	check("ActivePeople", listed["about"].(map[string]any)["active_people"])
	check("UnlistedInstance", served("/api/v1/drives/vote/instances/nobody.example"))
	check("UnlistedInstance", served("/api/v1/drives/vote/instances/entered.example"))
	check("Error", served("/api/v1/drives/none/standings"))

	s.ledger.change(func(l *ledger) { l.err = errBroken })
	s.pass(freshFor)
	stale := served("/api/v1/drives/vote/standings")
	check("Standings", stale)
	assert.Equal(t, true, stale["stale"])
	assert.Len(t, stale["standings"], len(s.ledger.standings[leaderboard.AllTime])-1)
}
