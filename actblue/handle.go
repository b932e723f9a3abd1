package actblue

import (
	"regexp"
	"slices"
	"strings"

	"fedirally/leaderboard"
)

// spelling is a host found in what a person wrote. Handle is "@user@host" if a
// user was named too. Clear means that it can be nothing but an account on the
// Fediverse, whereas user@host may be an e-mail address.
type spelling struct {
	host   leaderboard.Host
	handle string
	clear  bool
}

// readSpelling reads the host out of a domain, a handle, an acct: address, or a
// web address, as leaderboard.FindHost does. It knows besides that the path
// "/@user" of a web address, with or without the scheme, names an account.
func readSpelling(s string) (spelling, bool) {
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	if strings.HasPrefix(lower, "mailto:") {
		return spelling{}, false
	}
	if found, ok := readProfile(s); ok {
		return found, true
	}
	host, err := leaderboard.FindHost(s)
	if err != nil {
		return spelling{}, false
	}
	account, isAcct := s, strings.HasPrefix(lower, "acct:")
	if isAcct {
		account = s[len("acct:"):]
	}
	user, _, named := strings.Cut(strings.TrimPrefix(account, "@"), "@")
	if !named || !userPart.MatchString(user) {
		return spelling{host: host}, true
	}
	return spelling{
		host: host, handle: writeHandle(user, host), clear: isAcct || strings.HasPrefix(account, "@"),
	}, true
}

// readProfile reads "https://host/@user". Seen from another server, the address
// of an account is "https://host/@user@home": the account's home is what counts.
func readProfile(s string) (spelling, bool) {
	if _, rest, found := strings.Cut(s, "://"); found {
		s = rest
	}
	domain, user, found := strings.Cut(s, "/@")
	if !found || strings.ContainsAny(domain, "/?#") {
		return spelling{}, false
	}
	if end := strings.IndexAny(user, "/?#"); end >= 0 {
		user = user[:end]
	}
	if name, home, remote := strings.Cut(user, "@"); remote {
		user, domain = name, home
	}
	host, err := leaderboard.FindHost(domain)
	if err != nil || !userPart.MatchString(user) {
		return spelling{}, false
	}
	if slices.ContainsFunc(elsewhere(), func(site string) bool {
		return string(host) == site || strings.HasSuffix(string(host), "."+site)
	}) {
		return spelling{host: host}, true
	}
	return spelling{host: host, handle: writeHandle(user, host), clear: true}, true
}

// elsewhere are the great sites off the Fediverse whose profiles have the same path.
func elsewhere() []string {
	return []string{"youtube.com", "tiktok.com", "medium.com", "substack.com"}
}

// userPart has the characters that some server of the Fediverse allows in the
// name of an account. It keeps markup and formulas out of handles.
var userPart = regexp.MustCompile(`^[\pL\pN_][\pL\pN\pM_.~+-]*$`)

func writeHandle(user string, host leaderboard.Host) string {
	return "@" + cut(user, maxName) + "@" + string(host)
}

// words parts an answer in which people wrote whole sentences. It returns the
// words without the punctuation around them, at most a hundred.
func words(answer string) []string {
	const sentence = 100
	found := strings.FieldsFunc(clean(answer), func(r rune) bool {
		return strings.ContainsRune(" ,;()<>[]{}\"'“”‘’|", r)
	})
	for i, word := range found {
		found[i] = strings.TrimRight(word, ".:!?")
	}
	return found[:min(len(found), sentence)]
}
