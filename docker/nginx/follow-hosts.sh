#!/bin/sh
# Runs NGINX, with the hosts that the name HOST_NAME has in Docker's DNS: they come and go with `--scale host=N`.
# A certificate of the user's own is server.crt and server.key in ./docker/nginx/certificates; else one for development is made.
set -eu
name=${HOST_NAME:-host}
port=${HOST_PORT:-8080}
own=${OWN_CERTIFICATES:-/own-certificates}
kept=${KEPT_CERTIFICATES:-/certificates}

if [ -s "$own/server.crt" ] && [ -s "$own/server.key" ]; then
    cp "$own/server.crt" "$own/server.key" "$kept/"
elif [ ! -s "$kept/server.crt" ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj "/CN=localhost" \
        -addext "subjectAltName=DNS:localhost,DNS:${SERVER_NAME:-localhost},IP:127.0.0.1" \
        -keyout "$kept/server.key" -out "$kept/server.crt" 2>/dev/null
    echo "A certificate for development was made: browsers will warn."
fi

# Without a host there must still be a line: calls are then answered 502 until one comes.
hosts() {
    found=$(getent ahostsv4 "$name" | awk -v port="$port" '$2 == "STREAM" { print "server " $1 ":" port " max_fails=1 fail_timeout=2s;" }' | sort -u)
    printf '%s\n' "${found:-server 127.0.0.1:9 down;}"
}

mkdir -p /tmp/body /tmp/proxy /tmp/fastcgi /tmp/uwsgi /tmp/scgi
hosts >/tmp/hosts.conf
echo "return 301 https://\$host:${HTTPS_PORT:-8443}\$request_uri;" >/tmp/redirect.conf
nginx -g 'daemon off;' &
server=$!
trap 'kill -QUIT "$server"' TERM INT QUIT
while kill -0 "$server" 2>/dev/null; do
    sleep 2 &
    wait $! || true
    hosts >/tmp/hosts.new
    if ! cmp -s /tmp/hosts.new /tmp/hosts.conf; then
        cp /tmp/hosts.new /tmp/hosts.conf
        nginx -s reload && echo "The hosts are now: $(tr '\n' ' ' </tmp/hosts.conf)"
    fi
done
wait "$server"
