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
// never a fixed default and never lies in the database.
func (s *settings) makeMissing(file string) error {
	if len(s.secret) > 0 && s.webhookUser != "" && s.webhookPassword != "" {
		return nil
	}
	kept, err := readSecrets(file)
	if errors.Is(err, fs.ErrNotExist) {
		if kept, err = makeSecrets(file); err == nil {
			s.made = file
		}
	}
	if err != nil {
		return fmt.Errorf("  - %w", err)
	}
	if len(s.secret) == 0 {
		s.secret = []byte(kept[envSecret])
	}
	if s.webhookUser == "" {
		s.webhookUser = kept[envWebhookUser]
	}
	if s.webhookPassword == "" {
		s.webhookPassword = kept[envWebhookPassword]
	}
	if len(s.secret) == 0 || s.webhookUser == "" || s.webhookPassword == "" {
		return fmt.Errorf("  - %s lacks one of %s, %s and %s: restore it from a backup, or set them",
			file, envSecret, envWebhookUser, envWebhookPassword)
	}
	return nil
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
func makeSecrets(file string) (map[string]string, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the database: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".secrets-*") // made with mode 0600
	if err != nil {
		return nil, fmt.Errorf("making a file for secrets: %w", err)
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it stays only if the folder is gone
	_, err = fmt.Fprintf(temporary, `# Made by fedirally, because these were not set. Keep a copy apart from the
# database: without %s the donors' data in it cannot be read.
%s=%s
%s=actblue
%s=%s
`, envSecret, envSecret, rand.Text(), envWebhookUser, envWebhookPassword, rand.Text())
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return nil, fmt.Errorf("writing %s: %w", file, err)
	}
	if err := os.Link(temporary.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making %s: %w", file, err)
	}
	return readSecrets(file)
}
