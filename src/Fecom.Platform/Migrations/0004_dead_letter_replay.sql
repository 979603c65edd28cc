alter table platform.dead_letter
    add column replay_asked_at timestamptz,
    add column replay_number bigint,
    add column replayed_at timestamptz;
create sequence platform.replay_number;
create index dead_letter_waiting on platform.dead_letter (replay_number) where replay_asked_at is not null and replayed_at is null;
create index dead_letter_endpoint on platform.dead_letter (endpoint, id);
comment on column platform.dead_letter.replay_number is 'Place among the letters that were sent again: given when it is sent, so that the numbers ascend in the replay topic.';
