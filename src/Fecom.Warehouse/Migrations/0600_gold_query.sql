-- The login with which people query gold. The role itself is the cluster's; the host makes it when the first query comes.
create schema if not exists gold_query;

create table gold_query.login (
    only_row boolean primary key default true check (only_row),
    password text not null default gen_random_uuid()::text || gen_random_uuid()::text
);
insert into gold_query.login default values;
comment on table gold_query.login is 'The login of the query box over gold: a role that reads the schema gold and nothing else.';
comment on column gold_query.login.password is 'Made here and known to the hosts alone, unless Warehouse:Query:Password says another.';
