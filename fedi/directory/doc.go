// Package directory finds out what the servers of instances say of themselves: their
// title, software, people and picture.
//
// Whoever gives money, or types into a form, may name any host. So every address that
// is asked here is taken for an attack: [Client] speaks only https, only with addresses
// of the public internet (looked at when the connection is made, after the name was
// resolved, so that no name can change its mind in between), follows hardly any
// redirect, and reads little and not for long. What it has read is believed for nothing
// but being shown: it is cleaned, cut and counted as unknown where it makes no sense.
package directory
