package main

import (
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fedirally/cmd/fedirally/web"
	"fedirally/fedi"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

// settings are what the environment says, checked.
type settings struct {
	addr            string
	publicURL       *url.URL
	databaseURL     string
	secret          []byte
	secretText      string
	webhookUser     string
	webhookPassword string
	keep            ledger.Retention
	sourceURL       *url.URL
	redisURL        string
	// adminAddr is empty where the admin surface is off. adminChosen says that
	// somebody has set it, so that it must be had.
	adminAddr   string
	adminChosen bool
	logLevel    slog.Level
	limits      web.Limits
	// drainDelay is how long a server goes on serving after it has been told to end.
	drainDelay time.Duration
	// mastodonServer and mastodonToken are the bot's account; empty: there is no bot.
	mastodonServer string
	mastodonToken  string
	// letFollowAfter is how old accounts have to be that may follow the bot; below 0: they
	// wait for a person.
	letFollowAfter time.Duration
	// directory says that instances are looked at.
	directory bool
	// made tells where secrets that were missing have been made.
	made string
	// kept are the names of those that stand in the file beside the database, keptIn.
	kept   []string
	keptIn string
	// sources tell where each setting comes from.
	sources []source
}

// source tells where a setting comes from.
type source struct {
	name string
	// from is "set", "default", or the file that it stands in.
	from string
	// value is the setting's, empty for a secret and where a default is not known.
	value string
}

// purpose says which settings are needed.
type purpose int

const (
	forCommands purpose = iota
	forServing
	// forDoctor reads what forServing does, and makes nothing.
	forDoctor
	// forBot reads the bot's account too.
	forBot
)

// serves says that all settings of a server are read.
func (p purpose) serves() bool { return p == forServing || p == forDoctor }

// The names of the settings.
const (
	envAddr            = "FEDIRALLY_ADDR"
	envAdminAddr       = "FEDIRALLY_ADMIN_ADDR"
	envPublicURL       = "PUBLIC_URL"
	envRedisURL        = "REDIS_URL"
	envDatabaseURL     = "DATABASE_URL"
	envSecret          = "FEDIRALLY_SECRET"
	envWebhookUser     = "ACTBLUE_WEBHOOK_USER"
	envKeepDays        = "FEDIRALLY_KEEP_DAYS"
	envKeepOutsideDays = "FEDIRALLY_KEEP_OUTSIDE_DAYS"
	envSourceURL       = "FEDIRALLY_SOURCE_URL"
	envLogLevel        = "FEDIRALLY_LOG_LEVEL"
	envTrustedProxies  = "FEDIRALLY_TRUSTED_PROXIES"
	envRateForms       = "FEDIRALLY_RATE_FORMS"
	envRateAPI         = "FEDIRALLY_RATE_API"
	envStreamsEach     = "FEDIRALLY_STREAMS_PER_ADDRESS"
	envDrainDelay      = "FEDIRALLY_DRAIN_DELAY"
	envDirectory       = "FEDIRALLY_DIRECTORY"
	envMastodonServer  = "MASTODON_SERVER"
	envMastodonToken   = "MASTODON_ACCESS_TOKEN"
	envLetFollow       = "FEDIRALLY_LET_FOLLOW_AFTER_DAYS"
	envWebhookPassword = "ACTBLUE_WEBHOOK_PASSWORD" //nolint:gosec // the name of a setting, not its value
)

const (
	defaultDatabaseURL = "sqlite:fedirally.db"
	defaultAddr        = ":8080"
)

// defaultAdminAddr is reached from this machine only.
const defaultAdminAddr = "127.0.0.1:9090"

// readSettings reads and checks the environment, and reports all mistakes at
// once. Secrets that are missing are made and kept in a file beside the database
// with SQLite; with PostgreSQL they are a mistake.
func (p *program) readSettings(why purpose) (settings, error) {
	r := p.settingsReader()
	s := settings{
		addr:            r.text(envAddr, defaultAddr),
		databaseURL:     r.secret(envDatabaseURL),
		secretText:      r.secret(envSecret),
		webhookUser:     r.secret(envWebhookUser),
		webhookPassword: r.secret(envWebhookPassword),
	}
	r.defaults[envDatabaseURL] = defaultDatabaseURL
	s.redisURL = r.secret(envRedisURL)
	if s.redisURL != "" {
		if err := ranking.CheckURL(s.redisURL); err != nil {
			r.fault("%s: %w", envRedisURL, err)
		}
	}
	s.adminAddr, s.adminChosen = r.lookup(envAdminAddr)
	if r.defaults[envAdminAddr] = defaultAdminAddr; !s.adminChosen {
		s.adminAddr = defaultAdminAddr
	}
	if s.adminAddr != "" && !isAddress(s.adminAddr) {
		r.fault("%s=%q is not an address to listen on, use for example %s, or nothing for none", envAdminAddr, s.adminAddr, defaultAdminAddr)
	}
	s.logLevel = r.level(envLogLevel)
	s.secret = []byte(s.secretText)
	if s.databaseURL == "" {
		s.databaseURL = defaultDatabaseURL
	}
	if why != forCommands {
		s.publicURL = r.address(envPublicURL)
		if s.publicURL != nil && s.publicURL.Path != "" {
			r.fault("%s=%q has a path; the board needs a host of its own", envPublicURL, s.publicURL)
		}
		r.readBot(&s)
	}
	if why.serves() {
		if !isAddress(s.addr) {
			r.fault("%s=%q is not an address to listen on, use for example :8080 or 127.0.0.1:8080", envAddr, s.addr)
		}
		s.sourceURL = r.address(envSourceURL)
		s.limits = r.limits()
		r.readDirectory(&s)
		s.keep = ledger.Retention{AfterDrive: r.days(envKeepDays, 90), Outside: r.days(envKeepOutsideDays, 30)}
		s.drainDelay = r.duration(envDrainDelay, 0, maxDrainDelay)
		if strings.Contains(s.webhookUser, ":") {
			r.fault("%s holds a colon, which HTTP Basic does not allow", envWebhookUser)
		}
	}
	if err := ledger.CheckURL(s.databaseURL); err != nil {
		r.fault("%w", err)
	} else if file, found := ledger.SQLiteFile(s.databaseURL); !found {
		r.missing(envSecret, len(s.secret) == 0, "a random text of at least 16 bytes, for example from: openssl rand -base64 32")
		r.missing(envWebhookUser, why.serves() && s.webhookUser == "", "the user name that you set for the webhooks at ActBlue")
		r.missing(envWebhookPassword, why.serves() && s.webhookPassword == "", "the password that you set for the webhooks at ActBlue")
	} else if why == forDoctor || len(r.faults) == 0 && (why == forServing || len(s.secret) == 0) {
		// A command that only needs the secret makes nothing where it is set.
		if err := s.makeMissing(file, why != forDoctor, why.serves()); err != nil {
			r.faults = append(r.faults, err)
		}
	}
	if n := len(s.secret); n > 0 && n < ledger.MinSecret {
		r.fault("%s has %d bytes, at least %d are needed", envSecret, n, ledger.MinSecret)
	}
	s.sources = r.sources(s)
	return s, r.verdict()
}

// readDirectory reads whether instances are looked at. Those who are asked must be told
// where to complain.
func (r *settingsReader) readDirectory(s *settings) {
	usual := "off"
	if s.publicURL != nil {
		usual = "on"
	}
	switch value := r.text(envDirectory, usual); {
	case value == "off":
	case value != "on":
		r.fault("%s=%q is neither on nor off", envDirectory, value)
	case s.publicURL == nil && r.env(envPublicURL) == "":
		r.fault("%s is missing: who looks at instances tells them its address", envPublicURL)
	default:
		s.directory = true
	}
}

// readBot reads the bot's account. Without both settings there is no bot.
func (r *settingsReader) readBot(s *settings) {
	s.mastodonServer, s.mastodonToken = r.env(envMastodonServer), r.secret(envMastodonToken)
	s.letFollowAfter = -1
	if value := r.env(envLetFollow); value != "" {
		days, err := strconv.Atoi(value)
		if err != nil || days < 0 || days > 3650 {
			r.fault("%s=%q is not a number of days from 0 to 3650, or nothing: then each follower waits for a person", envLetFollow, value)
		}
		s.letFollowAfter = time.Duration(days) * 24 * time.Hour
	}
	if !s.hasBot() {
		return
	}
	r.missing(envMastodonToken, s.mastodonToken == "", "the access token of the bot's account (Preferences > Development at its server)")
	if s.mastodonServer == "" {
		r.fault("%s is missing: the server of the bot's account, for example https://mastodon.social", envMastodonServer)
	} else if err := fedi.CheckServer(s.mastodonServer); err != nil {
		r.fault("%s: %w", envMastodonServer, err)
	}
	if s.publicURL == nil && r.env(envPublicURL) == "" {
		r.fault("%s is missing: the bot's toots have links to the board in them", envPublicURL)
	}
}

// hasBot says that somebody has set a bot's account.
func (s settings) hasBot() bool { return s.mastodonServer != "" || s.mastodonToken != "" }

// readDatabaseURL reads where the ledger is, for commands that need no secret.
func (p *program) readDatabaseURL() (string, error) {
	r := p.settingsReader()
	address := r.secret(envDatabaseURL)
	if address == "" {
		address = defaultDatabaseURL
	}
	if err := ledger.CheckURL(address); err != nil {
		r.fault("%w", err)
	}
	return address, r.verdict()
}

// isAddress reports whether a server can be told to listen there.
func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number <= 65535
}
