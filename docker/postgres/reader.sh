#!/bin/sh
# Run once, when PostgreSQL's volume is made: the account of the dashboards, which reads gold and nothing else.
set -eu
psql -v ON_ERROR_STOP=1 -v reader="$(cat /run/fecom/reader_password)" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
create schema if not exists gold;
create role fecom_reader login password :'reader';
alter role fecom_reader set default_transaction_read_only = on;
alter role fecom_reader set statement_timeout = '30s';
grant usage on schema gold to fecom_reader;
alter default privileges in schema gold grant select on tables to fecom_reader;
SQL
