# shellcheck shell=bash
# Callers that go on while something is killed: two ask for predictions, two for recommendations, each over one connection, and
# one sends events.

callers=()

traffic_begin() {
    local ask caller
    rm -f -- "$home"/asked.* "$home/accepted" "$home/traffic_ends"
    # Line by line, as callers are ended in the middle.
    ask=(stdbuf -oL curl -sS -o /dev/null --max-time 20 --cacert "$home/server.crt" --rate 20/s -w '%{http_code} %{time_total}\n'
        -H "Authorization: Bearer $(<"$home/key")")
    # What stands behind # is not sent: it only makes a hundred thousand calls of one address.
    for caller in 1 2; do
        "${ask[@]}" -H 'Content-Type: application/json' -d "{\"instances\":[$visitor]}" "$url/api/v1/predictions/purchase#[1-100000]" \
            >"$home/asked.prediction$caller" 2>>"$home/traffic.log" &
        callers+=($!)
        "${ask[@]}" "$url/api/v1/recommendations/sessions/$(jq -r .user_session <<<"$visitor")#[1-100000]" \
            >"$home/asked.recommendation$caller" 2>>"$home/traffic.log" &
        callers+=($!)
    done
    send_traffic "$1" &
    sender=$!
}

send_traffic() {
    : >"$home/accepted"
    : >"$home/refused"
    until [[ -e $home/traffic_ends ]]; do
        if send_events "$1" 1 2>>"$home/traffic.log"; then echo 1 >>"$home/accepted"; else echo 1 >>"$home/refused"; fi
    done
}

traffic_end() {
    (( ${#callers[@]} > 0 )) || return 0
    touch "$home/traffic_ends"
    kill "${callers[@]}" 2>/dev/null || true
    wait "${callers[@]}" "$sender" 2>/dev/null || true
    callers=()
}

# What came of it: answers, those that were none, and the slowest.
traffic_figure() {
    awk '{ all++; if ($1 !~ /^2/) { bad++; codes[$1]++ } if ($2 > slow) slow = $2 }
        END { printf "%d answers, %d failed", all, bad; for (code in codes) printf " (%d times %s)", codes[code], code; printf ", the slowest took %.2f s", slow }' "$home"/asked.*
}

traffic_failed() { awk '$1 !~ /^2/ { bad++ } END { print bad + 0 }' "$home"/asked.*; }
traffic_answers() { cat "$home"/asked.* | wc -l; }
