package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func settingsFrom(t *testing.T, why purpose, env map[string]string) (settings, error) {
	t.Helper()
	p := &program{ctx: t.Context(), world: world{lookup: looker(env)}}
	return p.readSettings(why)
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	_, err := settingsFrom(t, forServing, map[string]string{
		envAddr: "here:there", envPublicURL: "rally.example.org", envDatabaseURL: "postgres://nobody@127.0.0.1:1/x", envSecret: "short",
		envWebhookPassword: "p", envWebhookPassword + "_FILE": "/nowhere", envKeepDays: "forever", envLogLevel: "loud", envDrainDelay: "soon",
	})
	require.Error(t, err)
	for _, name := range []string{envAddr, envPublicURL, envSecret + " has 5 bytes", envWebhookUser, envWebhookPassword + "_FILE are both set", envKeepDays, envLogLevel, envDrainDelay} {
		assert.ErrorContains(t, err, name)
	}
}

func TestADatabaseURLOfNoKindIsAMistakeLikeAnyOther(t *testing.T) {
	for _, address := range []string{"bogus", "mysql://a:hunter2@b", "sqlite:", "sqlite::memory:"} {
		_, err := settingsFrom(t, forServing, map[string]string{envDatabaseURL: address, envAddr: "8080"})
		require.ErrorContains(t, err, envDatabaseURL, address)
		require.ErrorContains(t, err, envAddr, address)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	assert.NoFileExists(t, ".secrets")
}

func TestACommandThatHasItsSecretMakesNone(t *testing.T) {
	folder := t.TempDir()
	env := map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(folder, "x.db"), envSecret: testSecret}
	_, err := settingsFrom(t, forCommands, env)
	require.NoError(t, err)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestPostgresWantsItsSecretsGiven(t *testing.T) {
	env := map[string]string{envDatabaseURL: "postgres://nobody@127.0.0.1:1/x"}
	_, err := settingsFrom(t, forServing, env)
	require.ErrorContains(t, err, envSecret)
	require.ErrorContains(t, err, envWebhookUser)
	_, err = settingsFrom(t, forCommands, env)
	require.ErrorContains(t, err, envSecret)
	assert.NotContains(t, err.Error(), envWebhookUser, "commands need no webhooks")
}

func TestSecretsFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("a secret of good length\n"), 0o600))
	env := map[string]string{envDatabaseURL: "postgres://x", envSecret + "_FILE": file}
	s, err := settingsFrom(t, forCommands, env)
	require.NoError(t, err)
	assert.Equal(t, "a secret of good length", string(s.secret))

	require.NoError(t, os.WriteFile(file, []byte("\n"), 0o600))
	_, err = settingsFrom(t, forCommands, env)
	require.ErrorContains(t, err, "empty file")
}

func TestMissingSecretsAreMadeBesideSQLite(t *testing.T) {
	folder := t.TempDir()
	env := map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(folder, "deep", "race.db")}
	first, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	assert.NotEmpty(t, first.made)
	assert.NotEmpty(t, first.webhookPassword)
	info, err := os.Stat(first.made)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())

	second, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	assert.Empty(t, second.made)
	assert.Equal(t, first.secret, second.secret)
	assert.Equal(t, first.webhookPassword, second.webhookPassword)

	other, err := settingsFrom(t, forServing, map[string]string{envDatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "x.db")})
	require.NoError(t, err)
	assert.NotEqual(t, first.secret, other.secret, "a secret is never a fixed default")

	require.NoError(t, os.Chmod(first.made, 0o644))
	_, err = settingsFrom(t, forServing, env)
	require.ErrorContains(t, err, "chmod 600")

	require.NoError(t, os.Chmod(first.made, 0o600))
	require.NoError(t, os.WriteFile(first.made, []byte("# emptied\n"), 0o600))
	_, err = settingsFrom(t, forServing, env)
	require.ErrorContains(t, err, "restore it from a backup")
}

func TestADatabaseWithoutItsSecretsIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "restored.db")
	must(t, settingsOf("sqlite:"+file), "audit")
	env := map[string]string{envDatabaseURL: "sqlite:" + file}
	_, err := settingsFrom(t, forCommands, env)
	require.ErrorContains(t, err, "restore the file from a backup")
	assert.NoFileExists(t, file+".secrets", "new secrets would only hide that the old ones are missing")

	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "the database is its owner's")
}

func TestAPathOrAColonIsRefusedEarly(t *testing.T) {
	env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	env[envPublicURL], env[envWebhookUser] = "https://example.org/board", "a:b"
	_, err := settingsFrom(t, forServing, env)
	require.ErrorContains(t, err, "has a path")
	require.ErrorContains(t, err, "colon")
}

func TestASetSecretNeedsNoFile(t *testing.T) {
	folder := t.TempDir()
	env := settingsOf("sqlite:" + filepath.Join(folder, "race.db"))
	_, err := settingsFrom(t, forServing, env)
	require.NoError(t, err)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// Secrets that were set when the others were made are in no file. Only a server needs them.
func TestCommandsNeedNoWebhookSecrets(t *testing.T) {
	env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
	delete(env, envSecret)
	must(t, env, "drive", "list")
	delete(env, envWebhookUser)
	delete(env, envWebhookPassword)
	must(t, env, "drive", "list")
	code, _, errs := command(t, env, "serve")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "lacks ACTBLUE_WEBHOOK_")
}

func TestInstancesAreLookedAtWhereThoseWhoAreAskedCanSeeByWhom(t *testing.T) {
	for _, tt := range []struct {
		publicURL, directory string
		want                 bool
		fault                string
	}{
		{"", "", false, ""},
		{"", "off", false, ""},
		{"", "on", false, envPublicURL + " is missing"},
		{"https://rally.example", "", true, ""},
		{"https://rally.example", "on", true, ""},
		{"https://rally.example", "off", false, ""},
		{"https://rally.example", "yes", false, envDirectory + `="yes" is neither on nor off`},
	} {
		env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
		env[envPublicURL], env[envDirectory] = tt.publicURL, tt.directory
		chosen, err := settingsFrom(t, forServing, env)
		if tt.fault != "" {
			require.ErrorContains(t, err, tt.fault)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, tt.want, chosen.directory, "%+v", tt)
	}
}
