-- What variants earned is counted from the facts: few answers are part of an experiment, and a host of the version before adds up
-- the hourly figures by their present key.
create index fact_feedback_of_experiments on gold.fact_feedback (served_at) where experiment is not null and outcome = 'counted';
