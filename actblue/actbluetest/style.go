package actbluetest

import "math/rand/v2"

// Style is how a notice is worded. Notices of the same items in two styles make
// the same claims, unless a style says otherwise.
type Style struct {
	// Year is the dialect: 2018, 2019, 2022, 2023 or 2026.
	Year int
	// Seed decides everything that a dialect leaves open: the spelling of money
	// and times, whether an empty field is null or missing, fields of the future.
	Seed uint64
	// Status, if set, is told instead of the order's own.
	Status Status
	// Clueless leaves out everything that tells the instance.
	Clueless bool
}

// Years are the dialects.
func Years() []int { return []int{2018, 2019, 2022, 2023, 2026} }

// NewStyle draws a style.
func NewStyle(rng *rand.Rand) Style {
	return Style{Year: pick(rng, Years()), Seed: rng.Uint64()}
}

type object = map[string]any

// dialect turns a notice of the fullest kind into one of its year.
type dialect func(rng *rand.Rand, donor, contribution object, items []object, body object)

func dialectOf(year int) dialect {
	switch year {
	case 2018:
		return speak2018
	case 2019:
		return speak2019
	case 2023:
		return speak2023
	case 2026:
		return speak2026
	}
	return speak2022
}

// speak2018 has no form, no refcodes object and few of the contribution's fields.
func speak2018(rng *rand.Rand, donor, contribution object, items []object, body object) {
	speak2019(rng, donor, contribution, items, body)
	without(donor, "phone")
	without(contribution, "withExpressLane")
	for _, item := range items {
		item["fecId"] = nil
	}
}

// speak2019 is the same with express lane and A/B tests.
func speak2019(rng *rand.Rand, donor, contribution object, items []object, body object) {
	without(body, "form")
	without(contribution, "refcodes", "textMessageOption", "giftDeclined", "giftIdentifier", "smartBoostAmount",
		"shippingName", "shippingAddr1", "shippingCity", "shippingState", "shippingZip", "shippingCountry",
		"weeklyRecurringSunset")
	if fields, found := contribution["customFields"].([]Field); found && len(fields) == 0 {
		without(contribution, "customFields")
	}
	contribution["abTestName"], contribution["abTestVariation"] = "2019_06_25_preset_ask", "75_ask"
	contribution["withExpressLane"] = chance(rng, 0.3)
	for _, item := range items {
		without(item, "recurringAmount", "paymentId")
	}
	emptyIsMissing(donor, "email")
}

// speak2022 is ActBlue's own example: both places for the refcode, {} for none.
func speak2022(rng *rand.Rand, donor, contribution object, _ []object, _ object) {
	if contribution["refcode"] != nil && chance(rng, 0.2) {
		contribution["refcodes"] = nil
	}
	if chance(rng, 0.5) {
		emptyIsMissing(donor, "email", "phone")
	}
}

// speak2023 leaves out what is empty.
func speak2023(rng *rand.Rand, donor, contribution object, items []object, body object) {
	emptyIsMissing(donor, "email", "phone")
	emptyIsMissing(contribution, "refcode", "refcode2", "abTestName", "abTestVariation", "weeklyRecurringSunset",
		"smartBoostAmount", "giftDeclined", "giftIdentifier")
	if codes, found := contribution["refcodes"].(object); found && len(codes) == 0 && chance(rng, 0.5) {
		contribution["refcodes"] = nil
	}
	without(contribution, "uniqueIdentifier", "creditCardExpiration")
	if form, found := body["form"].(object); found {
		without(form, "ownerEmail")
	}
	for _, item := range items {
		without(item, "recurringAmount")
	}
}

// speak2026 has the refcodes object only, sometimes the form's name only, and
// new fields.
func speak2026(rng *rand.Rand, donor, contribution object, items []object, _ object) {
	without(contribution, "refcode", "refcode2", "isRecurring", "uniqueIdentifier")
	contribution["merchandise"], contribution["bumpYourRecurring"] = []any{}, nil
	if chance(rng, 0.3) {
		contribution["contributionForm"] = nil
	}
	if employer, found := donor["employerData"].(object); found {
		employer["employerZip"] = nil
	}
	if donor["phone"] == "" {
		donor["phone"] = nil
	}
	for _, item := range items {
		without(item, "paymentId")
	}
	contribution["giftWrap2027"] = object{"paper": "stars", "ribbons": []int{1, 2}}
}

func without(o object, keys ...string) {
	for _, key := range keys {
		delete(o, key)
	}
}

func emptyIsMissing(o object, keys ...string) {
	for _, key := range keys {
		if o[key] == nil {
			delete(o, key)
		}
	}
}
