package actblue

import (
	"encoding/json"
	"slices"
	"strings"
)

// strip writes a decoded delivery as compact JSON without all that is never kept,
// at any depth, whatever the spelling of the key: addresses, phone numbers,
// employers, cards, shipping, links that open something, the owner's address.
// Of the donor only name and e-mail stay, and of the answers to a form's extra
// questions only what may be a handle.
func strip(tree any) []byte {
	body, err := json.Marshal(stripped(tree))
	if err != nil {
		// A decoded tree can always be written; an empty body would be valid too.
		return []byte("null")
	}
	return body
}

func stripped(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return strippedObject(value, isDropped)
	case []any:
		kept := make([]any, len(value))
		for i, item := range value {
			kept[i] = stripped(item)
		}
		return kept
	case string:
		return cut(clean(value), maxRefcode)
	}
	return value
}

func strippedObject(fields map[string]any, drop func(key string) bool) map[string]any {
	kept := make(map[string]any, len(fields))
	for name, value := range fields {
		name = clean(name)
		key := plainKey(name)
		if drop(key) {
			continue
		}
		name = cut(name, maxKey)
		switch key {
		case "donor":
			donor, _ := value.(map[string]any)
			kept[name] = strippedObject(donor, isDroppedOfDonor)
		case "answer":
			kept[name] = strippedAnswer(value)
		default:
			kept[name] = stripped(value)
		}
	}
	return kept
}

// strippedAnswer keeps the words of an answer that name a host. The question may
// have been for a phone number or a size of shirt.
func strippedAnswer(value any) any {
	answer, _ := value.(string)
	parts := slices.DeleteFunc(words(cut(answer, maxAnswer)), func(word string) bool {
		_, ok := readSpelling(word)
		return !ok
	})
	return cut(strings.Join(parts, " "), maxRefcode)
}

// plainKey is a key in lower case without the signs that only part words.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(key))
}

// isDropped reports whether a field is never kept, by its key in plain form.
func isDropped(key string) bool {
	within := func(part string) bool { return strings.Contains(key, part) }
	starts := func(part string) bool { return strings.HasPrefix(key, part) }
	ends := func(part string) bool { return strings.HasSuffix(key, part) }
	return slices.ContainsFunc([]string{
		"zip", "postal", "postcode", "phone", "passport", "employer", "occupation", "street", "addr",
		"shipping", "creditcard", "thanks", "retry", "owneremail",
	}, within) ||
		slices.ContainsFunc([]string{"card", "mobilenumber"}, starts) ||
		slices.ContainsFunc([]string{"city", "state", "country", "url", "link"}, ends)
}

func isDroppedOfDonor(key string) bool {
	return key != "firstname" && key != "lastname" && key != "email"
}
