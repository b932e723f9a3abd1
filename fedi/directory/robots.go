package directory

import (
	"strings"
)

// product is the name by which robots.txt may speak of us.
const product = "fedirally"

// robots are the rules of a robots.txt that names us. Those for everybody are about
// crawlers that read all there is; we ask once a day for what is meant to be asked for.
type robots []robotsRule

type robotsRule struct {
	path  string
	allow bool
}

// readRobots reads the groups of a robots.txt (RFC 9309) that name us.
func readRobots(text string) robots {
	var rules robots
	ours, inNames := false, false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		key, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if !inNames { // a new group begins
				ours, inNames = false, true
			}
			name, _, _ := strings.Cut(value, "/")
			ours = ours || strings.EqualFold(strings.TrimSpace(name), product)
		case "allow", "disallow":
			inNames = false
			if ours && value != "" {
				rules = append(rules, robotsRule{value, key == "allow"})
			}
		}
	}
	return rules
}

// allows reports whether a path may be asked for: the longest rule that fits decides.
func (r robots) allows(path string) bool {
	allowed, longest := true, -1
	for _, rule := range r {
		if len(rule.path) < longest || !fits(rule.path, path) {
			continue
		}
		allowed = rule.allow || len(rule.path) == longest && allowed
		longest = len(rule.path)
	}
	return allowed
}

// fits reports whether a path begins as a pattern says, in which * is anything, and a $
// at the end is the path's end.
func fits(pattern, path string) bool {
	pattern, whole := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	rest, found := strings.CutPrefix(path, parts[0])
	if !found {
		return false
	}
	for i, part := range parts[1:] {
		if whole && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return !whole || rest == ""
}
