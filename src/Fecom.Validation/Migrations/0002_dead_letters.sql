alter table validation.invalid_event
    -- The letter that this one is again, after it was sent once more.
    add column replay_of bigint,
    -- What is sent instead of the original; null when it goes as it came.
    add column mended bytea,
    -- Place among all letters that are sent again; ascends in the order of the commits.
    add column replay_number bigint,
    add column replay_asked_at timestamptz,
    -- When every sink had it.
    add column replayed_at timestamptz,
    -- The letter as which it came back, still invalid.
    add column returned_as bigint;
create unique index invalid_event_replay_number on validation.invalid_event (replay_number) where replay_number is not null;
create index invalid_event_to_replay on validation.invalid_event (replay_number) where replay_number is not null and replayed_at is null;
create index invalid_event_rules on validation.invalid_event using gin (rules);
comment on table validation.invalid_event is 'Every refused event once, with every error and its bytes. Ids ascend in the order of the commits.';

create sequence validation.replay_number;

-- Letters by hour (UTC) of their refusal and source: each once under the rule '', and once under each of its rules.
create table validation.invalid_count (
    hour timestamptz not null,
    source text not null,
    rule text not null,
    letters bigint not null,
    primary key (hour, source, rule)
);
insert into validation.invalid_count (hour, source, rule, letters)
select date_trunc('hour', rejected_at, 'UTC'), source, rule, count(distinct id)
from validation.invalid_event, unnest(array_append(rules, '')) as rule
group by 1, 2, 3;
