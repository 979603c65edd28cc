-- What the slot's changes come from: the table, the publication, and the table's place in it, by their oids. When one is
-- another, changes are missing. Null until it is looked at.
alter table ingestion.capture add column published text;
