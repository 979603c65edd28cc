create table platform.offset_move (
    id bigint generated always as identity primary key,
    endpoint text not null,
    partition integer not null,
    cluster text not null,
    to_offset bigint not null,
    requested_at timestamptz not null,
    applied_at timestamptz,
    from_offset bigint
);
create index offset_move_endpoint on platform.offset_move (endpoint, cluster, partition);
create index offset_move_waiting on platform.offset_move (id) where applied_at is null;
comment on table platform.offset_move is 'Offsets that a person asked to move: made by the host that reads the partition. A sink looks for the rows that it has while it reads what lies before from_offset again.';
