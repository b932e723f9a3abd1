#!/bin/sh
# Makes the secrets that docker-compose.yml names, as files in the folder secrets/ beside it, each readable
# by the one container that needs it. What is there already stays as it is. As root, in the folder of
# docker-compose.yml:
#
#     sh docs/compose-secrets.sh
set -eu
umask 077

board=65532:65532  # the user of Fedirally's image
servers=999:999    # postgres and redis in theirs

# keep NAME OWNER VALUE
keep() {
	file=secrets/$1
	if [ ! -s "$file" ]; then
		printf '%s\n' "$3" >"$file.new"
		mv "$file.new" "$file"
	fi
	chmod 400 "$file"
	[ "$(id -u)" != 0 ] || chown "$2" "$file"
}

mkdir -p secrets
keep postgres_password "$servers" "$(openssl rand -hex 24)"
keep redis_password "$servers" "$(openssl rand -hex 24)"
keep database_url "$board" "postgres://fedirally:$(cat secrets/postgres_password)@postgres:5432/fedirally"
keep redis_url "$board" "redis://:$(cat secrets/redis_password)@redis:6379/0"
keep fedirally_secret "$board" "$(openssl rand -base64 32)"
keep actblue_webhook_password "$board" "$(openssl rand -hex 24)"
[ -e secrets/mastodon_access_token ] || : >secrets/mastodon_access_token # the bot's, if there is to be one
chmod 400 secrets/mastodon_access_token
[ "$(id -u)" != 0 ] || chown "$board" secrets/mastodon_access_token
[ "$(id -u)" = 0 ] || echo 'You are not root, so the files have no owner yet whom the containers know: run this again as root.' >&2
