namespace Fecom.Contracts;

/// <summary>Names of the Kafka topics, and how many partitions each event topic has.</summary>
public static class Topics
{
    /// <summary>Events as they came, from files, the HTTP API and producers of the shop. Keyed by user id.</summary>
    public const string RawUserBehavior = "tracking.raw_user_behavior";

    /// <summary>
    /// Changes of the table of behaviour events in a shop's PostgreSQL, in Debezium's format: <c>before</c>, <c>after</c>,
    /// <c>source</c>, <c>op</c>, <c>ts_ms</c>. Keyed by user id; a Debezium connector, which may send them too, uses its own key.
    /// </summary>
    public const string PostgresEvents = "tracking_postgres_cdc.public.events";

    /// <summary>Events that passed validation, as <see cref="BehaviorEvent"/> in JSON. Keyed by user id.</summary>
    public const string ValidatedUserBehavior = "tracking.user_behavior.validated";

    /// <summary>
    /// The validated events once more in short, many a message, as <see cref="VisitBlock"/>: for what every host keeps of all of them in
    /// memory (what is trending, the products, the sessions of now).
    /// </summary>
    public const string Visits = "tracking.visits";

    /// <summary>Events that failed validation, as <see cref="InvalidEvent"/> in JSON with the original bytes.</summary>
    public const string InvalidUserBehavior = "tracking.user_behavior.invalid";

    /// <summary>A load of a source that has reached every sink, as <see cref="LoadCompleted"/> in JSON.</summary>
    public const string LoadCompleted = "ingestion.load_completed";

    /// <summary>A model version that serves from now on, as <see cref="ModelPromoted"/> in JSON.</summary>
    public const string ModelPromoted = "training.model_promoted";

    /// <summary>What visitors did with recommended products, as <see cref="RecommendationFeedback"/> in JSON.</summary>
    public const string Feedback = "serving.feedback";

    /// <summary>Partitions of a topic that carries behaviour events.</summary>
    public const int EventPartitions = 12;

    /// <summary>Partitions of a topic that carries a table's changes; few, because eight tables share an embedded cluster's memory.</summary>
    public const int TableChangePartitions = 3;

    /// <summary>Changes of a Fecom table's rows, as <see cref="RowChange"/> in JSON. Keyed by the table's key.</summary>
    /// <param name="table">A <see cref="FecomTable.Name"/>.</param>
    public static string TableChanges(string table) => "fecom.cdc." + table;

    /// <summary>The topic for messages of <paramref name="topic"/> that a consumer could not process after its retries.</summary>
    public static string DeadLetter(string topic) => topic + ".dead_letter";
}
