# shellcheck shell=bash
# The Docker engine: one of our own on a socket of its own, or with --official the one that `docker` talks to.

composer=()
if docker compose version >/dev/null 2>&1; then composer=(docker compose)
elif command -v docker-compose >/dev/null; then composer=(docker-compose)
else die 'Compose is missing: apt-get install docker-compose'; fi

[[ $official == yes ]] || export DOCKER_HOST=unix://$home/docker.sock

engine_answers() { docker version >/dev/null 2>&1; }

engine_start() {
    if engine_answers; then return; fi
    [[ $official != yes ]] || die 'no Docker engine answers'
    (( EUID == 0 )) || die 'an engine of its own needs root; --official uses the one that is there'
    local missing=() tool
    for tool in dockerd debootstrap curl jq openssl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    (( ${#missing[@]} == 0 )) || die "missing: ${missing[*]} (apt-get install docker.io debootstrap curl jq openssl)"
    # Two engines share a bridge and the firewall's rules.
    [[ ! -S /run/docker.sock ]] || ! docker -H unix:///run/docker.sock version >/dev/null 2>&1 ||
        die 'another engine runs on this machine: use --official, or stop it first'
    (( ${#home} < 70 )) || die "the path of $home is too long for a socket: set FECOM_PROVE_HOME"
    setsid dockerd --data-root "$home/data" --exec-root "$home/exec" -p "$home/dockerd.pid" -H "unix://$home/docker.sock" \
        </dev/null >>"$home/dockerd.log" 2>&1 &
    until_true 30 engine_answers || { tail -n 20 "$home/dockerd.log" >&2; die "dockerd did not start; its log is $home/dockerd.log"; }
}

# Stops the engine that this script started, and no other.
engine_stop() {
    [[ $official != yes && -s $home/dockerd.pid ]] || return 0
    local pid
    pid=$(<"$home/dockerd.pid")
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -Fxq -- "$home/data" || return 0
    kill "$pid"
    until_true 60 engine_gone "$pid" || echo "dockerd $pid does not end" >&2
}

engine_gone() { ! kill -0 "$1" 2>/dev/null; }
