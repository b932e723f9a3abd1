package actbluetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The names are invented to be awkward: apostrophes, accents, parts, capitals.
var (
	firstNames = []string{ //nolint:gochecknoglobals // constant lists; Go has no constant slices
		"Ana", "Ben", "Carmen", "Dev", "Elif", "Fatima", "Grace", "Hiro", "Imani", "Jonas", "Keisha", "Liam",
		"MARY", "Noor", "Olive", "Priya", "Quinn", "Rosa", "Sam", "Tove", "Uma", "Viktor", "Wanda", "Ximena",
		"Yusuf", "Zoë", "José", "Mary Jo", "herbert", "Renée",
	}
	lastNames = []string{ //nolint:gochecknoglobals // see above
		"O'Hackett", "Núñez", "Smith-Jones", "de la Cruz", "Okafor", "Nguyen", "Miller", "Schmidt", "KOWALSKI",
		"Begum", "Lindqvist", "Park", "van Dijk", "Rossi", "Haddad", "Cohen", "Tanaka", "Brown", "Ferreira",
		"Mbeki", "Larsen", "Garcia", "Doe", "Whitefeather", "Ivanov", "Singh",
	}
	towns = [][2]string{ //nolint:gochecknoglobals // see above
		{"Portland", "OR"},
		{"Austin", "TX"},
		{"Madison", "WI"},
		{"Fresno", "CA"},
		{"Chattanooga", "TN"},
		{"Duluth", "MN"},
		{"Ithaca", "NY"},
		{"Tucson", "AZ"},
		{"Erie", "PA"},
		{"Macon", "GA"},
	}
	callings = [][2]string{ //nolint:gochecknoglobals // see above
		{"Retired", "Retired"},
		{"Not employed", "Not employed"},
		{"Example Co", "Engineer"},
		{"Public Library", "Librarian"},
		{"Wunsch-Homenick", "Firefighter"},
		{"Self", "Illustrator"},
	}
)

// people makes up donors and brings some of them back.
type people struct {
	rng   *rand.Rand
	mix   Mix
	known []Donor
}

// next gives the donor of an order. Nobody else has the same address, or the
// same name with the same zip.
func (p *people) next() Donor {
	if len(p.known) > 20 && chance(p.rng, p.mix.Returning) {
		return p.known[p.rng.IntN(len(p.known))]
	}
	donor := Donor{ID: len(p.known) + 1}
	town, calling := pick(p.rng, towns), pick(p.rng, callings)
	donor.City, donor.State = town[0], town[1]
	donor.Employer, donor.Calling = calling[0], calling[1]
	if !chance(p.rng, p.mix.Anonymous) {
		donor.First, donor.Last = pick(p.rng, firstNames), pick(p.rng, lastNames)
		donor.Zip = fmt.Sprintf("%05d", 10_000+donor.ID%89_000)
		if !chance(p.rng, p.mix.NoEmail) {
			domain := pick(p.rng, []string{"example.org", "example.com"})
			donor.Email = fmt.Sprintf("%s.%d@%s", plainLetters(donor.First), donor.ID, domain)
		}
	}
	p.known = append(p.known, donor)
	return donor
}

// typed gives the donor's address as typed this time: the same address.
func (p *people) typed(email string) string {
	if email == "" {
		return ""
	}
	switch p.rng.IntN(12) {
	case 0:
		return strings.ToUpper(email)
	case 1:
		return strings.ToUpper(email[:1]) + email[1:]
	case 2:
		return " " + email + " "
	}
	return email
}

func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// chance is true in that share of cases.
func chance(rng *rand.Rand, share float64) bool { return rng.Float64() < share }

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
