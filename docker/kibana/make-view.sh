#!/bin/sh
# The data view of the invalid events in Kibana; done again it changes nothing.
set -eu
until curl -fs http://kibana:5601/api/status >/dev/null; do sleep 5; done
curl -fsS -X POST http://kibana:5601/api/data_views/data_view -H 'kbn-xsrf: fecom' -H 'Content-Type: application/json' --data '{
  "override": true,
  "data_view": { "id": "fecom-invalid-events", "title": "fecom-invalid-events-*", "name": "Invalid events", "timeFieldName": "rejected_at" }
}'
