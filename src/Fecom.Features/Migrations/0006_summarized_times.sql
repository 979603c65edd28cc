-- Late events look up the rows that follow them by event time. Blocks that the index has no summary of are read whole each time,
-- and until now they got one only when the table was vacuumed: after a fifth more rows.
alter index features.session_row_event_time set (autosummarize = on);
