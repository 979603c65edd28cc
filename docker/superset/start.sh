#!/bin/sh
# Superset with its connection to gold and a dashboard. Each step may be done again.
set -eu
export PYTHONPATH=/app/superset_home/packages
[ -d /app/superset_home/packages/psycopg2 ] || uv pip install --target /app/superset_home/packages psycopg2-binary==2.9.10

superset db upgrade
superset fab create-admin --username "$SUPERSET_ADMIN" --firstname Fecom --lastname Admin --email admin@localhost \
    --password "$(cat /run/fecom/superset_password)" || true
superset init
superset set-database-uri --database_name Gold \
    --uri "postgresql+psycopg2://fecom_reader:$(cat /run/fecom/reader_password)@postgres:5432/fecom"

# An import wants a ZIP with one folder at its top.
python - <<'PYTHON'
import zipfile
from pathlib import Path

root = Path("/fecom/dashboard")
with zipfile.ZipFile("/tmp/dashboard.zip", "w") as archive:
    for file in sorted(root.rglob("*.yaml")):
        archive.write(file, f"dashboard/{file.relative_to(root)}")
PYTHON
superset import-dashboards --path /tmp/dashboard.zip --username "$SUPERSET_ADMIN"
exec gunicorn --bind 0.0.0.0:8088 --workers 2 --threads 8 --timeout 120 "superset.app:create_app()"
