namespace Fecom.Contracts;

/// <summary>Names of the Kafka topics, and how many partitions each event topic has.</summary>
public static class Topics
{
    /// <summary>Events as they came, from files, the HTTP API and producers of the shop. Keyed by user id.</summary>
    public const string RawUserBehavior = "tracking.raw_user_behavior";

    /// <summary>Events that passed validation, as <see cref="BehaviorEvent"/> in JSON. Keyed by user id.</summary>
    public const string ValidatedUserBehavior = "tracking.user_behavior.validated";

    /// <summary>Events that failed validation, as <see cref="InvalidEvent"/> in JSON with the original bytes.</summary>
    public const string InvalidUserBehavior = "tracking.user_behavior.invalid";

    /// <summary>A load of a source that every sink has taken in, as <see cref="LoadCompleted"/> in JSON.</summary>
    public const string LoadCompleted = "ingestion.load_completed";

    /// <summary>A model version that serves from now on, as <see cref="ModelPromoted"/> in JSON.</summary>
    public const string ModelPromoted = "training.model_promoted";

    /// <summary>Partitions of a topic that carries behaviour events.</summary>
    public const int EventPartitions = 12;

    /// <summary>The topic for messages of <paramref name="topic"/> that a consumer could not process after its retries.</summary>
    public static string DeadLetter(string topic) => topic + ".dead_letter";
}
