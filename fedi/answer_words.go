package fedi

// The cases of an answer.
const (
	formLink       form = "answer-link"        // of an instance on the board
	formUnlisted   form = "answer-unlisted"    // of one that is not: known or not, given through or not
	formNoHost     form = "answer-no-host"     // the account's server can be on no board
	formScore      form = "answer-score"       // a place behind others
	formScoreFirst form = "answer-score-first" // the first place
	formTop        form = "answer-top"
	formTopOver    form = "answer-top-over"
	formTopEmpty   form = "answer-top-empty"
	formUpcoming   form = "answer-upcoming"
	formOver       form = "answer-over"
	formOverListed form = "answer-over-listed"
	formLeftOut    form = "answer-left-out" // blocked, or opted out
	formOptedOut   form = "answer-opted-out"
	formOptOut     form = "answer-opt-out" // asked for by one of whom it is not certain that they may
	formStop       form = "answer-stop"
	formHelp       form = "answer-help"
)

// ofInstance reports whether the link of an answer leads to the asker's instance.
func (f form) ofInstance() bool {
	switch f { //nolint:exhaustive // all others lead to the board
	case formLink, formUnlisted, formScore, formScoreFirst, formUpcoming, formOverListed:
		return true
	}
	return false
}

// isService reports whether an answer is about the bot, and not about a drive.
func (f form) isService() bool {
	switch f { //nolint:exhaustive // no other is
	case formOptedOut, formOptOut, formStop, formHelp:
		return true
	}
	return false
}

// asksForMoney reports whether an answer leads to where people give, so that it has to
// say who pays for it.
func (f form) asksForMoney() bool {
	switch f { //nolint:exhaustive // no other does
	case formLink, formUnlisted, formNoHost, formScore, formScoreFirst:
		return true
	}
	return false
}

// answerWords are the variants for an answer. The first of each is used only where no
// other fits. Before all stands the account that asked.
func answerWords(f form) []string {
	switch f {
	case formLink:
		return []string{
			"{host}: {link}",
			"Here is the link of {host}. It stands {place} in {drive}, with {raised} from {donors}.",
			"This one is for {host}, which is {place} in {drive} with {raised} from {donors}. Thank you for asking!",
			"Gifts through this link count for {host}: {raised} from {donors} so far, which is {place} in {drive}.",
			"Your link for {host}! So far {donors} have given {raised} through it, and it stands {place}.",
		}
	case formUnlisted:
		return []string{
			"{host}: {link}",
			"Here is the link of {host}. It appears on the board {once}.",
			"This one is for {host}. An instance appears on the board of {drive} {once}.",
			"Gifts through this link count for {host} in {drive}. It appears on the board {once}.",
			"Your link for {host}! It appears on the board {once}: tell your neighbors.",
		}
	case formNoHost:
		return []string{
			"{link}",
			"Here is the board of {drive}: choose your instance there.",
			"I cannot tell which instance you are on. You can choose it on the board of {drive}.",
		}
	case formScore:
		return []string{
			"{host} stands {place}, with {raised}.",
			"{host} stands {place} in {drive}, with {raised} from {donors}; {next}.",
			"{place}: {host} has {raised} from {donors} in {drive}. What is missing: {next}.",
			"{raised} from {donors} so far, which puts {host} {place} in {drive}; {next}.",
		}
	case formScoreFirst:
		return []string{
			"{host} stands {place}.",
			"{host} has the first place in {drive}, with {raised} from {donors}.",
			"Nobody stands before {host} in {drive}: {raised} from {donors} so far.",
			"{place} of all: {host}, with {raised} from {donors} in {drive}.",
		}
	default:
		return otherAnswers(f)
	}
}

func otherAnswers(f form) []string {
	switch f {
	case formTop:
		return []string{
			"{drive}: {total}.",
			"This is how {drive} stands: {progress} all together.",
			"The first places of {drive}, which has raised {progress}:",
		}
	case formTopOver:
		return []string{
			"{drive} is over: {total}.",
			"{drive} is over, with {total} all together. This is how it ended:",
			"This is how {drive} ended, with {total} all together:",
		}
	case formTopEmpty:
		return []string{
			"No instance is on the board yet.",
			"No instance is on the board of {drive} yet. One appears {once}.",
			"The board of {drive} is still empty. An instance appears on it {once}.",
		}
	case formUpcoming:
		return []string{
			"{drive} has not begun yet.",
			"{drive} has not begun yet: it does on {start}. This is where {host} will be.",
			"A little patience: {drive} begins on {start}. Here is the page of {host}.",
		}
	case formOver:
		return []string{
			"{drive} is over.",
			"{drive} is over: {total} from {people}. Thank you for asking!",
			"{drive} has ended, with {total} from {people}. Thank you to all who were part of it.",
		}
	case formOverListed:
		return []string{
			"{drive} is over.",
			"{drive} is over. {host} came {place}, with {raised} from {donors}. Thank you!",
			"{drive} has ended, and {host} is {place} in it: {raised} from {donors}. Thank you, all of you.",
		}
	case formLeftOut:
		return []string{
			"{host} does not take part.",
			"Thank you for asking! {host} does not take part in {drive}, so I have no link for it.",
			"{host} is not part of {drive}, so there is no link of its own. Thank you for your interest!",
		}
	default:
		return serviceAnswers(f)
	}
}

func serviceAnswers(f form) []string {
	switch f { //nolint:exhaustive // the others are above
	case formOptedOut:
		return []string{
			"{host} is left out from now on.",
			"Done: {host} is left out from now on, and shown nowhere. Thank you for telling me.",
			"As you wish: from now on {host} takes no part, and is shown nowhere.",
		}
	case formOptOut:
		return []string{
			"I cannot be certain that you speak for your instance. Please ask the organizer, who is named on the board.",
			"I cannot be certain that you speak for {host}. To have it left out, write to the organizer, who is named on the board, from the contact that your instance names.",
			"Who runs {host} can have it left out. I cannot check that from here, so please write to the organizer: the board says how, at its end.",
		}
	case formStop:
		return []string{
			"Understood. I will not answer you again.",
			"Understood: I will not answer you again. The board is here without me, too.",
			"As you wish: this is my last answer to you. You will find the board without me, too.",
		}
	case formHelp:
		return []string{
			"I know: link, score, top, stop.",
			"Write me “link” for the link of your instance, “score” for how it stands, “top” for the first places, “stop” to hear nothing more. Who runs an instance can write “opt out”.",
			"I know a few words: link (that of your instance), score (how it stands), top (who leads), stop (no more answers), and opt out (for those who run an instance).",
		}
	}
	return []string{"{link}"}
}
