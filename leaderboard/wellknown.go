package leaderboard

import (
	_ "embed"
	"strings"
)

//go:embed wellknown.txt
var wellKnown string

// WellKnown gives the date of the list of well-known instances that the program
// ships, as YYYY-MM-DD, and its hosts. A gift through one of them needs no vetting.
func WellKnown() (date string, hosts []Host) {
	for line := range strings.Lines(wellKnown) {
		line = strings.TrimSpace(line)
		if comment, found := strings.CutPrefix(line, "#"); found {
			if value, dated := strings.CutPrefix(strings.TrimSpace(comment), "date:"); dated {
				date = strings.TrimSpace(value)
			}
			continue
		}
		if line != "" {
			hosts = append(hosts, Host(line))
		}
	}
	return date, hosts
}
