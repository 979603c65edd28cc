# shellcheck shell=bash
# The proofs, by steps. Each function leaves in `figure` what it measured; what fails names itself there.

image=$(grep -oE '^ +image: fecom:[^ ]+' docker-compose.yml | grep -oE '[^ ]+$')

step_images() {
    [[ $official == yes ]] || prove 'the base images are made' make_images
}

# ----------------------------------------------------------------------------------------------------------------- the image
step_build() {
    prove 'Dockerfile builds the image' build_image &&
        prove 'the image has 400 MB or less' small_image &&
        prove 'it runs as nobody of importance' plain_user
}

build_image() {
    docker build --network host -t "$image" . >"$home/build.log" 2>&1 || { figure="$(tail -n 3 "$home/build.log")"; return 1; }
    figure="$image, $(docker run --rm "$image" --version 2>/dev/null | head -n 1)"
}

small_image() {
    local bytes
    bytes=$(docker image inspect -f '{{.Size}}' "$image")
    figure="$((bytes / 1000000)) MB"
    (( bytes <= 400000000 ))
}

plain_user() {
    local user
    user=$(docker run --rm --entrypoint id "$image" -u)
    figure="user $user"
    [[ $user == 10001 ]]
}

# ------------------------------------------------------------------------------------------------------------------ the stack
step_up() {
    prove 'docker compose up, to healthy' stack_up &&
        prove 'each service that says how it is says healthy' services_healthy &&
        prove 'plain HTTP is sent to TLS' redirected &&
        prove 'a person signs in and makes a key, through TLS' signed_in &&
        prove 'a prediction of a trained model, through TLS' predicted &&
        prove 'a recommendation of a trained model, through TLS' recommended &&
        prove 'the host is ready, and says what is amiss' ready &&
        prove 'the root file systems are read-only, and the host has no capabilities' locked_down
}

stack_up() {
    local from='what an earlier run left'
    [[ -n $(docker volume ls -q -f name=fecom-prove_) ]] || from=nothing
    compose up -d >>"$home/compose.log" || { figure="$(tail -n 5 "$home/compose.log")"; return 1; }
    until_true 120 all_healthy nginx 1 || { figure='NGINX does not become healthy'; return 1; }
    figure="from $from, $(docker ps -q -f name=fecom-prove_ | wc -l) containers run"
}

services_healthy() {
    local service state
    for service in postgres redis kafka objects host nginx; do
        state=$(health "$(containers "$service")")
        figure+="$service $state, "
        [[ $state == healthy ]] || return 1
    done
    figure=${figure%, }
}

redirected() {
    figure=$(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' "http://localhost:$((port + 1))/")
    [[ $figure == "301 $url/" ]]
}

signed_in() {
    sign_in || { figure="$(tail -n 3 "$home/compose.log")"; return 1; }
    figure="HTTP/$(curl -sS -o /dev/null -w '%{http_version}' --cacert "$home/server.crt" "$url/health/live"), the certificate holds for localhost"
    [[ $figure == HTTP/2* ]]
}

predicted() {
    until_true 180 prediction >"$home/answer" 2>/dev/null || { figure='no trained model within 180 s'; return 1; }
    figure=$(tail -n 1 "$home/answer")
}

recommended() {
    until_true 60 recommendation >"$home/answer" 2>/dev/null || { figure='none'; return 1; }
    figure=$(tail -n 1 "$home/answer")
}

ready() {
    local body
    body=$(call GET /health/ready) || { figure='not ready'; return 1; }
    figure=$(jq -r '[.status] + [.checks | to_entries[] | select(.value.status != "healthy") | "\(.key): \(.value.description)"] | join("; ")' <<<"$body")
}

locked_down() {
    local service id capabilities
    for service in host nginx postgres redis objects; do
        id=$(containers "$service" | head -n 1)
        if docker exec -u 0 "$id" sh -c ': >/etc/fecom-was-here' 2>/dev/null; then figure="$service wrote into its root"; return 1; fi
    done
    id=$(containers host | head -n 1)
    capabilities=$(docker exec "$id" sed -n 's/^CapEff:\t//p' /proc/1/status)
    figure="host, nginx, postgres, redis, objects; the host's capabilities are $capabilities, its user $(docker exec "$id" id -u)"
    [[ $capabilities =~ ^0+$ ]]
}

# -------------------------------------------------------------------------------------------------------------------- replicas
step_scale() { prove '--scale host=3: three hosts, and NGINX sends to each' scaled; }

scaled() {
    local id answering=0
    compose up -d --scale host=3 >>"$home/compose.log" || { figure="$(tail -n 5 "$home/compose.log")"; return 1; }
    until_true 180 all_healthy host 3 || { figure='not three healthy hosts'; return 1; }
    until_true 30 knows_hosts 3 || { figure='NGINX does not know three'; return 1; }
    traffic_begin scale
    sleep 10
    traffic_end
    for id in $(containers host); do
        # The address that NGINX's log names for each call.
        docker logs --since 30s "$(containers nginx)" 2>/dev/null | grep "\"host\":\"$(address "$id"):8080\"" >/dev/null && answering=$((answering + 1))
    done
    figure="$answering of 3 answered; $(traffic_figure)"
    (( answering == 3 && $(traffic_failed) == 0 ))
}

address() { docker inspect -f '{{(index .NetworkSettings.Networks "fecom-prove_inside").IPAddress}}' "$1"; }

step_drain() { prove 'SIGTERM drains a host while calls go on: exit code 0' drained; }

drained() {
    local id begun code took
    id=$(containers host | tail -n 1)
    traffic_begin drain
    sleep 5
    begun=$SECONDS
    docker stop -t 40 "$id" >/dev/null
    took=$((SECONDS - begun))
    sleep 5
    traffic_end
    code=$(docker inspect -f '{{.State.ExitCode}}' "$id")
    docker start "$id" >/dev/null
    until_true 120 all_healthy host 3 || { figure='the host does not come back'; return 1; }
    figure="exit code $code after $took s; $(traffic_figure)"
    (( code == 0 && $(traffic_failed) == 0 && $(traffic_answers) > 100 ))
}

step_crash() { prove 'one host of three is killed while calls go on' crashed; }

crashed() {
    local id begun back accepted arrived
    id=$(containers host | tail -n 1)
    traffic_begin crash
    sleep 5
    begun=$SECONDS
    crash "$id" || { traffic_end; figure='could not be killed'; return 1; }
    until_true 120 all_healthy host 3 || { traffic_end; figure='the host is not started again'; return 1; }
    back=$((SECONDS - begun))
    sleep 5
    traffic_end
    accepted=$(wc -l <"$home/accepted")
    until_true 120 crash_arrived "$accepted" || true
    arrived=$(in_bronze crash)
    figure="$(traffic_figure); healthy again by its restart policy after $back s; $accepted events accepted and $(wc -l <"$home/refused") to be sent again, $arrived in bronze"
    (( $(traffic_failed) == 0 && $(traffic_answers) > 100 && arrived >= accepted && accepted > 0 ))
}

crash_arrived() { (( $(in_bronze crash) >= $1 )); }

# --------------------------------------------------------------------------------------------------------------------- the broker
step_broker() { prove 'the broker is killed and comes back: every accepted event arrives once' broker_killed; }

broker_killed() {
    local id begun all
    id=$(containers kafka)
    send_events broker 20 || { figure='events are not accepted before it'; return 1; }
    begun=$SECONDS
    crash "$id" || { figure='could not be killed'; return 1; }
    send_events broker 20 || { figure='events are not accepted while the broker is away'; return 1; }
    until_true 180 all_healthy kafka 1 || { figure='the broker is not started again'; return 1; }
    send_events broker 20 || { figure='events are not accepted after it'; return 1; }
    until_true 180 bronze_has broker 60 || { figure="$(in_bronze broker) of 60 events in bronze"; return 1; }
    all=$((SECONDS - begun))
    figure="60 events sent before, during and after, 60 in bronze $all s after the kill"
    # Nothing comes a second time.
    sleep 5
    bronze_has broker 60
}

# ---------------------------------------------------------------------------------------------------------------------- the data
step_keep() { prove 'down and up keep the data' kept; }

# Sums that a loss in any store would change.
counts() {
    echo "bronze $(sql 'select count(*) from bronze.event'), versions $(sql 'select count(*) from training.model_version'), API keys $(sql 'select count(*) from access.api_key'), Redis $(redis dbsize | grep -oE '[0-9]+'), Kafka $(kafka_records)"
}

kafka_records() {
    docker exec "$(containers kafka)" /opt/kafka/bin/kafka-get-offsets.sh --bootstrap-server localhost:9092 --topic tracking.user_behavior.validated |
        awk -F: '{ sum += $3 } END { print sum }'
}

kept() {
    local before after version ready_after begun=$SECONDS
    before=$(counts) version=$(prediction) || { figure='no prediction before'; return 1; }
    compose down >>"$home/compose.log" || { figure='down fails'; return 1; }
    (( $(docker ps -q -f name=fecom-prove_ | wc -l) == 0 )) || { figure='containers still run'; return 1; }
    begun=$SECONDS
    compose up -d >>"$home/compose.log" || { figure="$(tail -n 5 "$home/compose.log")"; return 1; }
    until_true 120 all_healthy nginx 1 || { figure='NGINX does not become healthy'; return 1; }
    # The model's file comes from the S3 store alone.
    until_true 60 prediction >/dev/null 2>&1 || { figure='no prediction of a trained model after'; return 1; }
    ready_after=$((SECONDS - begun))
    after=$(counts)
    figure="before: $before; after: $after; the prediction $version, then $(prediction), $ready_after s after up"
    [[ $before == "$after" && ${version##* } == "$(prediction | grep -oE '[0-9]+$')" ]]
}

# ----------------------------------------------------------------------------------------------------------------- observability
step_observe() {
    prove 'Prometheus of the profile observability scrapes every host, with a key of the scope read' scraped &&
        prove "its rules are loaded, and its Alertmanager is reached" watched
}

# In the host's network there is no way in, so its own container is asked.
prometheus() { docker exec "$(containers prometheus)" promtool query instant http://localhost:9090 "$1" 2>/dev/null; }
hosts_up() { [[ $(prometheus 'count(up{job="fecom"} == 1)') == *"=> $1 @"* ]]; }

scraped() {
    call POST /api/v1/access/keys '{"name":"prometheus","scopes":["read"]}' | jq -er .key >"$home/prometheus-key" || { figure='no key'; return 1; }
    chmod a+r "$home/prometheus-key"
    export PROVE_PROMETHEUS_KEY=$home/prometheus-key
    override=(-f "$root/docker/prove/prometheus-key.yml")
    compose --profile observability up -d --no-deps prometheus alertmanager >>"$home/compose.log" || { figure="$(tail -n 5 "$home/compose.log")"; return 1; }
    override=()
    until_true 90 hosts_up "$(containers host | wc -l)" || { figure="$(prometheus 'up' | head -n 3)"; return 1; }
    figure="$(containers host | wc -l) hosts up, $(prometheus 'count({job="fecom"})' | grep -oE '=> [0-9]+' | tr -dc 0-9) series"
}

watched() {
    local rules firing
    rules=$(grep -c -- '- alert:' docker/prometheus/rules.yml)
    until_true 60 rules_loaded "$rules" || { figure="not $rules rules: $(prometheus 'sum(prometheus_rule_group_rules)')"; return 1; }
    until_true 60 alertmanager_known || { figure='no Alertmanager'; return 1; }
    firing=$(prometheus 'count by (alertname) (ALERTS{alertstate="firing"})' | { grep -oE 'alertname="[^"]+"' || true; } | cut -d'"' -f2 | paste -sd' ')
    figure="$rules rules, firing: ${firing:-none}"
}

rules_loaded() { [[ $(prometheus 'sum(prometheus_rule_group_rules)') == *"=> $1 @"* ]]; }
alertmanager_known() { [[ $(prometheus 'prometheus_notifications_alertmanagers_discovered') == *'=> 1 @'* ]]; }

# ------------------------------------------------------------------------------------------------------------- a shop's database
step_cdc() { prove 'a shop'"'"'s PostgreSQL, through Debezium of the profile cdc: every row is an event, once' captured; }

captured() {
    local hosts rows
    hosts=$(containers host | wc -l)
    row_key=id
    compose --profile cdc up -d --scale "host=$hosts" >>"$home/compose.log" || { figure="$(tail -n 5 "$home/compose.log")"; return 1; }
    until_true 180 capture_begins || { figure='no row of the shop is an event'; return 1; }
    sleep 5
    docker stop "$(containers shop-writer)" >/dev/null
    rows=$(shop_rows)
    until_true 60 captured_all "$rows" || { figure="$rows rows, $(captured_events) events"; return 1; }
    figure="$rows rows, $(captured_events) events"
}

shop_rows() { docker exec "$(containers shop)" psql -U shop -d shop -qAtc 'select count(*) from public.events'; }
captured_events() { sql "select count(*) from bronze.event where user_id ~ '^10[0-9]{4}$' and received_at > now() - interval '1 hour'"; }
capture_begins() { (( $(captured_events) > 0 )); }
captured_all() { [[ $(captured_events) == "$1" ]]; }
