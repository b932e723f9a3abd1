// Package templates renders the public pages.
//
// It works from [leaderboard.Board] values alone. A Board holds listed standings
// only, so no page made here can show an unlisted instance: an instance that is
// not a row of the board gets one and the same text, whatever is known of it.
//
// Each page has a view model ([HomePage], [DrivePage], [InstancePage],
// [RulesPage], [MessagePage]) and a component that renders it. Nothing here reads
// a clock: the moment to render for is part of the model. The pages need no
// script, and carry no style of their own, so that a strict Content-Security-Policy
// holds: whatever has a measure is drawn as SVG with plain attributes.
package templates
