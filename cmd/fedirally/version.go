package main

import (
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run returns an error as every command does.
func (versionCommand) Run(p *program) error { //nolint:unparam // the parser wants an error
	p.say("fedirally %s", version())
	return nil
}

// version is the release, and the Go that it was built with.
func version() string { return release() + " " + runtime.Version() }

// release is the module's version, or the commit that it was built from.
func release() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case !ok:
		return "unknown"
	case info.Main.Version == "":
		return "(devel)"
	}
	return info.Main.Version
}
