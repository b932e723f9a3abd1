package feditest

import "net/http"

// imageSize is the largest picture that is taken.
const imageSize = 10 << 20

func mediaTypes() []string {
	return []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
}

func (s *Server) configuration() document {
	style := s.options.Style
	return document{
		"statuses": document{
			"max_characters": style.MaxCharacters, "max_media_attachments": 4, "characters_reserved_per_url": style.PerURL,
		},
		"media_attachments": document{
			"description_limit": style.Description, "supported_mime_types": mediaTypes(),
			"image_size_limit": imageSize, "image_matrix_limit": 33_177_600,
		},
		"urls": document{"streaming": nil},
	}
}

func (s *Server) instanceV2(*http.Request) reply {
	style := s.options.Style
	body := document{
		"domain": s.options.Domain, "title": "A simulated server", "version": style.Version,
		"description": "Nothing here is real.", "languages": []string{"en"}, "thumbnail": document{},
		"usage":         document{"users": document{"active_month": 0}},
		"configuration": s.configuration(),
		"registrations": document{"enabled": false, "approval_required": true, "message": nil},
		"contact":       document{"email": "", "account": s.contact()}, "rules": []document{},
		"source_url": "https://github.com/mastodon/mastodon",
	}
	if style.gotosocial() {
		body["source_url"] = "https://codeberg.org/superseriousbusiness/gotosocial"
		body["account_domain"] = s.options.Domain
	}
	return ok(body)
}

// contact is the account of who runs the server, or nothing.
func (s *Server) contact() any {
	if s.options.ContactID == "" {
		return nil
	}
	return document{"id": s.options.ContactID, "username": "admin", "acct": "admin"}
}

func (s *Server) instanceV1(*http.Request) reply {
	return ok(document{
		"uri": s.options.Domain, "title": "A simulated server", "version": s.options.Style.Version,
		"short_description": "Nothing here is real.", "description": "", "email": "", "languages": []string{"en"},
		"urls": document{}, "stats": document{"user_count": 1, "status_count": 0, "domain_count": 0},
		"thumbnail": nil, "contact_account": s.contact(), "configuration": s.configuration(),
		// What Pleroma and its kin say instead.
		"max_toot_chars": s.options.Style.MaxCharacters,
	})
}

func (s *Server) oauthMetadata(*http.Request) reply {
	return ok(document{
		"issuer": s.url + "/", "authorization_endpoint": s.url + "/oauth/authorize", "token_endpoint": s.url + "/oauth/token",
		"scopes_supported": []string{
			"profile", "read", "read:accounts", "read:notifications", "read:statuses", "read:follows",
			"write", "write:media", "write:notifications", "write:statuses", "write:follows", "follow", "push",
		},
		"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code", "client_credentials"},
		"code_challenge_methods_supported": []string{"S256"},
	})
}
