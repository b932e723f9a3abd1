package fedi

import "fedirally/leaderboard"

// ShippedWords are the variants that the program has for a kind of news, for people to
// read; some kinds have further ones for cases of their own.
func ShippedWords(kind leaderboard.NewsKind) []string { return shippedWords(form(kind)) }

// shippedWords are the variants that the program ships for a form. The first of each is
// used only where no other fits: it is the shortest.
func shippedWords(f form) []string {
	switch f {
	case form(leaderboard.NewsOpened):
		return []string{
			"{drive} is open. The goal: {goal}.",
			"{drive} is open! Give for your instance, and watch it climb. We are running for {goal} for {beneficiary}.",
			"Ready, set, go: {drive} has begun. Every gift counts for the instance that you are on. The goal is {goal} for {beneficiary}.",
			"A friendly race between instances begins: {drive}. The goal is {goal} for {beneficiary}. Which instance are you on?",
			"The race is on: {drive}, for {beneficiary}. {goal} is the goal. Be among the first!",
			"Here we go with {drive}. Pick your instance, give what you like, and see the board move. Together we want to reach {goal}.",
		}
	case form(leaderboard.NewsShare):
		return []string{
			"{drive} has reached {part}: {total}.",
			"{drive} has reached {part}: {total} from {people}. Thank you, and on we go!",
			"We have reached {part}! {people} have given {total} to {drive} so far.",
			"Look at that: {total} raised in {drive}, and {part} is done. The goal is {goal}.",
			"{people} have brought {drive} to {part}. {total} so far, and {goal} is the goal.",
			"{total} and counting: {drive} has reached {part}. Thank you to everybody who gave.",
		}
	case formShareGoal:
		return []string{
			"The goal is reached! {drive}: {total}.",
			"The goal is reached! {people} have given {total} to {drive}. Thank you! The next mark is {stretch}.",
			"We did it: {drive} has reached its goal of {goal}, with {total} from {people}. How far will it go? {stretch} is next.",
			"{goal} was the goal of {drive}, and here it is: {total} from {people}. Thank you! On to {stretch}?",
			"Goal! {drive} stands at {total}. Thank you, every instance and every gift. The next mark is {stretch}.",
			"{people} made it happen: {drive} has reached its goal of {goal}. The race goes on, and {stretch} is the next mark.",
		}
	case formShareStretch:
		return []string{
			"{drive} has reached {part}: {total}.",
			"{drive} has reached {threshold}, which is {part}. Thank you, all {people}! The next mark is {stretch}.",
			"The goal was {goal}, and {drive} goes on and on: {total} by now, which is {share} of it.",
			"We have reached {part}! {people} have given {total} to {drive}. Next: {stretch}.",
			"And another mark is reached: {threshold}. {drive} stands at {total}, thanks to {people}.",
			"{drive} keeps growing: {total} from {people}, and {threshold} is reached. You are wonderful.",
		}
	case form(leaderboard.NewsDigest), formDigestQuiet:
		return digestWords(f)
	case form(leaderboard.NewsThanks), formThanksOne:
		return thanksWords(f)
	case form(leaderboard.NewsLastDay), form(leaderboard.NewsLastHour), form(leaderboard.NewsClosed):
		return endWords(f)
	default:
		return instanceWords(f)
	}
}

func instanceWords(f form) []string {
	switch f {
	case form(leaderboard.NewsAmount):
		return []string{
			"{host} has reached {threshold}.",
			"{host} has reached {threshold} in {drive}! {donors} gave through it. Thank you, all of you.",
			"{threshold} reached: {host} stands {rank} in {drive}, with {raised} from {donors}.",
			"Well done, {host}: {raised} in {drive}, thanks to {donors}.",
			"Another mark for {host}: {threshold} for {beneficiary}, with gifts from {donors}.",
			"{donors} on {host} have given {raised} together. Thank you from {drive}!",
			"Applause for {host}, which has reached {threshold} in {drive}.",
		}
	case form(leaderboard.NewsDonors):
		return []string{
			"{donors} have given through {host}.",
			"{donors} have given through {host} in {drive} by now. Thank you!",
			"{host} brings people together: {donors} have given to {drive} through it.",
			"{donors} on {host} are part of {drive} now. Thank you, each and every one.",
			"{host} has reached {threshold} in {drive}. Thank you for being so many!",
			"Many small steps: {donors} on {host} have given {raised} to {drive} together.",
		}
	case form(leaderboard.NewsListed):
		return []string{
			"Welcome to the board, {host}!",
			"Welcome to the board, {host}! {donors} have given {raised} to {drive} through it so far.",
			"A new name in {drive}: {host} joins the race, with {raised} from {donors}.",
			"{host} is on the board! {donors} brought it there. Good to have you in {drive}.",
			"{drive} has a new contender: hello, {host}, and thank you to the {donors} who brought it here.",
			"Say hello to {host}, now on the board of {drive} with {raised} from {donors}.",
		}
	case form(leaderboard.NewsLead):
		return []string{
			"{host} leads with {raised}.",
			"{host} takes the lead in {drive}, with {raised} from {donors}. What a race!",
			"A new instance in front: {host} leads {drive} with {raised}.",
			"{host} is in first place in {drive} now, thanks to {donors}. The race stays open.",
			"Movement at the top of {drive}: {host} leads with {raised}, and it stays exciting.",
			"{drive} has a new leader: {host}, with {raised} from {donors}. A great run!",
			"{host} in front, {second} right behind: {drive} is a close race, and a friendly one. {raised} leads.",
		}
	case form(leaderboard.NewsOvertake):
		return []string{
			"{host} has climbed to {rank}.",
			"{host} has climbed to {rank} in {drive}, with {raised} from {donors}.",
			"Up goes {host}: {rank} in {drive} now, thanks to {donors}.",
			"{rank} in {drive}: that is where {host} stands now. {donors} have given {raised} through it.",
			"{host} is on the move, and {rank} in {drive} by now.",
			"{host} has moved up to {rank} in {drive}. And from there, {next}.",
		}
	default:
		return []string{"News from {drive}."} // of a kind that a later version knows
	}
}

func digestWords(f form) []string {
	if f == formDigestQuiet {
		return []string{
			"{drive}: {progress}.",
			"Where {drive} stands: {progress}, from {people}. Thank you!",
			"{drive} at a glance: {total} so far, {share} of the goal.",
			"The board of {drive}: {total} from {people}, and {goal} is the goal.",
			"{drive} goes on, and stands at {progress}.",
			"{people} have given {total} to {drive} so far. {goal} is the goal.",
		}
	}
	return []string{
		"{drive}: {progress}.",
		"{donors} gave {raised} to {drive} {day}. Thank you! Together that makes {progress}.",
		"The news from {drive}: {raised} came in {day}, from {donors}. That makes {total} so far, {share} of the goal.",
		"Hello from {drive}! {donors} gave {raised} {day}, and we are at {progress}.",
		"Thanks to {donors}, {drive} grew by {raised} {day}, and stands at {progress}.",
		"{drive} in short: {raised} {day}, {total} in all, {share} of the goal. Thank you to {donors}!",
	}
}

func thanksWords(f form) []string {
	if f == formThanksOne {
		return []string{
			"{donors} on {host} gave {day}. Thank you!",
			"{donors} on {host} gave to {drive} {day}. Thank you!",
			"Thank you, {host}: {donors} gave to {drive} {day}.",
			"A warm thank you to {donors} on {host}, who gave to {drive} {day}.",
			"{host}, you are wonderful: {donors} gave to {drive} {day}. Thank you!",
			"This one is for {host}. {donors} gave to {drive} {day}, and {beneficiary} is grateful to each of them.",
		}
	}
	return []string{
		"Thank you to all who gave {day}:",
		"Thank you to everybody who gave to {drive} {day}:",
		"{drive} says thank you. These gave {day}:",
		"You gave to {drive} {day}, and every gift counts. Thank you:",
		"A round of applause, please. For {drive}, these gave {day}:",
		"With thanks from {beneficiary}: to all who gave {day}.",
	}
}

func endWords(f form) []string {
	switch f {
	case form(leaderboard.NewsLastDay):
		return []string{
			"{left} left in {drive}.",
			"{left} left in {drive}. {progress} so far: where will it end?",
			"The last day of {drive} has begun: {left} to go, and {total} on the board.",
			"{drive} ends in {left}. Now is a good time to give for your instance.",
			"{drive} is on its last lap: {left} left, and {progress} raised.",
			"The finish line of {drive} is in sight: {left} to go, with {total} from {people}. Thank you all!",
		}
	case form(leaderboard.NewsLastHour):
		return []string{
			"{left} left in {drive}!",
			"{left} left in {drive}! {total} so far, and every gift still counts.",
			"The last hour of {drive}: {left} to go, {total} on the board. One more push?",
			"{drive} ends in {left}. If you meant to give for your instance, this is the moment.",
			"The final sprint of {drive}: {left} left, and {total} from {people}.",
			"Almost there: {drive} ends in {left}, with {progress} raised.",
		}
	default: // closed
		return []string{
			"{drive} is over: {total}. Thank you!",
			"{drive} is over. {people} gave {total} for {beneficiary}. Thank you, every one of you, on every instance!",
			"The finish! {drive} ends with {total} from {people}. Thank you all for a friendly race.",
			"That was {drive}: {progress}, from {people}. Thank you to everybody who gave, shared and cheered.",
			"The flag has fallen for {drive}. Together you gave {total} to {beneficiary}. What a race!",
			"{drive} has crossed the line with {total}, {share} of its goal. {people} made that happen. Thank you!",
		}
	}
}
