package ledger

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DumpCommand is the command line that backs up a PostgreSQL database into a
// file. There is no password in it: pg_dump asks for it, or finds it in PGPASSWORD
// or ~/.pgpass.
func DumpCommand(address, file string) (string, error) {
	place, err := withoutPassword(address)
	if err != nil {
		return "", err
	}
	return "pg_dump -Fc -f " + quoted(file) + " " + quoted(place), nil
}

// withoutPassword writes a PostgreSQL address without its password, and without
// what only our driver understands.
func withoutPassword(address string) (string, error) {
	config, err := pgx.ParseConfig(address)
	given, alsoBad := url.Parse(address)
	if err != nil || alsoBad != nil { // the causes may quote the password
		return "", errors.New("DATABASE_URL is not a PostgreSQL address")
	}
	place := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database}
	query := url.Values{}
	if strings.HasPrefix(config.Host, "/") { // the folder of a socket
		query.Set("host", config.Host)
		query.Set("port", strconv.Itoa(int(config.Port)))
	} else {
		place.Host = net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	}
	for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey"} {
		if value := given.Query().Get(name); value != "" {
			query.Set(name, value)
		}
	}
	place.RawQuery = query.Encode()
	return place.String(), nil
}

// quoted makes one word of a text for a shell.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Place names a database for people, without its password.
func Place(address string) string {
	if path, found := SQLiteFile(address); found {
		return path
	}
	place, err := withoutPassword(address)
	if err != nil {
		return "an address that cannot be read"
	}
	return place
}
