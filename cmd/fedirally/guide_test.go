package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the documents tell operators to type, to set and to look for is there.

const guide = "docs/operations.md"

// parsed gives the command that a command line means, without running it.
func parsed(t *testing.T, args ...string) string {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("fedirally"), kong.Writers(io.Discard, io.Discard),
		kong.Exit(func(int) {}), kong.Vars{"eligibility": "anybody"})
	require.NoError(t, err)
	chosen, err := parser.Parse(args)
	if assert.NoError(t, err, "fedirally %s", strings.Join(args, " ")) {
		return chosen.Command()
	}
	return ""
}

// shellWords splits a command line as a shell would, and ends where another
// command or a redirection begins.
func shellWords(line string) (list []string) {
	for _, word := range regexp.MustCompile(`(?:"[^"]*"|'[^']*'|[^\s"'])+`).FindAllString(line, -1) {
		if regexp.MustCompile(`^(?:[|>;#]|&&|\d*>)`).MatchString(word) {
			break
		}
		ends := strings.HasSuffix(word, ";")
		list = append(list, strings.NewReplacer(`"`, "", "'", "").Replace(strings.TrimSuffix(word, ";")))
		if ends {
			break
		}
	}
	return list
}

// typed gives the command lines of a document that call the program, without its name.
func typed(text string) (lines [][]string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	calls := regexp.MustCompile(`^(?:.*\benv )?(?:\w+=\S*\s+)*(?:rally|fedirally)\s+(.*)$`)
	for line := range strings.Lines(text) {
		code, isCode := strings.CutPrefix(line, "    ")
		if found := calls.FindStringSubmatch(strings.TrimSpace(code)); isCode && found != nil {
			lines = append(lines, shellWords(found[1]))
		}
	}
	// And those within a sentence, where they are whole.
	for _, found := range regexp.MustCompile("`(?:rally|fedirally) ([a-z][^`…]*)`").FindAllStringSubmatch(text, -1) {
		lines = append(lines, shellWords(strings.Join(strings.Fields(found[1]), " ")))
	}
	return lines
}

func TestDocumentsNameCommandsThatAre(t *testing.T) {
	lines := typed(projectFile(t, guide))
	assert.Greater(t, len(lines), 30, "the guide's commands are found")
	for _, script := range []string{"docs/systemd/rally-backup", "docs/systemd/fedirally@.service", "docs/systemd/fedirally-audit.service"} {
		found := regexp.MustCompile(`(?m)^(?:\t|ExecStart=\S*/)(?:rally|fedirally) (.*)$`).FindAllStringSubmatch(projectFile(t, script), -1)
		require.NotEmpty(t, found, script)
		for _, line := range found {
			lines = append(lines, shellWords(line[1]))
		}
	}
	for _, args := range lines {
		parsed(t, args...)
	}
}

func TestDocumentsNameSettingsThatAre(t *testing.T) {
	code := readSource(t)
	for _, name := range []string{
		guide, "README.md", "docs/systemd/fedirally.env", "docs/systemd/fedirally@.service", "docs/systemd/rally",
		"docs/systemd/rally-backup", "docs/nginx/fedirally.conf", "docs/caddy/Caddyfile", "docker-compose.yml",
	} {
		text := projectFile(t, name)
		for _, setting := range regexp.MustCompile(`\b(?:FEDIRALLY|ACTBLUE|DATABASE|REDIS|PUBLIC)_[A-Z_]+\b`).FindAllString(text, -1) {
			assert.True(t, code.knows(setting), "%s names %s, which is no setting", name, setting)
		}
	}
}

func TestLinksOfTheGuideLeadSomewhere(t *testing.T) {
	text := projectFile(t, guide)
	headings := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		name = strings.ReplaceAll(name, " ", "-")
		assert.False(t, headings[name], "two headings are called %s", name)
		headings[name] = true
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		if name, within := strings.CutPrefix(link[1], "#"); within {
			assert.True(t, headings[name], "there is no heading %s", name)
		} else if !strings.Contains(link[1], "://") {
			assert.FileExists(t, filepath.Join("..", "..", filepath.Dir(guide), link[1]))
		}
	}
}

// TestTheUnitsServerTakesItsSettings has the program read the environment that
// systemd would give to it.
func TestTheUnitsServerTakesItsSettings(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"redis_url": "redis://:password@127.0.0.1:6379/0", "fedirally_secret": testSecret, "actblue_webhook_password": testPassword,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content+"\n"), 0o600))
	}
	unit := projectFile(t, "docs/systemd/fedirally@.service")
	settingsFile := regexp.MustCompile(`(?m)^EnvironmentFile=(.*)$`).FindStringSubmatch(unit)
	require.NotNil(t, settingsFile)
	assert.Contains(t, projectFile(t, "docs/systemd/rally"), "\n. "+settingsFile[1]+"\n", "the commands read the same")

	env := map[string]string{}
	inUnit := regexp.MustCompile(`(?m)^Environment=(.*)$`).FindStringSubmatch(unit)
	require.NotNil(t, inUnit)
	lines := strings.Split(projectFile(t, "docs/systemd/fedirally.env"), "\n")
	for _, line := range append(strings.Fields(strings.ReplaceAll(inUnit[1], "%i", "8080")), lines...) {
		if name, value, found := strings.Cut(line, "="); found && !strings.HasPrefix(line, "#") {
			value = strings.Trim(value, `"`)
			env[name] = strings.ReplaceAll(value, "/etc/fedirally/secrets", folder)
		}
	}
	s, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8080", s.addr)
	assert.Equal(t, "127.0.0.1:18080", s.adminAddr)
	assert.Equal(t, "postgres://fedirally@/fedirally?host=/run/postgresql", s.databaseURL)
	assert.NotEmpty(t, s.redisURL)
}

// TestMessagesOfTheGuideAreSaid looks for each message of the guide's table in the
// code. An … in it stands for what differs.
func TestMessagesOfTheGuideAreSaid(t *testing.T) {
	var code strings.Builder
	for _, folder := range []string{"actblue", "cmd", "leaderboard"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", "..", folder), func(name string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
				var content []byte
				content, err = os.ReadFile(name)
				code.Write(content)
			}
			return err
		}))
	}
	// A text may go on in the next line of the code, and hold a setting's name by its constant.
	said := regexp.MustCompile(`"\s*\+\s*"`).ReplaceAllString(code.String(), "")
	_, table, found := strings.Cut(projectFile(t, guide), "## Messages, and what to do\n")
	require.True(t, found)
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(table, -1)
	require.Greater(t, len(rows), 15)
	for _, row := range rows {
		for part := range strings.SplitSeq(row[1], "…") {
			if part = strings.TrimSpace(part); part != "" {
				assert.Contains(t, said, part)
			}
		}
	}
}
