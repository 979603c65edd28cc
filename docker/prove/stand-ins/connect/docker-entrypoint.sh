#!/usr/bin/env bash
# What the entry of Debezium's image does, as far as docker-compose.yml uses it: names without CONNECT_ are the image's own, what
# begins with it is a setting of Kafka Connect.
set -euo pipefail
file=/kafka/config/connect-distributed.properties
{
    echo "bootstrap.servers=$BOOTSTRAP_SERVERS"
    echo "group.id=$GROUP_ID"
    for kind in CONFIG OFFSET STATUS; do
        topic=${kind}_STORAGE_TOPIC
        echo "${kind,,}.storage.topic=${!topic}"
        echo "${kind,,}.storage.replication.factor=1"
    done
    echo 'key.converter=org.apache.kafka.connect.json.JsonConverter'
    echo 'value.converter=org.apache.kafka.connect.json.JsonConverter'
    echo 'listeners=http://0.0.0.0:8083'
    echo "rest.advertised.host.name=$(hostname -i | cut -d' ' -f1)"
    echo 'plugin.path=/kafka/connect'
    for name in ${!CONNECT_@}; do
        setting=${name#CONNECT_}
        setting=${setting,,}
        echo "${setting//_/.}=${!name}"
    done
} >"$file"
export KAFKA_HEAP_OPTS=${HEAP_OPTS:-}
exec /opt/kafka/bin/kafka-tool org.apache.kafka.connect.cli.ConnectDistributed "$file"
