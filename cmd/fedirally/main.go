// Command fedirally runs fundraising races between Fediverse instances.
//
// This folder is the only place that knows all rooms: it reads the settings,
// wires ledger, intake and pages together, and holds the commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // drives name time zones, and small servers may have no zone files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal everything winds up; a second one ends it at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], world{
		lookup: os.LookupEnv, in: os.Stdin, out: os.Stdout, err: os.Stderr,
	}))
}
