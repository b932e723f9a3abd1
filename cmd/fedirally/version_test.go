package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersion(t *testing.T) {
	said := must(t, nil, "version")
	assert.Contains(t, said, "fedirally ")
	assert.Contains(t, said, runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH)
	b := mustJSON[build](t, nil, "version", "--json")
	assert.Equal(t, runtime.Version(), b.Go)

	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		setting("vcs.revision", "abc"), setting("vcs.time", "2026-06-10T12:00:00Z"), setting("vcs.modified", "false"),
	}}
	b = readBuild(info, true)
	assert.Equal(t, build{Version: "v1.2.3", Revision: "abc", Time: "2026-06-10T12:00:00Z", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}, b)
	assert.True(t, strings.HasSuffix(b.String(), "\ncommit abc of 2026-06-10T12:00:00Z"), b)
	assert.True(t, strings.HasSuffix(build{Revision: "abc"}.String(), "\ncommit abc"))
	info.Settings[2].Value = "true"
	assert.Contains(t, readBuild(info, true).String(), "not committed")
	assert.Equal(t, "(devel)", readBuild(&debug.BuildInfo{}, true).Version)
	assert.Equal(t, "unknown", readBuild(nil, false).Version)
}
