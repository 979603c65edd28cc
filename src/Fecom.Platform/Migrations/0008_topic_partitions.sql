-- Over how many partitions of a topic this installation's hosts spread their messages: as many as it had when they first met it.
create table platform.topic_partitions (
    cluster text not null,
    topic text not null,
    partitions int not null,
    primary key (cluster, topic)
);
