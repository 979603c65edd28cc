-- Loads of files that were removed or overwritten long ago are forgotten. The sinks know their sources for good, so a source's
-- name must never come again for another file: generations that begin later are above those that were forgotten.
create table ingestion.forgotten_generation (
    only_row boolean primary key default true check (only_row),
    generation integer not null
);
insert into ingestion.forgotten_generation (generation) values (0);
comment on table ingestion.forgotten_generation is 'The highest generation of ingestion.file_load that was forgotten.';
