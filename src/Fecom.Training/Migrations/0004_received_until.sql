-- Until when the events were received that a recommender learned from, in microseconds since 1970. Until now the number of the
-- last row was kept, in a table that is gone; what had been received when such a run began, it has learned.
insert into training.run_metric (run_id, name, value)
select r.id, 'received_until', floor(extract(epoch from r.started_at) * 1000000)
from training.run r
join training.run_metric m on m.run_id = r.id and m.name = 'last_row';
