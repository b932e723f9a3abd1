package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// makeMissing fills in secrets that are not set from a file beside the database,
// which is made, readable by its owner only, where it is missing. A secret is
// never a fixed default and never lies in the database. Unless making is allowed
// what is missing stays so; unless all are needed, those of the webhooks may be.
func (s *settings) makeMissing(database string, allowed, all bool) error {
	file := secretsFile(database)
	missing := s.missingSecrets()
	if len(missing) == 0 {
		return nil
	}
	kept, err := readSecrets(file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, found := missing[envSecret]; found && exists(database) {
			return fmt.Errorf("  - %s is there, and neither %s nor the file %s, which the database was sealed with: restore the file from a backup",
				database, envSecret, file)
		}
		if !allowed {
			return nil
		}
		if kept, err = makeSecrets(file, missing); err == nil {
			s.made = file
		}
	}
	if err != nil {
		return fmt.Errorf("  - %w", err)
	}
	for name, into := range missing {
		if *into = kept[name]; *into == "" {
			if name != envSecret && !all {
				continue // it was set when the file was made, and a command has no use for it
			}
			return fmt.Errorf("  - %s lacks %s: restore it from a backup, or set it", file, name)
		}
		s.kept = append(s.kept, name)
	}
	s.secret, s.keptIn = []byte(s.secretText), file
	return nil
}

// missingSecrets gives, by name, where each secret that is not set belongs.
func (s *settings) missingSecrets() map[string]*string {
	missing := map[string]*string{}
	for name, value := range map[string]*string{
		envSecret: &s.secretText, envWebhookUser: &s.webhookUser, envWebhookPassword: &s.webhookPassword,
	} {
		if *value == "" {
			missing[name] = value
		}
	}
	return missing
}

// secretsFile is where secrets that are not set are kept.
func secretsFile(database string) string { return database + ".secrets" }

func exists(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Size() > 0
}

func readSecrets(file string) (map[string]string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others than its owner: run chmod 600 %s", file, file)
	}
	content, err := os.ReadFile(file) //nolint:gosec // beside the operator's database
	if err != nil {
		return nil, err
	}
	kept := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		name, value, found := strings.Cut(lines.Text(), "=")
		if found && !strings.HasPrefix(name, "#") {
			kept[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return kept, lines.Err()
}

// makeSecrets writes a new file in whole or not at all. Of two processes that
// start at once, both end up with the file of the first.
func makeSecrets(file string, missing map[string]*string) (map[string]string, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the database: %w", err)
	}
	var content strings.Builder
	content.WriteString("# Made by fedirally, because these were not set. Keep a copy apart from the database.\n")
	for _, secret := range []struct{ name, value string }{
		{envSecret, rand.Text()}, {envWebhookUser, "actblue"}, {envWebhookPassword, rand.Text()},
	} {
		if _, found := missing[secret.name]; found {
			fmt.Fprintf(&content, "%s=%s\n", secret.name, secret.value)
		}
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".secrets-*") // made with mode 0600
	if err != nil {
		return nil, fmt.Errorf("making a file for secrets: %w", err)
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it stays only if the folder is gone
	_, err = temporary.WriteString(content.String())
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return nil, fmt.Errorf("writing %s: %w", file, err)
	}
	if err := os.Link(temporary.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making %s: %w", file, err)
	}
	return readSecrets(file)
}

// sayMade tells the operator, once, where secrets have been made.
func (p *program) sayMade(s settings) {
	if s.made != "" {
		fmt.Fprintf(p.err, "Secrets were missing and have been made in %s. Keep a copy of it apart from the database.\n"+
			"Register the webhooks at ActBlue with the user name and password that stand there.\n", s.made)
	}
}
