#!/bin/sh
# What the official image's entry does, as far as docker-compose.yml uses it: as root it gives the data folder to redis and goes on
# as that user, without capabilities; files are readable to that user only.
set -e
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis {} +
    exec setpriv --reuid redis --regid redis --clear-groups --nnp --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$0" "$@"
fi
umask 0077
exec "$@"
