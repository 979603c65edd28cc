create table serving.recommendation (
    served_at timestamptz not null,
    recommendation_id uuid not null,
    kind text not null,
    model text not null,
    model_version integer,
    rules_version integer not null,
    products text[] not null,
    sources text[] not null,
    primary key (recommendation_id, served_at)
) partition by range (served_at);
comment on table serving.recommendation is 'Recommendations that were given, for the feedback that names them. A partition a day (UTC).';
comment on column serving.recommendation.served_at is 'When it was given, UTC: the time in its id.';
comment on column serving.recommendation.recommendation_id is 'Names the answer: a UUID of version 7.';
comment on column serving.recommendation.kind is 'The call that was answered: session, told_session, user, similar or trending.';
comment on column serving.recommendation.model is 'The recommender that was asked; trending where it had no part in the answer.';
comment on column serving.recommendation.model_version is 'Its version; null where it had no part in the answer.';
comment on column serving.recommendation.rules_version is 'The version of the rules that were followed.';
comment on column serving.recommendation.products is 'The products, the best first.';
comment on column serving.recommendation.sources is 'What named each of them.';

create table serving.feedback (
    seq bigint generated always as identity primary key,
    recommendation_id uuid not null,
    product_id text not null,
    type text not null,
    price numeric,
    served_at timestamptz,
    received_at timestamptz not null,
    is_repeat boolean not null
);
create index feedback_first on serving.feedback (recommendation_id, product_id, type) where not is_repeat;
comment on table serving.feedback is 'What shops said of recommended products, as it came.';
comment on column serving.feedback.seq is 'Ascends in the order of the commits.';
comment on column serving.feedback.recommendation_id is 'The answer that it names, whether or not there is one.';
comment on column serving.feedback.product_id is 'The product.';
comment on column serving.feedback.type is 'impression, click, cart or purchase.';
comment on column serving.feedback.price is 'What the product costs, as the shop said or as the events said last; null when nobody did.';
comment on column serving.feedback.served_at is 'The time in the answer''s id, UTC; null when it has none.';
comment on column serving.feedback.received_at is 'When it came, UTC.';
comment on column serving.feedback.is_repeat is 'Whether the same was said of the same product and answer before.';

create table serving.feedback_told (
    one boolean primary key default true check (one),
    seq bigint not null
);
insert into serving.feedback_told (seq) values (0);
comment on table serving.feedback_told is 'A row: feedback up to this number has come through serving.feedback to every sink.';
