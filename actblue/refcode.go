package actblue

import (
	"strings"

	"fedirally/leaderboard"
)

// codePrefix tells our refcodes from those of other campaigns.
const codePrefix = "fedi_"

// EncodeHost writes a host as a refcode, within the letters, digits and
// underscores that ActBlue documents: a dot becomes one underscore, a hyphen
// two. [DecodeHost] reads it back. The host must be a canonical one, as
// leaderboard.ParseHost returns it.
func EncodeHost(host leaderboard.Host) string {
	return codePrefix + strings.NewReplacer(".", "_", "-", "__").Replace(string(host))
}

// DecodeHost reads a refcode that [EncodeHost] wrote, in any case and with space
// around it. It reports false for everything else, so that no two spellings
// (but for case and space) stand for one host.
//
// The code is unambiguous because a label is never empty and neither begins nor
// ends with a hyphen: a single underscore is a dot, a run of 2n is n hyphens, and
// a longer odd run cannot occur.
func DecodeHost(refcode string) (leaderboard.Host, bool) {
	refcode = strings.ToLower(strings.TrimSpace(refcode))
	code, ours := strings.CutPrefix(refcode, codePrefix)
	if !ours {
		return "", false
	}
	var name strings.Builder
	for code != "" {
		rest := strings.TrimLeft(code, "_")
		switch run := len(code) - len(rest); {
		case run == 1:
			name.WriteByte('.')
		case run%2 == 1:
			return "", false
		default:
			name.WriteString(strings.Repeat("-", run/2))
		}
		end := strings.IndexByte(rest, '_')
		if end < 0 {
			end = len(rest)
		}
		name.WriteString(rest[:end])
		code = rest[end:]
	}
	host, err := leaderboard.ParseHost(name.String())
	if err != nil || EncodeHost(host) != refcode {
		return "", false
	}
	return host, true
}
