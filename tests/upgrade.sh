#!/usr/bin/env bash
# tests/upgrade.sh RELEASE [--keep]: goes from a release to this tree as a shop does, without a moment in which nobody answers.
#
# RELEASE is a tag or a commit. Its host starts with the sample in a home of its own; the host of this tree joins it, migrates its
# database, and both take events and answer while events flow into both. Then the release's host stops, and this tree starts on the
# home that it leaves. Every event must be in bronze and in the features once, and every call must be answered. Needs what ./fecom up
# needs, some four minutes and the history of the repository. Prints a line a check; the last is "N held, N failed".
set -euo pipefail
(( $# >= 1 )) || { echo "usage: tests/upgrade.sh RELEASE [--keep]" >&2; exit 2; }
tree=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
release=$(git -C "$tree" rev-parse --verify --quiet "$1^{commit}") || { echo "$1 is neither a tag nor a commit here" >&2; exit 2; }
keep=${2:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/fecom-upgrade-XXXXXX")
chmod 755 "$work"
export FECOM_HOME=$work/home FECOM_DATA=$work/data
port=${FECOM_PORT:-18080}
new_port=$((port + 1))
held=0 failed=0 posted=0 sent=0 refused=0

# check WORDS CONDITION...: counts and says whether a command holds.
check() {
    local words=$1
    shift
    if "$@"; then held=$((held + 1)); echo "held    $words"; else failed=$((failed + 1)); echo "FAILED  $words"; fi
}

finish() {
    local code=$?
    trap - EXIT
    for home in "$work/joined" "$work/home"; do
        FECOM_HOME=$home FECOM_PORT=$port "$tree/fecom" down >/dev/null 2>&1 || true
    done
    git -C "$tree" worktree remove --force "$work/release" >/dev/null 2>&1 || true
    if [[ $keep == --keep || $code -ne 0 ]]; then echo "Logs are kept in $work"; else rm -rf -- "$work"; fi
    exit "$code"
}
trap finish EXIT

# sql QUERY: what the home's database says.
sql() {
    local socket
    socket=$(sed -n 5p "$work/home/postgres/data/postmaster.pid")
    psql -X -q -A -t -h "$socket" -U fecom -d fecom -c "$1"
}

# until_equal EXPECTED QUERY: asks for up to a minute.
until_equal() {
    local answer='' i
    for (( i = 0; i < 120; i++ )); do
        answer=$(sql "$2" 2>/dev/null) && [[ $answer == "$1" ]] && return
        sleep 0.5
    done
    echo "        $2: ${answer:-no answer}, not $1"
    return 1
}

# start HOME PORT TREE ARGUMENT...: runs ./fecom up and waits until it says that it runs.
start() {
    local home=$1 at=$2 from=$3 log=$1.log i
    shift 3
    FECOM_HOME=$home FECOM_PORT=$at "$from/fecom" up "$@" >"$log" 2>&1 &
    for (( i = 0; i < 1200; i++ )); do
        grep -q '^Running' "$log" && return
        kill -0 $! 2>/dev/null || break
        sleep 0.5
    done
    tail -n 20 "$log" >&2
    return 1
}

answers() { curl -fsS -m 10 -o /dev/null "$@" 2>>"$work/calls.log"; }

# post PORT COUNT: events of visitors of their own, one call.
post() {
    local at=$1 count=$2 body='' i now
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    for (( i = 0; i < count; i++ )); do
        sent=$((sent + 1))
        body+="{\"event_time\":\"$now\",\"event_type\":\"view\",\"product_id\":\"upgrade-$((sent % 50))\",\"price\":5,\"user_id\":\"upgrade-$sent\",\"user_session\":\"upgrade-$sent\"}"$'\n'
    done
    answers -H 'Content-Type: application/x-ndjson' --data-binary "$body" "http://localhost:$at/api/v1/events" && posted=$((posted + count))
}

# ask PORT: a prediction and a recommendation.
ask() {
    answers -H 'Content-Type: application/json' -d '{"instances":[{"user_id":"615215965","product_id":"58916293","user_session":"2f0b2524-9ba3-495e-9ff9-9980fe9b46ad"}]}' \
        "http://localhost:$1/api/v1/predictions/purchase" || refused=$((refused + 1))
    answers "http://localhost:$1/api/v1/recommendations/sessions/2f0b2524-9ba3-495e-9ff9-9980fe9b46ad" || refused=$((refused + 1))
}

# serve SECONDS PORT...: events and questions to each host in turn.
serve() {
    local until=$((SECONDS + $1)) at
    shift
    while (( SECONDS < until )); do
        for at in "$@"; do post "$at" 20; ask "$at"; done
    done
}

none_refused() { (( refused == 0 && posted == sent )) || { echo "        $refused questions refused, $((sent - posted)) of $sent events not accepted"; return 1; }; }
# healthy PORT: whether every check is well, but for the models: they know the sample, and the events of this script have outgrown it.
healthy() {
    local answer unwell='' i
    for (( i = 0; i < 120; i++ )); do
        answer=$(curl -s -m 10 "http://localhost:$1/health/ready") || true
        unwell=$(grep -o '"[a-z_]*":{"status":"[du][a-z]*"[^}]*}' <<<"$answer" | grep -v '^"model":' || true)
        [[ $answer != '{"status"'* || -n $unwell ]] || return 0
        sleep 0.5
    done
    sed 's/^/        /' <<<"${unwell:-no answer}"
    return 1
}

mkdir -p "$work/data/raw"
cp "$tree/data/raw/sample.csv" "$work/data/raw/"
git -C "$tree" worktree add --quiet --detach "$work/release" "$release"
echo "from $(git -C "$tree" log -1 --format='%h of %ad' --date=short "$release") to $(git -C "$tree" describe --always --dirty)"

start "$work/home" "$port" "$work/release"
before=$(sql 'select count(*) from platform.migration')
serve 5 "$port"
check "the release answers alone: $sent events, each question" none_refused

start "$work/joined" "$new_port" "$tree" --replica-of "$work/home"
after=$(sql 'select count(*) from platform.migration')
check "the new host joined and applied $((after - before)) migrations while the release answered" test "$after" -ge "$before"
serve 20 "$port" "$new_port"
check "both answer side by side: $sent events so far, each question" none_refused
check "every event is in bronze once" until_equal "$((10000 + posted))" 'select count(*) from bronze.event'
check "and in the features once" until_equal "$posted" "select count(*) from features.state_user where entity like 'upgrade-%'"
check "no message became a dead letter" until_equal 0 'select count(*) from platform.dead_letter'
check "the new host is healthy beside the release" healthy "$new_port"

FECOM_PORT=$new_port FECOM_HOME=$work/joined "$tree/fecom" down >/dev/null
FECOM_PORT=$port "$work/release/fecom" down >/dev/null
start "$work/home" "$port" "$tree"
serve 5 "$port"
check "this tree answers alone on the home of the release" none_refused
check "every event is in bronze once" until_equal "$((10000 + posted))" 'select count(*) from bronze.event'
check "and in the features once" until_equal "$posted" "select count(*) from features.state_user where entity like 'upgrade-%'"
check "it is healthy" healthy "$port"
echo "$held held, $failed failed"
(( failed == 0 ))
