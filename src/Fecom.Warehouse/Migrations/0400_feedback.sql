create table gold.fact_feedback (
    feedback_id uuid primary key,
    received_at timestamptz not null,
    date date not null,
    recommendation_id uuid not null,
    product_id text not null,
    type text not null,
    outcome text not null,
    served_at timestamptz,
    kind text,
    model text,
    model_version integer,
    rules_version integer,
    source text,
    position integer,
    price numeric
);
create index fact_feedback_time on gold.fact_feedback using brin (received_at) with (autosummarize = on);
comment on table gold.fact_feedback is 'What visitors did with recommended products, as the shop said, also what does not count.';
comment on column gold.fact_feedback.feedback_id is 'Names the piece of feedback; unique.';
comment on column gold.fact_feedback.received_at is 'When the shop said so, UTC.';
comment on column gold.fact_feedback.date is 'Its day (UTC); see dim_date.';
comment on column gold.fact_feedback.recommendation_id is 'The answer that the shop named.';
comment on column gold.fact_feedback.product_id is 'The product; see dim_product.';
comment on column gold.fact_feedback.type is 'impression, click, cart or purchase.';
comment on column gold.fact_feedback.outcome is 'counted; or why not: repeated, unknown (no such answer), not_shown (the answer did not have the product), late (after the attribution window).';
comment on column gold.fact_feedback.served_at is 'When the answer was given, UTC; null when its id names no time.';
comment on column gold.fact_feedback.kind is 'The call that was answered: session, told_session, user, similar or trending; null when the answer is not known.';
comment on column gold.fact_feedback.model is 'The recommender that was asked; null when the answer is not known.';
comment on column gold.fact_feedback.model_version is 'Its version; null where none had a part in the answer.';
comment on column gold.fact_feedback.rules_version is 'The version of the rules that were followed; null when the answer is not known.';
comment on column gold.fact_feedback.source is 'What named the product, such as next_item; null when the answer did not have it.';
comment on column gold.fact_feedback.position is 'Its place in the answer, from 1; null when the answer did not have it.';
comment on column gold.fact_feedback.price is 'What it costs, in the shop''s currency; null when nobody said.';

create table gold.agg_recommendation_hourly (
    hour timestamptz not null,
    kind text not null,
    model text not null,
    model_version integer not null,
    source text not null,
    position integer not null,
    impressions bigint not null,
    clicks bigint not null,
    carts bigint not null,
    purchases bigint not null,
    revenue numeric not null,
    primary key (hour, kind, model, model_version, source, position)
);
comment on table gold.agg_recommendation_hourly is 'What recommendations earned, by the hour (UTC) in which they were given. Feedback that does not count is not in it.';
comment on column gold.agg_recommendation_hourly.hour is 'Begin of the hour in which the recommendation was given, UTC.';
comment on column gold.agg_recommendation_hourly.kind is 'The call that was answered: session, told_session, user, similar or trending.';
comment on column gold.agg_recommendation_hourly.model is 'The recommender that was asked.';
comment on column gold.agg_recommendation_hourly.model_version is 'Its version; 0 where none had a part in the answer.';
comment on column gold.agg_recommendation_hourly.source is 'What named the product, such as next_item.';
comment on column gold.agg_recommendation_hourly.position is 'The product''s place in the answer, from 1.';
comment on column gold.agg_recommendation_hourly.impressions is 'Times that it was shown.';
comment on column gold.agg_recommendation_hourly.clicks is 'Times that it was clicked on.';
comment on column gold.agg_recommendation_hourly.carts is 'Times that it was put into the cart.';
comment on column gold.agg_recommendation_hourly.purchases is 'Times that it was bought.';
comment on column gold.agg_recommendation_hourly.revenue is 'Sum of the prices of what was bought, in the shop''s currency; where nobody said a price, without it.';

create table gold.agg_feedback_hourly (
    hour timestamptz not null,
    type text not null,
    outcome text not null,
    feedback bigint not null,
    primary key (hour, type, outcome)
);
comment on table gold.agg_feedback_hourly is 'How much of the feedback counts, by the hour (UTC) in which the shop sent it.';
comment on column gold.agg_feedback_hourly.hour is 'Begin of the hour in which it came, UTC.';
comment on column gold.agg_feedback_hourly.type is 'impression, click, cart or purchase.';
comment on column gold.agg_feedback_hourly.outcome is 'counted, repeated, unknown, not_shown or late; see fact_feedback.';
comment on column gold.agg_feedback_hourly.feedback is 'How many there were.';
