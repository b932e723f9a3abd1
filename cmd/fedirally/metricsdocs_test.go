package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"fedirally/leaderboard/ranking/rankingtest"
)

const (
	alertsFile    = "../../docs/prometheus/alerts.yml"
	dashboardFile = "../../docs/grafana/fedirally.json"
)

// alertFile is a file of rules, as Prometheus reads it.
type alertFile struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

// dashboard is what these tests read of Grafana's format.
type dashboard struct {
	Title, UID    string
	SchemaVersion int
	Panels        []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ X, Y, W, H int }
		Targets                  []struct{ Expr, RefID string }
	}
	Templating struct{ List []struct{ Name string } }
}

func readAlerts(t *testing.T) alertFile {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	require.NoError(t, err)
	var file alertFile
	strict := yaml.NewDecoder(bytes.NewReader(text))
	strict.KnownFields(true)
	require.NoError(t, strict.Decode(&file))
	return file
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var file dashboard
	require.NoError(t, json.Unmarshal(text, &file))
	return file
}

// TestAlertsSayWhatToDo: whoever is woken by one finds its weight, what has happened
// and what to do about it.
func TestAlertsSayWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, group := range readAlerts(t).Groups {
		assert.NotEmpty(t, group.Name)
		for _, rule := range group.Rules {
			assert.False(t, seen[rule.Alert], "%s is there twice", rule.Alert)
			seen[rule.Alert] = true
			assert.True(t, strings.HasPrefix(rule.Alert, "Fedirally"), rule.Alert)
			assert.NotEmpty(t, rule.Expr, rule.Alert)
			_, err := time.ParseDuration(rule.For)
			require.NoError(t, err, rule.Alert)
			assert.Contains(t, []string{"critical", "warning", "info"}, rule.Labels["severity"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			assert.Greater(t, len(rule.Annotations["description"]), len("Read the log."), rule.Alert)
		}
	}
	assert.Greater(t, len(seen), 10)
}

func TestTheDashboardIsWhole(t *testing.T) {
	file := readDashboard(t)
	assert.Equal(t, "Fedirally", file.Title)
	assert.NotEmpty(t, file.UID)
	assert.Positive(t, file.SchemaVersion)
	require.Len(t, file.Templating.List, 2)
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, panel := range file.Panels {
		assert.False(t, ids[panel.ID], "two panels have the number %d", panel.ID)
		ids[panel.ID] = true
		assert.NotEmpty(t, panel.Title)
		at := panel.GridPos
		assert.LessOrEqual(t, at.X+at.W, 24, panel.Title)
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				assert.Empty(t, taken[[2]int{x, y}], "%s lies over it", panel.Title)
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type == "row" {
			continue
		}
		assert.NotEmpty(t, panel.Description, panel.Title)
		assert.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			assert.NotEmpty(t, target.Expr, panel.Title)
			assert.NotEmpty(t, target.RefID, panel.Title)
		}
	}
}

var (
	metricName = regexp.MustCompile(`\b(?:fedirally|go|process)_[a-z_]+\b`)
	// selection is a metric with its matchers.
	selection = regexp.MustCompile(`\b(fedirally_[a-z_]+)\{([^}]*)\}`)
	matcher   = regexp.MustCompile(`([a-z_]+)(=~|!~|!=|=)"([^"]*)"`)
	// fewWords are the labels whose values are all there from the start.
	fewWords = regexp.MustCompile(`^(kind|outcome|state|step|task|level)$`)
)

// TestAlertsAndDashboardAskForWhatThereIs reads the metrics of a server that has all
// of them. A name or a value of a label that is misspelt would make a rule that never
// fires; a metric that is asked for nowhere would be seen by nobody.
func TestAlertsAndDashboardAskForWhatThereIs(t *testing.T) {
	redis := rankingtest.StartRedis(t)
	s, _ := observedServer(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), redis.URL)
	response, err := http.Get(s.address().String() + "/")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	text := metricsText(t, s)

	var asked []string
	for _, group := range readAlerts(t).Groups {
		for _, rule := range group.Rules {
			asked = append(asked, rule.Expr, fmt.Sprint(rule.Annotations))
		}
	}
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			asked = append(asked, target.Expr)
		}
	}
	all := strings.Join(asked, "\n")
	types := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		types[line[1]] = line[2]
	}
	used := map[string]bool{}
	for _, name := range metricName.FindAllString(all, -1) {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if cut, found := strings.CutSuffix(name, suffix); found && types[cut] == "histogram" {
				base = cut
			}
		}
		if runtime.GOOS == "linux" || strings.HasPrefix(name, "fedirally_") { // others tell less of a process
			assert.Contains(t, types, base, "%s is asked for, and not there", name)
		}
		used[base] = true
	}
	for name := range types {
		if strings.HasPrefix(name, "fedirally_") {
			assert.True(t, used[name], "%s is there, and asked for by nobody", name)
		}
	}
	checked := 0
	for _, found := range selection.FindAllStringSubmatch(all, -1) {
		for _, m := range matcher.FindAllStringSubmatch(found[2], -1) {
			for value := range strings.SplitSeq(m[3], "|") {
				if fewWords.MatchString(m[1]) {
					checked++
					there := regexp.MustCompile(`(?m)^` + found[1] + `\{[^}]*\b` + m[1] + `="` + value + `"`).MatchString(text)
					assert.True(t, there, "%s with %s=%q is asked for, and not there", found[1], m[1], value)
				}
			}
		}
	}
	assert.Greater(t, checked, 15)
}
