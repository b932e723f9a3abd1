package fedi

import (
	"slices"
	"strings"
	"unicode"
)

// Command is what somebody asks of the bot.
type Command string

// The commands. What is none of them is [AskUnknown], which is answered like [AskLink]
// where it is addressed to the bot.
const (
	AskUnknown Command = ""
	AskLink    Command = "link"    // the link of the asker's own instance
	AskScore   Command = "score"   // how that instance stands
	AskTop     Command = "top"     // the first places
	AskHelp    Command = "help"    // what the bot knows
	AskStop    Command = "stop"    // never answer the asker again
	AskOptOut  Command = "opt out" // leave the asker's instance out
	// AskNothing is thanks, applause and the like: there is nothing to answer.
	AskNothing Command = "nothing"
)

const (
	// mostWords is how many words of a text are looked at.
	mostWords = 40
	// firstWords is among how many of them a command is looked for, those of courtesy
	// not counted.
	firstWords = 4
)

// ParseCommand finds what a plain text asks for: the first word that is a command, in
// any case, with courtesies around it. [AskStop] is for good, so there must be nothing
// else in the text: "don't stop the race" is no wish to hear nothing more.
func ParseCommand(text string) Command {
	words, marks := wordsOf(text)
	if len(words) == 0 {
		if marks { // an emoji is answered by nobody
			return AskNothing
		}
		return AskUnknown
	}
	if onlyOf(words, applause()) {
		return AskNothing
	}
	if onlyOf(words, stopping()) && (slices.Contains(words, "stop") || slices.Contains(words, "unsubscribe")) {
		return AskStop
	}
	if optsOut(words) {
		return AskOptOut
	}
	polite := courtesies()
	looked := 0
	for _, word := range words {
		if command, found := keyword(word); found {
			return command
		}
		if !polite[word] {
			looked++
		}
		if looked >= firstWords {
			break
		}
	}
	return AskUnknown
}

// wordsOf gives the first words of a text in lower case, without the accounts that it
// names, and whether there was anything in it besides those.
func wordsOf(text string) (words []string, marks bool) {
	for _, field := range strings.Fields(text) {
		if strings.HasPrefix(field, "@") {
			continue
		}
		if strings.Contains(field, "://") { // an address is no word
			marks = true
			continue
		}
		field = strings.NewReplacer("’", "'", "ʼ", "'", "\u2060", "", "\u200b", "").Replace(strings.ToLower(field))
		parts := strings.FieldsFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
		if field == "?" {
			parts = []string{"?"}
		}
		marks = marks || field != ""
		for _, part := range parts {
			if part = strings.Trim(part, "'"); part != "" {
				words = append(words, part)
			}
			if len(words) == mostWords {
				return words, marks
			}
		}
	}
	return words, marks
}

func keyword(word string) (Command, bool) {
	switch word {
	case "link", "links", "give", "donate", "giving", "donating", "url":
		return AskLink, true
	case "score", "scores", "standing", "standings", "rank", "place", "position":
		return AskScore, true
	case "top", "leaders", "leaderboard", "leading", "winning", "ranking", "rankings":
		return AskTop, true
	case "help", "commands", "usage", "?":
		return AskHelp, true
	}
	return AskUnknown, false
}

// optsOut reports whether the first words ask to leave an instance out: "opt out",
// "opt-out", "we'd like to opt our instance out". A "not" before it says otherwise.
func optsOut(words []string) bool {
	for i, word := range words[:min(len(words), 2*firstWords)] {
		switch word {
		case "not", "don't", "dont", "never", "didn't", "won't":
			return false
		case "optout":
			return true
		case "opt", "opting":
			behind := words[i+1 : min(len(words), i+4)]
			return slices.Contains(behind, "out")
		}
	}
	return false
}

func onlyOf(words []string, allowed map[string]bool) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !allowed[word] })
}

func setOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// courtesies are words around a command.
func courtesies() map[string]bool {
	return setOf(`please pls plz hi hello hey dear bot can could would will you may i we get give's have show tell send
		see want need like to know me us my our the a an is are what what's which where where's how how's who who's of for
		instance server's does do us're's it this that in on now today so and thanks thank`)
}

// applause are words to which there is nothing to say when there are no others.
func applause() map[string]bool {
	return setOf(`thanks thank thx ty you u so very much many a lot the bot dear good great nice cool awesome lovely
		wonderful amazing wow yay ok okay yes yeah yep no nope fine lol haha hooray congrats congratulations well
		done welcome cheers bye goodbye it that's that is this`)
}

// stopping are the words that may stand around "stop".
func stopping() map[string]bool {
	return setOf(`stop unsubscribe please pls plz now thanks thank you bot it this that answering replying messaging
		mentioning writing bothering me to at mentions replies`)
}
