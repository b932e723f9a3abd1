package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kong"

	"fedirally/fedi/directory"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// world is what the program touches of its surroundings, so that tests can run
// whole commands.
type world struct {
	// lookup reads a setting, and whether it is there at all.
	lookup   func(string) (string, bool)
	out, err io.Writer
	// in is what is typed; nil is nothing.
	in io.Reader
	// clock tells the time; nil is the machine's.
	clock func() time.Time
	// roots are the certificates that are trusted; nil are the machine's.
	roots *x509.CertPool
	// lab stands in for the internet that instances are on.
	lab directory.Lab
}

// commands is the command line. Each command's Run gets the program.
type commands struct {
	Serve     serveCommand     `cmd:"" default:"1" help:"Run the server: take in ActBlue's notices and show the boards (default)."`
	Demo      demoCommand      `cmd:"" help:"Show a simulated race in the browser. Needs no settings and no network; keeps nothing."`
	Drive     driveCommands    `cmd:"" help:"Open, change, close and list drives."`
	Instance  instanceCommands `cmd:"" help:"The registry of instances: what is known, hidden, blocked, entered."`
	Links     linksCommand     `cmd:"" help:"Print ActBlue links that credit instances."`
	Attribute attributeCommand `cmd:"" help:"Credit one gift to another instance, as an organizer's decision."`
	Replay    replayCommand    `cmd:"" help:"Look at quarantined notices, take them in again, or dismiss them."`
	Audit     auditCommand     `cmd:"" help:"Recompute everything from the ledger's entries and name each difference, in the ranking too."`
	Rebuild   rebuildCommand   `cmd:"" help:"Make balances and ranking anew from nothing but the ledger's entries."`
	Export    exportCommands   `cmd:"" help:"Print standings or entries, without personal data. For operators: unlisted instances are in it."`
	Donor     donorCommands    `cmd:"" help:"What a donor may ask for."`
	Bot       botCommands      `cmd:"" help:"The bot on the Fediverse: check its account, look through its outbox, set how it speaks."`
	Backup    backupCommand    `cmd:"" help:"Copy a SQLite ledger into a file, also while the server runs."`
	Move      moveCommand      `cmd:"" help:"Move the ledger into another, empty database: from SQLite to PostgreSQL, or back."`
	Doctor    doctorCommand    `cmd:"" help:"Look at everything that a server needs, and say what is not as it should be and what to do."`
	Secret    secretCommands   `cmd:"" help:"Change the secret that seals donors' data, or go on after it was lost."`
	Healthy   healthyCommand   `cmd:"" help:"Ask the running server whether it is well; for health checks."`
	Storybook storybookCommand `cmd:"" help:"Show every page in every state, with made-up figures and no database."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// program is what commands work with.
type program struct {
	world
	ctx context.Context //nolint:containedctx // the program lives exactly as long as it
}

func (w world) now() time.Time {
	if w.clock == nil {
		return time.Now()
	}
	return w.clock()
}

const description = `Fundraising races between Fediverse instances.

Settings come from the environment (see README.md); a secret NAME can also be given as a file by NAME_FILE.`

// run executes one command line and gives the exit code: 0 only on success, 2
// where the command line itself is wrong.
func run(ctx context.Context, args []string, w world) (code int) {
	out := bufio.NewWriter(w.out)
	w.out = out
	p := &program{world: w, ctx: ctx}
	var line commands
	exited := -1
	parser, err := kong.New(&line, kong.Name("fedirally"), kong.Description(description),
		kong.Writers(w.out, w.err), kong.Exit(func(code int) { exited = code; panic(exit{}) }),
		kong.Vars{"eligibility": leaderboard.DefaultEligibility},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(w.err, "fedirally:", err)
		return 1
	}
	defer func() {
		if fault := recover(); fault != nil {
			if _, asked := fault.(exit); !asked {
				panic(fault)
			}
			code = exited // --help was asked for
		}
		// Output that did not reach its end, a full disk say, is no success.
		if err := out.Flush(); err != nil && code == 0 {
			fmt.Fprintln(w.err, "fedirally: writing the output:", err)
			code = 1
		}
	}()
	chosen, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(w.err, "fedirally: %v\nRun \"fedirally --help\" for the commands.\n", err)
		return 2
	}
	if err := chosen.Run(p); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(w.err, "fedirally:", err)
			if advice := adviceOn(err); advice != "" {
				fmt.Fprintln(w.err, advice)
			}
		}
		return 1
	}
	return 0
}

// exit unwinds the parser when it has done what was asked.
type exit struct{}

// errSaid ends a command without success when it has said all there is to say.
var errSaid = errors.New("said")

// say prints for the person who runs the command, at once: some commands go on.
// Trouble with the output shows when the command ends.
func (p *program) say(format string, args ...any) {
	fmt.Fprintf(p.out, format+"\n", args...)
	if buffered, ok := p.out.(*bufio.Writer); ok {
		_ = buffered.Flush() // the error stays in the writer
	}
}

// logger writes structured lines to standard error, from that level on, with advice
// where it has some.
func (p *program) logger(level slog.Level) *slog.Logger {
	return slog.New(advising{slog.NewJSONHandler(p.err, &slog.HandlerOptions{Level: level})})
}

// withLedger opens the ledger for the length of a command.
func (p *program) withLedger(use func(*ledger.Store) error) error {
	return p.withLedgerAnd(func(store *ledger.Store, _ settings) error { return use(store) })
}

// withLedgerAnd is withLedger for commands that need the settings too.
func (p *program) withLedgerAnd(use func(*ledger.Store, settings) error) (err error) {
	s, err := p.readSettings(forCommands)
	if err != nil {
		return err
	}
	p.sayMade(s)
	store, err := ledger.Open(p.ctx, ledger.Options{URL: s.databaseURL, Secret: s.secret})
	if err != nil {
		return fmt.Errorf("opening the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return use(store, s)
}
