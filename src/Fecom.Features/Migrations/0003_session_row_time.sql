create index session_row_event_time on features.session_row using brin (event_time);
