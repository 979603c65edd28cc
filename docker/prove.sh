#!/usr/bin/env bash
# Proves Dockerfile and docker-compose.yml: builds the image, brings the stack up and does to it what goes wrong in life.
# docker/prove/README.md says more.
#
#   docker/prove.sh                 everything, on an engine of its own with stand-ins for the official images (as root, on Debian)
#   docker/prove.sh --official      the same with the official images, on the engine that `docker` talks to
#   docker/prove.sh --steps A,B     some of: images build up scale drain crash broker keep observe cdc
#   docker/prove.sh --keep          leaves the stack running, to look around
#   docker/prove.sh --stop          stops what --keep left, and its engine
#
# One line a proof with its figure; the last line is `N proofs held, N failed`, and the exit code 1 when one failed.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
root=$PWD
home=${FECOM_PROVE_HOME:-$root/.fecom/prove}
steps=images,build,up,scale,drain,crash,broker,keep,observe,cdc official='' keep='' stop=''
die() { echo "docker/prove.sh: $*" >&2; exit 2; }
while (( $# > 0 )); do
    case $1 in
        --official) official=yes ;;
        --keep) keep=yes ;;
        --stop) stop=yes ;;
        --steps) steps=${2:?--steps takes a list}; shift ;;
        -h | --help) sed -n '2,11s/^# \{0,1\}//p' "docker/prove.sh"; exit 0 ;;
        *) die "unknown option $1; --help lists them" ;;
    esac
    shift
done
mkdir -p "$home"

held=0 failed=0 figure=''

# prove TITLE FUNCTION: runs it and counts; it says what was measured in `figure`.
prove() {
    local begun=$SECONDS word=held
    figure=''
    if "$2"; then held=$((held + 1)); else failed=$((failed + 1)) word=FAILED; fi
    printf '%-6s  %s: %s (%s s)\n' "$word" "$1" "${figure:-no figure}" "$((SECONDS - begun))"
    [[ $word == held ]]
}

# until SECONDS COMMAND…: asks every half a second until it succeeds.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        (( SECONDS < end )) || return 1
        sleep .5
    done
}

for part in engine images stack traffic proofs; do
    # shellcheck source=/dev/null
    . "docker/prove/$part.sh"
done

if [[ $stop == yes ]]; then
    ! engine_answers || compose_down || echo "the stack did not end: see $home/compose.log" >&2
    engine_stop
    exit 0
fi

finish() {
    local code=$?
    trap - EXIT
    traffic_end || true
    if [[ $keep != yes ]]; then
        ! engine_answers || compose_down || echo "the stack did not end: see $home/compose.log" >&2
        engine_stop
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

engine_start
if [[ $official == yes ]]; then
    echo "Official images on the engine $(docker version -f '{{.Server.Version}}'), $("${composer[@]}" version --short)"
else
    echo "Stand-ins on an engine of its own, $(docker version -f '{{.Server.Version}}'), with Compose $("${composer[@]}" version --short)"
fi
for step in ${steps//,/ }; do
    "step_$step" && continue
    # Without these there is nothing to prove anything by.
    [[ ! $step =~ ^(images|build|up)$ ]] || break
done
[[ $official == yes ]] || cat <<'TEXT'
Not proved here: the official images themselves. PostgreSQL, Redis, NGINX, Prometheus and Alertmanager are Debian 13's, Kafka's jars
run on Debian's Java (so does Debezium's connector), the SDK is this machine's, and SeaweedFS is not run at all: S3Proxy answers in its place. Entries, users, folders
and environment are made as the official images have them. `docker/prove.sh --official` runs the same where a registry can be reached.
TEXT
echo "$held proofs held, $failed failed"
(( failed == 0 ))
