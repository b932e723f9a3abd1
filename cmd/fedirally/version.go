package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run tells what this program is.
func (c versionCommand) Run(p *program) error {
	b := readBuild(debug.ReadBuildInfo())
	if c.JSON {
		return p.printJSON(b)
	}
	p.say("%s", b)
	return nil
}

// build is what a program says of itself. What is not known is empty: a program
// that was built from an archive knows no commit.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	// Time is the commit's, as the version control wrote it.
	Time string `json:"time,omitempty"`
	// Modified says that the source was not as committed.
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func readBuild(info *debug.BuildInfo, known bool) build {
	b := build{
		Version: cmp.Or(givenVersion, "unknown"), Revision: givenRevision,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
	if !known {
		return b
	}
	b.Version = cmp.Or(givenVersion, info.Main.Version, "(devel)")
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

func (b build) String() string {
	text := fmt.Sprintf("fedirally %s, %s %s/%s", b.Version, b.Go, b.OS, b.Arch)
	if b.Revision != "" {
		text += "\ncommit " + b.Revision
		if b.Time != "" { // not known where only the commit was given
			text += " of " + b.Time
		}
	}
	if b.Modified {
		text += ", and changes that were not committed"
	}
	return text
}

// version is what logs say of the program.
func version() string { return release() + " " + runtime.Version() }

// release is the version alone, or the commit that the program was built from.
func release() string { return readBuild(debug.ReadBuildInfo()).Version }
