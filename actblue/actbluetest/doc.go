// Package actbluetest is a simulated ActBlue: it makes up a fundraising race
// between instances, sends it to a server as ActBlue would, and knows what the
// server must say afterwards.
//
// A [Race] is made by [NewRace] from [Options] and nothing else: orders of
// invented donors, and the timeline of deliveries that tells of them, with the
// repeats, delays, losses and disorder of the real thing. The bodies follow the
// dialects that ActBlue used between 2018 and 2026 ([Style]). The same options
// give the same bytes.
//
// A [Sender] posts the deliveries over real HTTP, tries again where the server
// does not answer 2xx, and reports which notices were acknowledged.
//
// A [Model] is the oracle. It reads the very bytes that were sent, with a plain
// decoder of its own, and works out by simple sums over all of them what a
// ledger must say of a [Drive]. It shares no code with the parser, the book or
// the balances; of the domain package it uses the types and the names of periods.
package actbluetest
