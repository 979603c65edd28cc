-- A row knows the rest of its category path, and whether it is the sample's: training leaves the sample out once the shop has
-- events of its own. Rows from before have neither.
alter table features.session_row add column category_code_rest text;
alter table features.session_row add column sample boolean not null default false;
comment on column features.session_row.category_code_rest is 'What follows the second segment of the category path; null for paths of two segments and less.';
comment on column features.session_row.sample is 'Whether the event is of the sample that comes with Fecom.';

create or replace view features.session_event as
select event_id, event_time, received_at, ingested, event_type, user_id, user_session, product_id, category_id,
    category_code_level1, category_code_level2, event_weekday, activity_count, price, brand, category_code_rest, sample
from features.session_row;
