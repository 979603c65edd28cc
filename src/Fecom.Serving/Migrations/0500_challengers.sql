create table serving.known_version (
    model text not null,
    version integer not null,
    artifact_path text not null,
    sha256 text not null,
    known_at timestamptz not null,
    primary key (model, version)
);
comment on table serving.known_version is 'Versions that an alias of the registry has stood for, with their artifacts: those that can answer beside the champion.';
comment on column serving.known_version.known_at is 'When the first announcement came, UTC.';

create table serving.model_alias (
    model text not null,
    alias text not null,
    version integer not null,
    promotion bigint not null,
    primary key (model, alias)
);
comment on table serving.model_alias is 'What the aliases of the registry stand for, as they were announced last.';
comment on column serving.model_alias.promotion is 'The move''s number in the registry; one with a smaller number is out of date.';

create table serving.challenger_setting (
    model text not null,
    version integer not null,
    changed_at timestamptz not null,
    changed_by text not null,
    reason text not null,
    canary_share double precision not null,
    shadow_share double precision not null,
    primary key (model, version)
);
comment on table serving.challenger_setting is 'How much of the traffic the challenger of a model has, by versions; the highest holds. Rows are only added, so that this is also who changed what, when and why.';
comment on column serving.challenger_setting.version is 'Counts the settings of the model, from 1.';
comment on column serving.challenger_setting.canary_share is 'Share of the visitors whom the challenger answers, 0 to 1.';
comment on column serving.challenger_setting.shadow_share is 'Share of the answers that the challenger gives too, unseen, 0 to 1.';

alter table serving.prediction_log add column shown_probability real;
comment on column serving.prediction_log.shown_probability is 'Of a prediction that a challenger made unseen: what the champion answered. Null of a prediction that was shown.';
create or replace view serving.logged_prediction as
select predicted_at, at, model, version, user_id, user_session, product_id, probability, is_valid, layout, category_code_level1,
    category_code_level2, event_weekday, activity_count, price, brand, more, shown_probability
from serving.prediction_log;

create table serving.shadow_recommendation (
    served_at timestamptz not null,
    recommendation_id uuid not null,
    kind text not null,
    champion_version integer,
    challenger_version integer not null,
    products text[] not null,
    scores double precision[] not null,
    challenger_products text[] not null,
    challenger_scores double precision[] not null,
    primary key (recommendation_id, served_at)
) partition by range (served_at);
comment on table serving.shadow_recommendation is 'Recommendations that a challenger gave unseen, beside those that were shown. A partition a day (UTC), kept for Serving:Feedback:KeepDays; names no visitor.';
comment on column serving.shadow_recommendation.recommendation_id is 'The answer that was shown.';
comment on column serving.shadow_recommendation.kind is 'The call that was answered.';
comment on column serving.shadow_recommendation.champion_version is 'The version that was shown; null where none had a part.';
comment on column serving.shadow_recommendation.scores is 'The scores of the products that were shown, in their order; comparable within one list only.';
