alter table gold.fact_feedback
    add column experiment text,
    add column variant text;
comment on column gold.fact_feedback.experiment is 'The experiment that the answer was part of; null when of none.';
comment on column gold.fact_feedback.variant is 'Its variant.';
