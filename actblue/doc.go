// Package actblue speaks with ActBlue, and is the only room that does: it reads
// the notices that ActBlue posts, writes and reads the refcodes that stand for
// instances, and makes the links through which people give.
//
// A delivery takes this way: [Receiver] checks who sent it and hands the bytes
// to [Parse], which frees them of everything that is not kept and turns them
// into a leaderboard.Notice; a [Recorder] puts that on disk; only then is the
// delivery acknowledged.
//
// Parse trusts nothing: fields may be absent, null or of another type, and a
// claim that cannot be used becomes a fault for a person to look at, never an
// error and never silence. Nothing here quotes a delivery in an error, a fault,
// an answer or a log.
package actblue
