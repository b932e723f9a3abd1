package actblue

import (
	"strings"

	"fedirally/leaderboard"
)

// donor is what a delivery tells of who gave. The ZIP code goes into the
// identity and no further.
type donor struct {
	person   leaderboard.Person
	identity leaderboard.Identity
}

func readDonor(fields object) donor {
	person := leaderboard.Person{
		First: fields.text("firstname", maxName),
		Last:  fields.text("lastname", maxName),
		Email: fields.text("email", maxEmail),
	}
	return donor{person: person, identity: identify(person, fields.text("zip", maxKey))}
}

// identify says what tells this donor from others. An e-mail address without an
// @ is a word such as "none", which would make one donor of many.
func identify(p leaderboard.Person, zip string) leaderboard.Identity {
	switch {
	case strings.Contains(p.Email, "@"):
		return leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "email|" + strings.ToLower(p.Email)}
	case p.First != "" || p.Last != "":
		name := strings.ToLower(p.First) + "|" + strings.ToLower(p.Last)
		return leaderboard.Identity{Strength: leaderboard.ByName, Text: "name|" + name + "|" + zip}
	}
	return leaderboard.Identity{Strength: leaderboard.Anonymous}
}

// isEmail reports whether an answer is the donor's own e-mail address, which
// looks like a handle and is none.
func (d donor) isEmail(answer string) bool {
	return d.person.Email != "" && strings.EqualFold(clean(answer), d.person.Email)
}

// EmailIdentity is the identity of whoever gives with that e-mail address; false
// if it is none.
func EmailIdentity(address string) (leaderboard.Identity, bool) {
	identity := identify(leaderboard.Person{Email: cut(clean(address), maxEmail)}, "")
	return identity, identity.Strength == leaderboard.ByEmail
}
