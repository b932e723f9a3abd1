// Package ledger keeps the truth about money in SQL, on SQLite or PostgreSQL
// with one set of statements.
//
// A notice comes in by [Store.Record]. Concurrent notices share one transaction
// (intake.go). Under the one lock (write.go) the credits that they name are
// loaded (load.go), a [leaderboard.Book] turns them into entries (record.go),
// and entries, credits, donors and balances are written together (flush.go,
// balances.go). When Record returns without an error, all of it is on disk.
//
// Whatever changes what may be shown (drives.go, instances.go, publish.go) takes
// the same lock. Readers (board.go, export.go) and the audit (audit.go) read one
// snapshot and lock nobody out.
package ledger
