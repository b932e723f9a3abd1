package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// The files that ship the program name settings, paths and ports that the code
// knows under a name of its own. These tests hold one against the other.

// projectFile reads a file of the project.
func projectFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(content)
}

// ownCode is what this package's code says of itself.
type ownCode struct {
	// settings are the values of all constants env…; secrets those of them that
	// are read by settingsReader.secret, so that NAME_FILE is one too.
	settings, secrets []string
	// texts are the package's variables of type string.
	texts []string
}

func readSource(t *testing.T) ownCode {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	constants, read := map[string]string{}, map[string]bool{}
	var s ownCode
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if strings.HasPrefix(name.Name, "env") && i < len(n.Values) {
						if value, ok := n.Values[i].(*ast.BasicLit); ok && value.Kind == token.STRING {
							constants[name.Name] = strings.Trim(value.Value, `"`)
						}
					}
					if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "string" {
						s.texts = append(s.texts, name.Name)
					}
				}
			case *ast.CallExpr:
				if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "secret" && len(n.Args) == 1 {
					if name, ok := n.Args[0].(*ast.Ident); ok {
						read[name.Name] = true
					}
				}
			}
			return true
		})
	}
	for name, value := range constants {
		s.settings = append(s.settings, value)
		if read[name] {
			s.secrets = append(s.secrets, value)
		}
	}
	require.Contains(t, s.settings, envAddr)
	require.Contains(t, s.secrets, envWebhookPassword)
	return s
}

// knows reports whether a name is a setting, or a secret's NAME_FILE.
func (s ownCode) knows(name string) bool {
	secret, isFile := strings.CutSuffix(name, "_FILE")
	return slices.Contains(s.settings, name) || isFile && slices.Contains(s.secrets, secret)
}

type composeFile struct {
	Services map[string]composeService
	Secrets  map[string]struct{ File string }
	Volumes  map[string]any
	Networks map[string]struct{ Internal bool }
}

type composeService struct {
	Environment map[string]string
	Secrets     []string
	Ports       []string
	Networks    []string
	Volumes     []string
	Tmpfs       []string
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	ReadOnly    bool     `yaml:"read_only"`
	Restart     string
	User        string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck *struct{ Test []string }
	Command     any
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var c composeFile
	require.NoError(t, yaml.Unmarshal([]byte(projectFile(t, "docker-compose.yml")), &c))
	require.Contains(t, c.Services, "board")
	return c
}

// filledIn replaces ${NAME:-default} and ${NAME:?what it is}; the latter by an example.
func filledIn(text string) string {
	return regexp.MustCompile(`\$\{\w+:([-?])([^}]*)\}`).ReplaceAllStringFunc(text, func(found string) string {
		if _, otherwise, ok := strings.Cut(strings.Trim(found, "${}"), ":-"); ok {
			return otherwise
		}
		return "https://rally.example.org"
	})
}

// secretsFolder is where containers find their secrets.
const secretsFolder = "/run/secrets/"

// TestTheProgramTakesTheSettingsOfTheComposeFile has the script make the secrets,
// and the program read the very environment that its container would have.
func TestTheProgramTakesTheSettingsOfTheComposeFile(t *testing.T) {
	c, code := readCompose(t), readSource(t)
	script, err := filepath.Abs(filepath.Join("..", "..", "docs", "compose-secrets.sh"))
	require.NoError(t, err)
	folder := t.TempDir()
	makeThem := func() {
		command := exec.Command("sh", script)
		command.Dir = folder
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
	makeThem()
	made, err := os.ReadDir(filepath.Join(folder, "secrets"))
	require.NoError(t, err)
	names := make([]string, 0, len(made))
	for _, file := range made {
		names = append(names, file.Name())
	}
	declared := make([]string, 0, len(c.Secrets))
	for name, secret := range c.Secrets {
		assert.Equal(t, "./secrets/"+name, secret.File)
		declared = append(declared, name)
	}
	assert.ElementsMatch(t, declared, names, "the script makes what the compose file names")

	env := map[string]string{}
	for name, value := range c.Services["board"].Environment {
		assert.True(t, code.knows(name), "%s is no setting", name)
		value = filledIn(value)
		if secret, isSecret := strings.CutPrefix(value, secretsFolder); isSecret {
			assert.Contains(t, c.Services["board"].Secrets, secret, "the container is given what %s names", name)
			value = filepath.Join(folder, "secrets", secret)
		}
		env[name] = value
	}
	first, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	assert.NotEmpty(t, first.secret)
	assert.NotEmpty(t, first.redisURL)
	assert.Contains(t, first.databaseURL, "@postgres:5432/")
	assert.Empty(t, first.made, "nothing is made up in the container")

	makeThem()
	again, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	assert.Equal(t, first, again, "what is there stays")
}

// TestComposeFileKeepsItsServicesIn looks for what a careless change would open.
func TestComposeFileKeepsItsServicesIn(t *testing.T) {
	c, code := readCompose(t), readSource(t)
	require.Len(t, c.Services, 3)
	for name, service := range c.Services {
		assert.True(t, service.ReadOnly, name)
		assert.Equal(t, []string{"ALL"}, service.CapDrop, name)
		assert.Contains(t, service.SecurityOpt, "no-new-privileges:true", name)
		assert.NotEmpty(t, service.Restart, name)
		for _, secret := range service.Secrets {
			assert.Contains(t, c.Secrets, secret, name)
		}
		for setting, value := range service.Environment {
			assert.NotRegexp(t, `PASSWORD$`, setting, "it is given by file")
			assert.NotContains(t, value, "@", "%s holds no password", setting)
			if setting != envWebhookUser { // a name, and no secret by itself
				assert.NotContains(t, code.secrets, setting, "it is given by file")
			}
		}
		if name == "board" {
			continue // its health check is the image's
		}
		assert.NotNil(t, service.Healthcheck, name)
		assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, service.User, name)
		assert.Empty(t, service.Ports, "%s is published nowhere", name)
		assert.Equal(t, []string{"back"}, service.Networks, name)
		assert.Equal(t, "service_healthy", c.Services["board"].DependsOn[name].Condition, name)
		require.Len(t, service.Volumes, 1, name)
		volume, _, _ := strings.Cut(service.Volumes[0], ":")
		assert.Contains(t, c.Volumes, volume)
	}
	assert.True(t, c.Networks["back"].Internal)
}

// instruction is one of a Dockerfile: FROM, RUN, and what comes after it.
type instruction struct{ name, rest string }

// readDockerfile gives the instructions of each stage.
func readDockerfile(t *testing.T) (stages [][]instruction) {
	t.Helper()
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(projectFile(t, "Dockerfile"), "")
	for line := range strings.Lines(regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, " ")) {
		name, rest, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		if name == "FROM" {
			stages = append(stages, nil)
		}
		last := len(stages) - 1
		stages[last] = append(stages[last], instruction{name, strings.TrimSpace(rest)})
	}
	return stages
}

// the gives the one instruction of that name.
func the(t *testing.T, stage []instruction, name string) string {
	t.Helper()
	var found []string
	for _, i := range stage {
		if i.name == name {
			found = append(found, i.rest)
		}
	}
	require.Len(t, found, 1, name)
	return found[0]
}

// words reads the array form of CMD and ENTRYPOINT.
func words(t *testing.T, text string) (list []string) {
	t.Helper()
	_, array, found := strings.Cut(text, "[")
	require.True(t, found, text)
	require.NoError(t, json.Unmarshal([]byte("["+array), &list), text)
	return list
}

// Nobody has to raise one and be surprised by the other.
func TestServersGetTheSameTimeToEnd(t *testing.T) {
	found := func(file, line string) string {
		t.Helper()
		match := regexp.MustCompile(line).FindStringSubmatch(projectFile(t, file))
		require.NotNil(t, match, file)
		return match[1]
	}
	seconds := found(guide, `after which it is killed, (\d+) seconds in the unit`)
	assert.Equal(t, seconds+"s", found("docs/systemd/fedirally@.service", `(?m)^TimeoutStopSec=(\S+)$`))
	assert.Equal(t, seconds+"s", found("docker-compose.yml", `(?s)\n  board:.*?stop_grace_period: (\S+)\n`))
}

func TestImageRunsTheProgramAsNobodyOfNote(t *testing.T) {
	stages := readDockerfile(t)
	require.Len(t, stages, 2)
	final := stages[1]
	assert.Equal(t, "scratch", the(t, final, "FROM"))
	user := the(t, final, "USER")
	assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, user, "numbers, so that an orchestrator can see it is not root")
	folder := the(t, final, "WORKDIR")
	assert.Equal(t, folder, the(t, final, "VOLUME"))
	var copied []string
	for _, i := range final {
		if i.name == "COPY" {
			copied = append(copied, i.rest)
		}
	}
	assert.Contains(t, copied, "--from=build --chown="+user+" /out"+folder+" "+folder)

	// The program is where both commands look for it, and knows the words.
	started, checked := words(t, the(t, final, "ENTRYPOINT")), words(t, the(t, final, "HEALTHCHECK"))
	require.Len(t, started, 1)
	assert.Contains(t, copied, "--from=build /out/fedirally "+started[0])
	assert.Equal(t, started[0], checked[0])
	assert.Equal(t, path.Dir(started[0]), strings.TrimPrefix(the(t, final, "ENV"), "PATH="),
		"no setting is made here: NAME beside NAME_FILE is refused")
	assert.Equal(t, "serve", parsed(t, words(t, the(t, final, "CMD"))...))
	assert.Equal(t, "healthy", parsed(t, checked[1:]...))

	// Port and folder are those of the compose file, whose secrets have the same owner.
	board := readCompose(t).Services["board"]
	_, port, err := net.SplitHostPort(board.Environment[envAddr])
	require.NoError(t, err)
	assert.Equal(t, port, the(t, final, "EXPOSE"))
	assert.Equal(t, []string{"127.0.0.1:" + port + ":" + port}, board.Ports)
	id, group, _ := strings.Cut(user, ":")
	assert.Contains(t, board.Tmpfs, folder+":uid="+id+",gid="+group+",mode=0700")
	assert.Contains(t, projectFile(t, "docs/compose-secrets.sh"), "\nboard="+user+" ")
	_, port, err = net.SplitHostPort(defaultAddr)
	require.NoError(t, err)
	assert.Equal(t, port, the(t, final, "EXPOSE"), "without settings it is the same")
}

func TestImageIsBuiltFromWhatTheProgramNeeds(t *testing.T) {
	build := readDockerfile(t)[0]
	compiler := regexp.MustCompile(`golang:(\d+)\.(\d+)\.(\d+)-`).FindStringSubmatch(the(t, build, "FROM"))
	wanted := regexp.MustCompile(`(?m)^go (\d+)\.(\d+)\.(\d+)$`).FindStringSubmatch(projectFile(t, "go.mod"))
	require.NotNil(t, compiler, "Go is pinned to a patch release")
	require.NotNil(t, wanted)
	assert.Equal(t, wanted[1:3], compiler[1:3])
	has, errHas := strconv.Atoi(compiler[3])
	wants, errWants := strconv.Atoi(wanted[3])
	require.NoError(t, errHas)
	require.NoError(t, errWants)
	assert.GreaterOrEqual(t, has, wants)

	code, told := readSource(t), regexp.MustCompile(`-X main\.(\w+)=\$(\w+)`).FindAllStringSubmatch(projectFile(t, "Dockerfile"), -1)
	require.Len(t, told, 2)
	for _, variable := range told {
		assert.Contains(t, code.texts, variable[1], "the linker ignores without a word what is not there")
		assert.Contains(t, build, instruction{"ARG", variable[2] + `=""`})
	}

	// What .dockerignore lets in: every folder with code of ours.
	let := strings.Fields(regexp.MustCompile(`(?m)^#.*`).ReplaceAllString(projectFile(t, ".dockerignore"), ""))
	assert.Equal(t, "*", let[0], "nothing gets in but what is named")
	folders, err := filepath.Glob(filepath.Join("..", "..", "*"))
	require.NoError(t, err)
	wantIn := []string{"!go.mod", "!go.sum", "!LICENSE"}
	for _, folder := range folders {
		if holdsCode(t, folder) {
			wantIn = append(wantIn, "!"+filepath.Base(folder))
		}
	}
	for _, name := range wantIn {
		assert.Contains(t, let, name)
	}
	for _, name := range let {
		if _, err := os.Stat(filepath.Join("..", "..", strings.TrimPrefix(name, "!"))); strings.HasPrefix(name, "!") && err == nil {
			assert.Contains(t, wantIn, name)
		}
	}
}

// holdsCode reports whether there is code of the program in a folder.
func holdsCode(t *testing.T, folder string) (found bool) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
		found = found || strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
		return err
	}))
	return found
}
