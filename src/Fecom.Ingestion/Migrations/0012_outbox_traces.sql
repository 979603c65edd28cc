-- A host of the version before neither writes nor reads it.
alter table ingestion.outbox add column traceparents text[];
comment on column ingestion.outbox.traceparents is
    'W3C trace contexts of the calls whose events the chunk has, each once, up to a limit; null when none of them was traced.';
