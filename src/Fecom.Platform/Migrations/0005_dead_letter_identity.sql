-- A letter is named by the place where its message stood: given up twice, it is one letter.
alter table platform.dead_letter
    add column cluster text,
    add column whole_length integer,
    add column whole_sha256 text;
-- Letters from before do not say which log they stood in; each stays a letter of its own.
update platform.dead_letter set cluster = 'before-' || id;
alter table platform.dead_letter alter column cluster set not null;
do $$
begin
    execute (
        select format('alter table platform.dead_letter drop constraint %I', conname)
        from pg_constraint where conrelid = 'platform.dead_letter'::regclass and contype = 'u');
end $$;
alter table platform.dead_letter add unique (cluster, endpoint, topic, partition, message_offset);
create index dead_letter_open on platform.dead_letter (endpoint) where replayed_at is null;
comment on column platform.dead_letter.cluster is 'Names the log that the offset belongs to.';
comment on column platform.dead_letter.whole_length is 'Bytes that the message had, when more than are kept; null when original is the whole message.';
comment on column platform.dead_letter.whole_sha256 is 'SHA-256 of the whole message, lower-case hexadecimal; null when original is the whole message.';
