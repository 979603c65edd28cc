#!/usr/bin/env bash
# What the official image's entry does, as far as docker-compose.yml uses it: as root it gives the folders to postgres and goes on
# as that user; an empty PGDATA is made with the user, password and database of POSTGRES_*, then the files of
# /docker-entrypoint-initdb.d run against a server that listens on its socket only.
set -Eeo pipefail

from_file() {
    local file=$1_FILE
    if [ -n "${!file:-}" ]; then
        export "$1"="$(<"${!file}")"
        unset "$file"
    fi
}

run_sql() { psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" "$@"; }

if [ "$1" = postgres ]; then
    from_file POSTGRES_PASSWORD
    : "${POSTGRES_USER:=postgres}"
    export POSTGRES_USER POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA"
    if [ "$(id -u)" = 0 ]; then
        find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres {} +
        exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        [ -n "${POSTGRES_PASSWORD:-}" ] || { echo 'POSTGRES_PASSWORD is not given' >&2; exit 1; }
        eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"${POSTGRES_INITDB_ARGS:-}"
        printf '\nhost all all all %s\n' "$(postgres -C password_encryption "${@:2}")" >>"$PGDATA/pg_hba.conf"
        pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p 5432)" -w start
        run_sql --dbname postgres -c "create database \"$POSTGRES_DB\"" || [ "$POSTGRES_DB" = postgres ]
        for file in /docker-entrypoint-initdb.d/*; do
            case $file in
                *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
                *.sql) run_sql --dbname "$POSTGRES_DB" -f "$file" ;;
            esac
        done
        pg_ctl -D "$PGDATA" -m fast -w stop
    fi
fi
exec "$@"
