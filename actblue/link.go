package actblue

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"fedirally/leaderboard"
)

// ErrLink says that a text is neither the name of an ActBlue form nor a link to one.
var ErrLink = errors.New("not the name of an ActBlue form and not a link to one")

// maxLink is longer than any link that ActBlue's own tools make.
const maxLink = 4096

var (
	formName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$`)
	formPath = regexp.MustCompile(`^/(?:donate|contribute/page)/([^/]+)/?$`)
)

// FormLink makes the link through which gifts to a form are credited to an
// instance. The form is given by its name or as a full link, whose other
// parameters keep their order and spelling. A refcode that the link brings along
// is not lost but moves to refcode2, or where that is taken to refcodeSource.
//
// express_lane never comes out, however it was spelled: such a link charges a
// saved card as soon as it is opened. FormLink returns [ErrLink] for what is no
// form of ActBlue's, and leaderboard.ErrHost for what is no host.
func FormLink(form string, host leaderboard.Host) (string, error) {
	code := EncodeHost(host)
	if decoded, ok := DecodeHost(code); !ok || decoded != host {
		return "", leaderboard.ErrHost
	}
	address, query, err := formAddress(strings.TrimSpace(form))
	if err != nil {
		return "", err
	}
	kept, sources, err := sortParameters(query)
	if err != nil {
		return "", err
	}
	pairs := make([]string, 0, len(kept)+len(sources)+1)
	taken := make(map[string]bool)
	for _, given := range kept {
		pairs = append(pairs, given.raw)
		taken[given.name] = true
	}
	pairs = append(pairs, "refcode="+code)
	for _, source := range sources {
		pairs = append(pairs, freeName(taken)+"="+source)
	}
	link := address + "?" + strings.Join(pairs, "&")
	// Encoding may have made three of each byte.
	if len(link) > maxLink {
		return "", fmt.Errorf("%w: it is too long", ErrLink)
	}
	return link, nil
}

// formAddress splits what names a form into its address, always by https, and
// the query that came with it.
func formAddress(form string) (address, query string, err error) {
	if formName.MatchString(form) {
		return "https://secure.actblue.com/donate/" + form, "", nil
	}
	if len(form) > maxLink {
		return "", "", fmt.Errorf("%w: it is too long", ErrLink)
	}
	if !strings.Contains(form, "://") {
		form = "https://" + form
	}
	link, err := url.Parse(form)
	if err != nil {
		return "", "", fmt.Errorf("%w: it is not a web address", ErrLink)
	}
	server := strings.ToLower(link.Host)
	switch {
	case link.Scheme != "https" && link.Scheme != "http", link.User != nil, link.Opaque != "":
		return "", "", fmt.Errorf("%w: it is not a web address", ErrLink)
	case server != "actblue.com" && !subdomain.MatchString(server):
		return "", "", fmt.Errorf("%w: it does not lead to actblue.com", ErrLink)
	}
	slug := formPath.FindStringSubmatch(link.Path)
	if slug == nil || !formName.MatchString(slug[1]) {
		return "", "", fmt.Errorf("%w: the path is not /donate/ and the form's name", ErrLink)
	}
	return "https://" + server + link.Path, link.RawQuery, nil
}

var subdomain = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+actblue\.com$`)

// parameter is one pair of a query as it was spelled, and its name as a server
// reads it.
type parameter struct{ raw, name string }

// sortParameters parts a query into what stays as it is and the values of
// refcodes that are not ours. What must not stay is left out.
func sortParameters(query string) (kept []parameter, sources []string, err error) {
	// Some servers part pairs at a semicolon too, so one must not hide a pair.
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil {
			return nil, nil, fmt.Errorf("%w: a parameter has a %% that is not followed by two hexadecimal digits", ErrLink)
		}
		// Servers in Ruby and PHP read a[]= as the list a.
		name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), "[")
		switch {
		case meansExpressLane(rawName):
		case name == "refcode":
			if _, ours := DecodeHost(value); !ours && strings.TrimSpace(value) != "" {
				sources = append(sources, escapeStray(rawValue))
			}
		default:
			kept = append(kept, parameter{raw: escapeStray(pair), name: name})
		}
	}
	return kept, sources, nil
}

// meansExpressLane compares letters only, decoded as often as it goes, so that
// express%255Flane and Express-Lane[] do not slip through.
func meansExpressLane(name string) bool {
	for decoded := unescape(name); decoded != name; decoded = unescape(name) {
		name = decoded
	}
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	return strings.Contains(letters, "expresslane")
}

var percentCode = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// unescape decodes the percent codes in s once and leaves alone what is none.
func unescape(s string) string {
	return percentCode.ReplaceAllStringFunc(s, func(code string) string {
		c, _ := strconv.ParseUint(code[1:], 16, 8) // the pattern has made sure of it
		return string([]byte{byte(c)})
	})
}

// freeName finds the parameter for a refcode that had to make room, and takes it.
func freeName(taken map[string]bool) string {
	name := "refcode2"
	for n := 1; taken[strings.ToLower(name)]; n++ {
		name = "refcodeSource"
		if n > 1 {
			name += strconv.Itoa(n)
		}
	}
	taken[strings.ToLower(name)] = true
	return name
}

// escapeStray encodes the bytes that a browser lets people write into a query
// and that a Location header must not hold. All else keeps its spelling.
func escapeStray(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"'<>\\^`{|}#", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
