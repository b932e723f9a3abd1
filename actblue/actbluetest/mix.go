package actbluetest

// Mix says how much of what a race holds, each as a share from 0 to 1.
type Mix struct {
	// Of orders.
	Recurring    float64 // a series, the rest being one-time
	Split        float64 // several recipients, all or some of them the drive's
	Declined     float64 // declined for good
	Pending      float64 // pending at first; half of them for good
	Tests        float64 // ActBlue's own test deliveries
	ForeignForm  float64 // given through a form of somebody else's
	Unattributed float64 // no instance, another campaign's code, junk
	Alias        float64 // a refcode that the organizer made an alias (see Options.Aliases)
	Handle       float64 // no instance in the refcode, a handle in an extra field
	Spelled      float64 // an instance written as people do, not as our code
	LateEvidence float64 // a first copy without any clue, a second one with it
	Unnumbered   float64 // no sequence in the notices
	Refunded     float64 // given back
	Partial      float64 // of the refunded: only in part
	RefundFirst  float64 // of the refunded: the gift's notice comes after the refund's
	Cancelled    float64 // of the series: ended by the donor
	// Of donors.
	Anonymous float64 // neither name nor address
	NoEmail   float64 // a name only
	Returning float64 // of orders: the donor gave before
	Withheld  float64 // of orders with an address: not every payment shows it
	// Of deliveries.
	Together  float64 // line items of one order share a notice
	Repeated  float64 // delivered more than once, maybe in another dialect
	Late      float64 // minutes late instead of seconds
	Lost      float64 // never delivered
	Unrelated float64 // with extra fields that have nothing to do with instances
}

// DefaultMix is a lively but believable mixture.
func DefaultMix() Mix {
	return Mix{
		Recurring: 0.12, Split: 0.05, Declined: 0.015, Pending: 0.015, Tests: 0.004, ForeignForm: 0.01,
		Unattributed: 0.07, Alias: 0.04, Handle: 0.04, Spelled: 0.12, LateEvidence: 0.01, Unnumbered: 0.01,
		Refunded: 0.015, Partial: 0.15, RefundFirst: 0.15, Cancelled: 0.05,
		Anonymous: 0.03, NoEmail: 0.1, Returning: 0.15, Withheld: 0.05,
		Together: 0.5, Repeated: 0.05, Late: 0.03, Lost: 0.002, Unrelated: 0.15,
	}
}

// HarshMix has far more of everything that goes wrong than reality, so that a
// short test meets all of it.
func HarshMix() Mix {
	return Mix{
		Recurring: 0.25, Split: 0.2, Declined: 0.05, Pending: 0.06, Tests: 0.02, ForeignForm: 0.04,
		Unattributed: 0.12, Alias: 0.1, Handle: 0.1, Spelled: 0.35, LateEvidence: 0.08, Unnumbered: 0.08,
		Refunded: 0.15, Partial: 0.3, RefundFirst: 0.4, Cancelled: 0.2,
		Anonymous: 0.1, NoEmail: 0.25, Returning: 0.3, Withheld: 0.3,
		Together: 0.5, Repeated: 0.35, Late: 0.2, Lost: 0.02, Unrelated: 0.3,
	}
}
