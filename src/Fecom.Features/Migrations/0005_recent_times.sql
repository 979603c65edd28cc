-- A late event takes its place by event time: the state has the times of the session's last events, and rows that follow
-- such an event are counted up.
alter table features.session_state add column recent_times text;
comment on column features.session_state.recent_times is 'When the last events happened: microseconds since 1970, then the distances; null when only the newest is remembered.';
comment on table features.session_row is 'Offline store of view session: one row an event, with the features as they were after that event. Only activity_count changes later: it is the event''s place by event time, so it goes up when an event comes that happened before it.';
