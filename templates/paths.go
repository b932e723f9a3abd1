package templates

import (
	"net/url"
	"strconv"

	"fedirally/leaderboard"
)

// DrivePath is the path of a drive's page.
func DrivePath(drive leaderboard.Drive) string { return "/drives/" + url.PathEscape(drive.Slug) }

// InstancePath is the path of an instance's page within a drive.
func InstancePath(drive leaderboard.Drive, host leaderboard.Host) string {
	return DrivePath(drive) + "/instances/" + url.PathEscape(string(host))
}

// GivePath is the link by which people give for an instance.
func GivePath(drive leaderboard.Drive, host leaderboard.Host) string {
	return DrivePath(drive) + "/give/" + url.PathEscape(string(host))
}

// GiveChooserPath is where people say which instance they give for.
func GiveChooserPath(drive leaderboard.Drive) string { return DrivePath(drive) + "/give" }

// FindPath takes what people seek on a board, by POST.
func FindPath(drive leaderboard.Drive) string { return DrivePath(drive) + "/find" }

// EventsPath is the stream of a board.
func EventsPath(drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span) string {
	return withQuery(DrivePath(drive)+"/events", view, span, 0, "")
}

// BoardPath is a drive's page in one view and span: from a row on, or only the
// rows that match a text. What is the default is left out, so that a board has one
// address.
func BoardPath(drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span, after int, find string) string {
	return withQuery(DrivePath(drive), view, span, after, find)
}

func withQuery(path string, view leaderboard.View, span leaderboard.Span, after int, find string) string {
	query := url.Values{}
	if view != leaderboard.ByAmount {
		query.Set("view", string(view))
	}
	if span != leaderboard.AllTime {
		query.Set("period", span.String())
	}
	if after > 0 {
		query.Set("after", strconv.Itoa(after))
	}
	if find != "" {
		query.Set("find", find)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// contactLink gives the address that a drive's contact leads to: a web page or
// a mailbox. A Fediverse handle, or anything else, is shown as it is.
func contactLink(contact string) (string, bool) {
	if address, err := url.Parse(contact); err == nil && address.Host != "" &&
		(address.Scheme == "https" || address.Scheme == "http") {
		return contact, true
	}
	if mailbox.MatchString(contact) {
		return "mailto:" + contact, true
	}
	return "", false
}
