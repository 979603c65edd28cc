-- What is sent again is resent; to replay is to send a file's past events.
alter table validation.invalid_event rename column replay_of to resend_of;
alter table validation.invalid_event rename column replay_number to resend_number;
alter table validation.invalid_event rename column replay_asked_at to resend_asked_at;
alter table validation.invalid_event rename column replayed_at to resent_at;
alter index validation.invalid_event_replay_number rename to invalid_event_resend_number;
alter index validation.invalid_event_to_replay rename to invalid_event_to_resend;
alter sequence validation.replay_number rename to resend_number;
alter table validation.invalid_count rename column letters to events;
