package main

// What the program is built from, where Go cannot see the repository, as in the
// build of a container image: -ldflags "-X main.givenVersion=v0.1.0 -X
// main.givenRevision=…". Empty otherwise.
var givenVersion, givenRevision string //nolint:gochecknoglobals // the linker writes into variables of a package only
