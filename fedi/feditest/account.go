package feditest

import (
	"html"
	"net/http"
)

// accountID is the account's number, or ULID.
func (s *Server) accountID() string {
	if s.options.Style.ULIDs {
		return "01HSIMVLATEDACC0VNT0000001"
	}
	return "111222333444555666"
}

func (s *Server) accountDocument() document {
	profile := s.options.Profile
	avatar := s.url + "/avatars/original/missing.png"
	if profile.Avatar {
		avatar = s.url + "/avatars/" + profile.Username + ".png"
	}
	return document{
		"id": s.accountID(), "username": profile.Username, "acct": profile.Username, "display_name": profile.DisplayName,
		"locked": profile.Locked, "bot": profile.Bot, "discoverable": true, "group": false,
		"created_at": "2026-01-05T00:00:00.000Z", "last_status_at": nil,
		"note": "<p>" + html.EscapeString(profile.Note) + "</p>",
		"url":  s.url + "/@" + profile.Username, "uri": s.url + "/users/" + profile.Username,
		"avatar": avatar, "avatar_static": avatar, "header": s.url + "/headers/original/missing.png", "header_static": s.url + "/headers/original/missing.png",
		"followers_count": 0, "following_count": 0, "statuses_count": 0, "emojis": []document{},
		"fields": []document{{"name": "Board", "value": "https://rally.example", "verified_at": nil}},
	}
}

func (s *Server) verifyCredentials(*http.Request) reply {
	body := s.accountDocument()
	source := document{
		"note": s.options.Profile.Note, "privacy": "public", "sensitive": false, "language": "en",
		"fields": []document{}, "follow_requests_count": 0,
	}
	if s.options.Style.gotosocial() {
		source["status_content_type"] = "text/plain"
		if s.options.Profile.Markdown {
			source["status_content_type"] = "text/markdown"
		}
	}
	body["source"] = source
	return ok(body)
}

// verifyApp tells of the token's application. GoToSocial takes the path for that of an
// application with an odd identifier.
func (s *Server) verifyApp(*http.Request) reply {
	if s.options.Style.HidesScopes {
		if !s.options.allows("read:applications") {
			return s.outside()
		}
		return failure(http.StatusNotFound, "Not Found")
	}
	return ok(document{
		"id": "7", "name": "simulated", "website": nil, "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "scopes": s.options.Scopes,
	})
}
