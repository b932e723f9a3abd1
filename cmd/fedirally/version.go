package main

import "runtime/debug"

type versionCommand struct{}

// Run returns an error as every command does.
func (versionCommand) Run(p *program) error { //nolint:unparam // the parser wants an error
	p.say("fedirally %s", version())
	return nil
}

// version is the module's version, or the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	if text == "" {
		text = "(devel)"
	}
	return text + " " + info.GoVersion
}
