-- What is sent again is resent; to replay is to send a file's past events.
alter table platform.dead_letter rename column replay_asked_at to resend_asked_at;
alter table platform.dead_letter rename column replay_number to resend_number;
alter table platform.dead_letter rename column replayed_at to resent_at;
alter sequence platform.replay_number rename to resend_number;
comment on column platform.dead_letter.resend_number is 'Place among the dead letters that were sent again: given when it is sent, so that the numbers ascend in the topic that takes them back.';
