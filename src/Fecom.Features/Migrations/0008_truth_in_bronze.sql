-- Every event is in bronze once, with all that a row had here: who learns from events reads bronze.validated_event.
drop view features.session_event;
drop table features.session_row;
-- An event's place by event time is worked out where events are read in that order.
alter table features.session_state drop column recent_times;
