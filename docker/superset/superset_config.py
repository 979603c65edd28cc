"""Superset in docker-compose.yml: its own state in SQLite, its key from the service `secrets`."""

from pathlib import Path

SECRET_KEY = Path("/run/fecom/superset_secret").read_text(encoding="ascii").strip()
SQLALCHEMY_DATABASE_URI = "sqlite:////app/superset_home/superset.db"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = True
