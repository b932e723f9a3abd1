// Package leaderboard is the domain of Fedirally: money, hosts, drives,
// attribution, the book that turns notices into entries, and standings.
//
// It does no input or output, reads no clock and draws no random number; what
// it needs of the world is handed in. The rooms beside it (ledger, actblue and
// the pages) speak to each other in the types of this package.
//
// The way of one gift through the package: a [Notice] carries [Gift] values;
// [Clues] decide which instance each is credited to; the [Book] turns them into
// [Entry] values and changed [Credit] rows; the difference between the credits
// before and after is a [Tally], which is added to the balances; a [Board]
// is what of the balances may be shown.
package leaderboard
