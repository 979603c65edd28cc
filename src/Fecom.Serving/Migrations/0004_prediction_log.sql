create table serving.prediction_log (
    predicted_at timestamptz not null,
    at timestamptz not null,
    model text not null,
    version integer not null,
    user_id text,
    user_session text not null,
    product_id text not null,
    probability real not null,
    is_valid boolean not null,
    layout text not null,
    category_code_level1 text,
    category_code_level2 text,
    event_weekday integer not null,
    activity_count integer not null,
    price numeric not null,
    brand text,
    more real[] not null
) partition by range (predicted_at);
comment on table serving.prediction_log is 'A sample of the purchase predictions that were answered, each with the features that it was made from. One partition a day (UTC) of predicted_at, kept for Serving:PredictionLog:KeepDays.';
comment on column serving.prediction_log.predicted_at is 'When it was asked for, UTC.';
comment on column serving.prediction_log.at is 'The moment that the features speak of: that of asking, or the last event of a visit that was over.';
comment on column serving.prediction_log.user_id is 'The visitor; null where neither the call nor the session named one.';
comment on column serving.prediction_log.is_valid is 'Whether the model has learnt to speak of such a product: for most models one in the cart.';
comment on column serving.prediction_log.layout is 'A hash of the names of all features in their order: what another release logged under another layout is not compared.';
comment on column serving.prediction_log.more is 'The features after the original six, in their order; NaN where missing.';

create view serving.logged_prediction as
select predicted_at, at, model, version, user_id, user_session, product_id, probability, is_valid, layout, category_code_level1,
    category_code_level2, event_weekday, activity_count, price, brand, more
from serving.prediction_log;
comment on view serving.logged_prediction is 'Published: sampled predictions with their features, for what watches over models.';

create table serving.forgotten (
    key uuid primary key,
    until timestamptz not null
);
comment on table serving.forgotten is 'Deleted users and their sessions, by a hash: a prediction of theirs that waits in memory is not logged. Kept as long as the log.';
