# shellcheck shell=bash
# The stack: Compose with a project, ports and passwords of its own, and calls through NGINX.

port=${FECOM_PROVE_PORT:-22300}
url=https://localhost:$port
# Sessions of this run alone, so that a second run on the same stack counts anew.
run=$(date +%s)
override=()
row_key=''

compose() {
    cat >"$home/env" <<SETTINGS
FECOM_PORT=$port
FECOM_HTTP_PORT=$((port + 1))
CHANGES_ROW_KEY=$row_key
SETTINGS
    # What stands in the environment would come before these.
    env -u FECOM_PORT -u FECOM_HTTP_PORT -u CHANGES_ROW_KEY "${composer[@]}" -p fecom-prove --env-file "$home/env" -f "$root/docker-compose.yml" "${override[@]}" "$@" 2>>"$home/compose.log"
}

# With its volumes: what this script made, and nothing of a shop's.
compose_down() {
    compose --profile observability --profile cdc down --volumes --remove-orphans >>"$home/compose.log"
    rm -f -- "$home/key" "$home/server.crt"
}

# containers SERVICE: their ids.
containers() { compose ps -q "$1"; }
health() { docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1" 2>/dev/null; }

# all_healthy SERVICE COUNT
all_healthy() {
    local id count=0
    for id in $(containers "$1"); do
        [[ $(health "$id") != healthy ]] || count=$((count + 1))
    done
    (( count == $2 ))
}

# How many hosts NGINX sends calls to.
knows_hosts() { [[ $(docker exec "$(containers nginx)" grep -c '^server [^;]*:8080' /tmp/hosts.conf) == "$1" ]]; }

sql() { docker exec "$(containers postgres)" psql -U fecom -d fecom -qAtc "$1"; }
redis() { docker exec "$(containers redis)" sh -c 'REDISCLI_AUTH=$(cat /run/fecom/redis_password) redis-cli "$@"' - "$@"; }

# Ends a container's process as a crash does, so that its restart policy counts; `docker kill` would be a stop on purpose.
crash() {
    local pid
    pid=$(docker inspect -f '{{.State.Pid}}' "$1")
    [[ $(docker inspect -f '{{.Id}}' "$1") == "$(grep -aoE '[0-9a-f]{64}' "/proc/$pid/cgroup" | head -n 1)" ]] ||
        { echo "process $pid is not the container's" >&2; return 1; }
    kill -9 "$pid"
}

# call METHOD PATH [BODY]: the answer's body; fails unless it is 2xx.
call() {
    curl -fsS --max-time 30 --cacert "$home/server.crt" -H "Authorization: Bearer $(<"$home/key")" -X "$1" \
        ${3:+-H 'Content-Type: application/json' --data "$3"} "$url$2"
}

# Signs in as a person does, and makes the key with which the rest is asked.
sign_in() {
    local shown name password
    docker cp "$(containers nginx):/certificates/server.crt" "$home/server.crt" >/dev/null || return 1
    shown=$(compose run --rm secrets show) || return 1
    [[ $shown =~ Sign\ in\ as\ ([^ ]+)\ with\ the\ password\ ([A-Za-z0-9]+) ]] || return 1
    name=${BASH_REMATCH[1]} password=${BASH_REMATCH[2]}
    rm -f -- "$home/jar"
    curl -fsS -o /dev/null --max-time 30 --cacert "$home/server.crt" -c "$home/jar" -d "name=$name" --data-urlencode "password=$password" "$url/signin" &&
        curl -fsS --max-time 30 --cacert "$home/server.crt" -b "$home/jar" -H 'Content-Type: application/json' \
            -d '{"name":"prove","scopes":["ingest","serve","admin"]}' "$url/api/v1/access/keys" | jq -er .key >"$home/key"
    local code=$?
    rm -f -- "$home/jar"
    return "$code"
}

visitor='{"user_id":"615215965","product_id":"58916293","user_session":"2f0b2524-9ba3-495e-9ff9-9980fe9b46ad"}'

# The probability that a trained model gives, with its version; a fallback is none.
prediction() {
    call POST /api/v1/predictions/purchase "{\"instances\":[$visitor]}" |
        jq -er 'select(.predictions[0].fallback == null) | "\(.predictions[0].probability) of version \(.model.version)"'
}

recommendation() {
    call GET "/api/v1/recommendations/sessions/$(jq -r .user_session <<<"$visitor")?count=3" |
        jq -er 'select(.fallback == null and (.items | length) == 3) | "\([.items[].product_id] | join(" ")) by \(.items[0].source)"'
}

# send_events NAME COUNT: events of a session of that name, one call each; fails when one is not accepted.
send_events() {
    local number
    for (( number = 0; number < $2; number++ )); do
        call POST /api/v1/events "{\"event_time\":\"$(date -u +%FT%TZ)\",\"event_type\":\"view\",\"product_id\":\"58916293\",\"price\":593.15,\"user_id\":\"prove\",\"user_session\":\"$1-$run\"}" >/dev/null || return 1
    done
}

# in_bronze NAME: how many of them are in the warehouse.
in_bronze() { sql "select count(*) from bronze.event where user_session = '$1-$run'"; }
bronze_has() { [[ $(in_bronze "$1") == "$2" ]]; }
