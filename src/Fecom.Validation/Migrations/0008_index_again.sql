-- Refused by the search index, and asked for once more.
alter table validation.invalid_event add column index_asked boolean not null default false;
create index invalid_event_index_error on validation.invalid_event (id) where index_error is not null;
create index invalid_event_index_asked on validation.invalid_event (id) where index_asked;
