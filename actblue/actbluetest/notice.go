package actbluetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// Kind is the type of a notice; it is the last part of the path to post it to.
type Kind string

// The kinds of notice that ActBlue sends.
const (
	Contributions Kind = "contributions"
	Refunds       Kind = "refunds"
	Cancellations Kind = "cancellations"
)

// Notice is one body as ActBlue posts it. The body must not be changed.
type Notice struct {
	Kind Kind
	Body []byte
}

// Contribution tells of the payment of those items of the order.
func (o Order) Contribution(s Style, items ...Item) Notice {
	return o.notice(Contributions, s, items, func(rng *rand.Rand, item Item, told object) {
		if item.Paid.Equal(o.Created) && chance(rng, 0.05) {
			// Whoever reads this has to fall back on createdAt.
			without(told, "paidAt")
		}
	})
}

// Refund tells of the refund of those items that were refunded; others may stand
// among them, as they do in ActBlue's notices, and are told without a refund.
func (o Order) Refund(s Style, items ...Item) Notice {
	return o.notice(Refunds, s, items, func(rng *rand.Rand, item Item, told object) {
		if chance(rng, 0.5) {
			without(told, "paidAt")
		}
		if item.Refunded.IsZero() {
			told["refundedAt"] = nil
			return
		}
		told["refundedAt"] = moment(rng, item.Refunded)
		told["amount"] = dollars(rng, item.Returned)
		told["disbursedAt"], told["recoveredAt"] = nil, nil
	})
}

// Cancellation tells of the end of the order's series.
func (o Order) Cancellation(s Style) Notice {
	return o.notice(Cancellations, s, o.Items[len(o.Items)-1:], func(*rand.Rand, Item, object) {})
}

func (o Order) notice(kind Kind, s Style, items []Item, edit func(*rand.Rand, Item, object)) Notice {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(s.Year)))
	donor, contribution := o.donor(rng, items), o.contribution(rng, s)
	told := make([]object, len(items))
	for i, item := range items {
		told[i] = o.item(rng, s, item)
		edit(rng, item, told[i])
	}
	body := object{"donor": donor, "contribution": contribution, "form": object{
		"name": o.Form, "kind": "page", "ownerEmail": "owner@example.org",
		"managingEntityName": nil, "managingEntityCommitteeName": nil,
	}}
	dialectOf(s.Year)(rng, donor, contribution, told, body)
	body["lineitems"] = told
	if kind == Cancellations {
		without(contribution, "status", "thanksUrl")
		contribution["cancelledAt"] = moment(rng, o.Cancelled)
		contribution["recurringType"] = "initially " + o.Period
		contribution["recurCompleted"] = items[0].Sequence + 1
		contribution["recurPledged"] = o.Payments
		contribution["cancellationType"] = "Active"
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("actbluetest: a notice that is not JSON: %v", err))
	}
	return Notice{kind, text}
}

// donor shows the address that the earliest of the items shows.
func (o Order) donor(rng *rand.Rand, items []Item) object {
	var email any
	for _, item := range items {
		if item.Email != "" {
			email = item.Email
			break
		}
	}
	d := o.Donor
	first, last := d.First, d.Last
	if chance(rng, 0.1) {
		first, last = strings.ToUpper(first), strings.ToUpper(last)
	}
	return object{
		"firstname": first, "lastname": last, "email": email, "phone": fmt.Sprintf("555-555-%04d", d.ID%10_000),
		"addr1": "150 Example Crest", "city": d.City, "state": d.State, "zip": d.Zip, "country": "United States",
		"isEligibleForExpressLane": false,
		"employerData": object{
			"employer": d.Employer, "occupation": d.Calling, "employerAddr1": nil,
			"employerCity": nil, "employerState": nil, "employerCountry": nil,
		},
	}
}

func (o Order) contribution(rng *rand.Rand, s Style) object {
	status, clue := o.Status, o.Clue
	if s.Status != "" {
		status = s.Status
	}
	if s.Clueless {
		clue = Clue{}
	}
	form := o.Form
	if chance(rng, 0.05) {
		form = strings.ToUpper(form)
	}
	codes := object{}
	if clue.Refcode != "" {
		codes["refcode"] = clue.Refcode
	}
	if clue.Refcode2 != "" {
		codes["refcode2"] = clue.Refcode2
	}
	if chance(rng, 0.05) {
		codes["refcodeEmailReferrer"] = nil
	}
	fields := append([]Field{}, clue.Fields...)
	told := object{
		"createdAt": moment(rng, o.Created), "orderNumber": o.Number, "contributionForm": form,
		"refcodes": codes, "refcode": codes["refcode"], "refcode2": codes["refcode2"], "customFields": fields,
		"creditCardExpiration": "10/2031", "recurringPeriod": o.Period, "recurringDuration": o.duration(rng),
		"weeklyRecurringSunset": nil, "isRecurring": o.Period != Once, "abTestName": nil, "abTestVariation": nil,
		"isPaypal": chance(rng, 0.2), "isMobile": chance(rng, 0.6), "isExpress": chance(rng, 0.3),
		"withExpressLane": false, "expressSignup": false, "textMessageOption": "unknown",
		"uniqueIdentifier": "5e829b71-" + o.Number, "giftDeclined": nil, "giftIdentifier": nil,
		"shippingName": nil, "shippingAddr1": nil, "shippingCity": nil, "shippingState": nil, "shippingZip": nil,
		"shippingCountry": nil, "smartBoostAmount": nil, "status": string(status),
	}
	switch status {
	case Approved:
		told["thanksUrl"] = "https://actblue.example.org/thanks/" + o.Number + "?success=true&tk=0000"
	case Declined:
		told["retryUrl"] = "https://actblue.example.org/retry/" + o.Number
	case Pending:
	}
	return told
}

func (o Order) duration(rng *rand.Rand) any {
	switch {
	case o.Period == Once && chance(rng, 0.1):
		return nil
	case o.Payments == 0:
		return "infinite"
	}
	return o.Payments
}

func (o Order) item(rng *rand.Rand, s Style, item Item) object {
	told := object{
		"sequence": item.Sequence, "entityId": item.Entity, "fecId": "C00123456", "committeeName": item.Committee,
		"amount": dollars(rng, item.Amount), "recurringAmount": nil, "paidAt": moment(rng, item.Paid),
		"paymentId": item.Payment, "lineitemId": item.ID,
	}
	if s.Year >= 2026 {
		// ActBlue keeps 3.95 percent.
		told["amountLessAbFees"] = dollars(rng, item.Amount-(item.Amount*395+9_999)/10_000)
	}
	if o.Unnumbered {
		without(told, "sequence")
	}
	return told
}

// dollars spells money in one of the ways that were seen: with two decimals, or
// one, or none where that says the same; as a string or as a number.
func dollars(rng *rand.Rand, cents leaderboard.Cents) any {
	spellings := []string{fmt.Sprintf("%d.%02d", cents/100, cents%100)}
	if cents%10 == 0 {
		spellings = append(spellings, fmt.Sprintf("%d.%d", cents/100, cents%100/10))
	}
	if cents%100 == 0 {
		spellings = append(spellings, fmt.Sprintf("%d", cents/100))
	}
	text := pick(rng, spellings)
	if chance(rng, 0.15) {
		return json.Number(text)
	}
	return text
}

// moment spells an instant with one of the offsets that were seen.
func moment(rng *rand.Rand, t time.Time) string {
	switch rng.IntN(8) {
	case 0:
		return t.UTC().Format("2006-01-02T15:04:05Z")
	case 1:
		return t.UTC().Format("2006-01-02T15:04:05-07:00")
	case 2:
		return t.In(time.FixedZone("", 19_800)).Format(time.RFC3339)
	case 3, 4:
		return t.In(time.FixedZone("", -5*3_600)).Format(time.RFC3339)
	}
	return t.In(time.FixedZone("", -4*3_600)).Format(time.RFC3339)
}
