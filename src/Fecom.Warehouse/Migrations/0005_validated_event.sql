-- The read side that bronze publishes. An event that came live was known when it was received. What was loaded from a file is
-- history, which counts as known when it happened.
create view bronze.validated_event as
select event_id, event_time, received_at,
    case when starts_with(source, 'file:') then event_time else received_at end as known_at,
    event_type, product_id, category_id, category_code, brand, price, user_id, user_session, source, position,
    source = 'file:sample.csv@8e7e245da946' as sample
from bronze.event;
comment on view bronze.validated_event is 'Published: every validated event once, for features, training, serving and analysis. known_at is received_at, and for what was loaded from a file event_time; sample marks the events of the sample that comes with Fecom.';
