#!/bin/sh
# Run by the service `secrets` before all others: takes each password from .env, or makes a strong one at the first start and
# keeps it in the volume `secrets`. Files named like settings (host/) are read by Fecom itself.
# `docker compose run --rm secrets show` prints how to sign in.
set -eu
folder=${SECRETS_FOLDER:-/secrets}
umask 022

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# keep NAME VALUE: what .env says, else what is there already, else a new one.
keep() {
    file=$folder/$1
    if [ -n "$2" ]; then
        printf %s "$2" >"$file.new"
        mv "$file.new" "$file"
    elif [ ! -s "$file" ]; then
        random >"$file.new"
        mv "$file.new" "$file"
    fi
}

if [ "${1:-}" = show ]; then
    printf 'Sign in as %s with the password %s\n' "$(cat "$folder/host/Access__Admin__Name")" "$(cat "$folder/host/Access__Admin__Password")"
    exit 0
fi

mkdir -p "$folder/host"
keep postgres_password "${POSTGRES_PASSWORD:-}"
keep reader_password "${POSTGRES_READER_PASSWORD:-}"
keep redis_password "${REDIS_PASSWORD:-}"
keep objects_key "${S3_ACCESS_KEY:-}"
keep objects_secret "${S3_SECRET_KEY:-}"
keep grafana_password "${GRAFANA_PASSWORD:-}"
keep superset_password "${SUPERSET_PASSWORD:-}"
keep superset_secret "${SUPERSET_SECRET:-}"
keep shop_password "${SHOP_PASSWORD:-}"
keep host/Access__Admin__Password "${FECOM_ADMIN_PASSWORD:-}"
printf %s "${FECOM_ADMIN_NAME:-admin}" >"$folder/host/Access__Admin__Name"

printf 'requirepass %s\n' "$(cat "$folder/redis_password")" >"$folder/redis.conf"
printf 'Host=postgres;Port=5432;Username=fecom;Password=%s;Database=fecom' "$(cat "$folder/postgres_password")" \
    >"$folder/host/ConnectionStrings__Postgres"
printf 'redis:6379,password=%s' "$(cat "$folder/redis_password")" >"$folder/host/ConnectionStrings__Redis"
for section in Lake Models; do
    cp "$folder/objects_key" "$folder/host/${section}__S3__AccessKey"
    cp "$folder/objects_secret" "$folder/host/${section}__S3__SecretKey"
done
chmod -R a+rX "$folder"
echo "The secrets are in place. docker compose run --rm secrets show prints how to sign in."
