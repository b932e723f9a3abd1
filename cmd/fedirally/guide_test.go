package main

import (
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// parsed gives the command that a command line means, without running it.
func parsed(t *testing.T, args ...string) string {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("fedirally"), kong.Writers(io.Discard, io.Discard),
		kong.Exit(func(int) {}), kong.Vars{"eligibility": "anybody"})
	require.NoError(t, err)
	chosen, err := parser.Parse(args)
	require.NoError(t, err, "fedirally %s", strings.Join(args, " "))
	return chosen.Command()
}
