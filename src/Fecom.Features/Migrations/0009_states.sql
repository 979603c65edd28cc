-- One table a view, all alike: the newest state of each entity, packed as the online store has it. What was here before is
-- built anew from bronze, which has every event.
create table features.rebuild (asked_at timestamptz not null);
comment on table features.rebuild is 'Has a row while the states are to be built from bronze before the stream goes on.';
insert into features.rebuild select now() where exists (select from features.session_state);

drop table features.session_state;
drop table features.product_state;
drop table features.category_state;

create table features.state_session (
    entity text collate "C" primary key,
    revision bigint not null,
    updated_at timestamptz not null,
    state bytea not null
) with (fillfactor = 70);
-- Packed already: another compression would cost time and save nothing.
alter table features.state_session alter column state set storage external;
create table features.state_user (like features.state_session including all) with (fillfactor = 70);
create table features.state_product (like features.state_session including all) with (fillfactor = 70);
create table features.state_category (like features.state_session including all) with (fillfactor = 70);
create table features.state_brand (like features.state_session including all) with (fillfactor = 70);
create table features.state_shop (like features.state_session including all) with (fillfactor = 70);
comment on table features.state_session is 'Newest state of each session: what the online store shows, and what it is rebuilt from. The other views'' tables are alike.';

create table features.tick (
    partition integer not null,
    version bigint not null,
    changed text not null,
    primary key (partition, version)
);
comment on table features.tick is 'Which entities each of a partition''s newest versions changed, a line each: the view''s letter and the entity.';
