package main

import "runtime/debug"

type versionCommand struct{}

func (versionCommand) Run(p *program) error {
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
