-- The secret of this installation by which its hosts know the origins that they have written into message headers.
create table platform.origin_key (
    only_row boolean primary key default true check (only_row),
    key bytea not null check (octet_length(key) = 16)
);
insert into platform.origin_key (key)
values (substring(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) from 1 for 16));
