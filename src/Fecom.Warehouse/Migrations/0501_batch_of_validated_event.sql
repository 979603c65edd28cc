-- By its batch a reader of the published view finds what has come since it last looked.
create or replace view bronze.validated_event as
select event_id, event_time, received_at,
    case when starts_with(source, 'file:') then event_time else received_at end as known_at,
    event_type, product_id, category_id, category_code, brand, price, user_id, user_session, source, position,
    source = 'file:sample.csv@8e7e245da946' as sample, batch
from bronze.event;
comment on view bronze.validated_event is 'Published: every validated event once, for features, training, serving and analysis. known_at is received_at, and for what was loaded from a file event_time; sample marks the events of the sample that comes with Fecom; batch is the number of the transaction that wrote the event: while a share lock on the view keeps writers out, what comes later has higher ones.';
