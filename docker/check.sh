#!/usr/bin/env bash
# Checks what docker-compose.yml is made of: the file itself with each profile, NGINX's and Prometheus' configuration.
# What is not installed is said and left out. That every named file exists, and JSON and YAML, the tests check.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

compose=()
if docker compose version >/dev/null 2>&1; then compose=(docker compose)
elif command -v docker-compose >/dev/null; then compose=(docker-compose); fi
if (( ${#compose[@]} == 0 )); then
    echo 'not checked: docker-compose.yml, as docker-compose is neither here nor installable'
else
    for profile in '' observability bi elastic mlflow cdc; do
        "${compose[@]}" ${profile:+--profile "$profile"} config >/dev/null
    done
    "${compose[@]}" --env-file .env.example config >/dev/null
    echo 'docker-compose.yml: valid with each profile'
fi

# It is run by hand, as it builds the image (docker/prove/README.md); here it has to be readable at least.
for script in docker/prove.sh docker/prove/*.sh docker/prove/stand-ins/*/*.sh; do bash -n "$script"; done
echo 'docker/prove.sh: its scripts can be read'

nginx=$(command -v nginx || true)
[[ -n $nginx || ! -x /usr/sbin/nginx ]] || nginx=/usr/sbin/nginx
if [[ -z $nginx ]]; then
    echo 'not checked: docker/nginx/nginx.conf, as NGINX is not installed'
else
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$work/server.key" -out "$work/server.crt" 2>/dev/null
    echo 'server 127.0.0.1:9 down;' >"$work/hosts.conf"
    echo 'return 301 https://localhost;' >"$work/redirect.conf"
    sed "s|/tmp/|$work/|g; s|/certificates/|$work/|g" docker/nginx/nginx.conf >"$work/nginx.conf"
    "$nginx" -q -t -c "$work/nginx.conf"
    echo 'docker/nginx/nginx.conf: valid'
fi

if ! command -v promtool >/dev/null; then
    echo 'not checked: docker/prometheus, as promtool is not installed'
else
    promtool check config docker/prometheus/prometheus.yml >/dev/null
    (cd docker/prometheus && promtool test rules rules.test.yml >/dev/null)
    echo 'docker/prometheus: valid, its rules fire as their tests say'
fi
