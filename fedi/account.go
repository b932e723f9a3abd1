package fedi

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Account is whose name the bot speaks in, and what its server allows.
type Account struct {
	ID, Handle, URL string
	Bot, Locked     bool
	// Note is the profile's text, and Fields what stands beside it.
	Note   string
	Fields []string
	// Markup says that its server takes marks in the account's posts for formatting, unless
	// a post says otherwise.
	Markup bool
	// Picture says that the account has one of its own, and Name that it has a name.
	Picture, Name bool
	Limits        Limits
}

// Account asks whose account it is and what its server allows. The answer is kept for
// some hours, and longer while the server cannot be asked.
func (c *Client) Account(ctx context.Context) (Account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.account != nil && c.now().Sub(c.asked) < accountLife {
		return *c.account, nil
	}
	account, err := c.ask(ctx)
	if err != nil {
		if c.account != nil && judge(err, false) != denied {
			return *c.account, nil
		}
		return Account{}, err
	}
	c.account, c.asked = &account, c.now()
	return account, nil
}

func (c *Client) ask(ctx context.Context) (Account, error) {
	account, err := c.verify(ctx)
	if err != nil {
		return Account{}, fmt.Errorf("asking whose account it is: %w", err)
	}
	account.Limits, err = c.limits(ctx)
	if err != nil {
		return Account{}, fmt.Errorf("asking what the server allows: %w", err)
	}
	return account, nil
}

func (c *Client) verify(ctx context.Context) (Account, error) {
	document, _, err := c.get(ctx, "/api/v1/accounts/verify_credentials", nil)
	if err != nil {
		return Account{}, err
	}
	return readAccount(document)
}

func readAccount(document tree) (Account, error) {
	account := Account{
		ID: document.at("id").text(), Handle: document.at("acct").text(), URL: document.at("url").text(),
		Bot: document.at("bot").yes(), Locked: document.at("locked").yes(), Note: Plain(document.at("note").text()),
		Name: strings.TrimSpace(document.at("display_name").text()) != "",
	}
	for _, field := range document.at("fields").list() {
		account.Fields = append(account.Fields, Plain(field.at("name").text()+": "+field.at("value").text()))
	}
	kind := document.at("source", "status_content_type").text() // only GoToSocial says it
	account.Markup = kind != "" && kind != "text/plain"
	avatar := document.at("avatar").text()
	account.Picture = avatar != "" && !strings.Contains(avatar, "missing") && !strings.Contains(avatar, "/default")
	if account.ID == "" {
		return Account{}, errors.New("the server did not say: it may not speak the Mastodon API")
	}
	return account, nil
}
