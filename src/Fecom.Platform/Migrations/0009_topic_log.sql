-- Logs of topics on real clusters: one that was made again, or lost what it held, is another generation of its topic.
create table platform.topic_log (
    cluster text not null,
    topic text not null,
    -- Kafka's id of the topic; empty when it does not tell.
    topic_id text not null,
    generation int not null,
    primary key (cluster, topic)
);
