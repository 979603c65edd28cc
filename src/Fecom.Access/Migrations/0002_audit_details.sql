-- A call's path does not say everything: what its body names, and where its answer says the result stands.
alter table access.audit add column details jsonb;
alter table access.audit add column location text;
comment on column access.audit.details is 'What the call''s body named, by field: ids, names, versions, reasons. Never all of a body: what is secret, or is about a visitor, stays out.';
comment on column access.audit.location is 'Address of what the call made or started, where its answer named one.';
