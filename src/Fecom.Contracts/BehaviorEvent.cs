namespace Fecom.Contracts;

/// <summary>What a visitor did with a product.</summary>
public enum BehaviorEventType : byte
{
    /// <summary>Viewed the product's page.</summary>
    View,

    /// <summary>Put the product into the cart.</summary>
    Cart,

    /// <summary>Took the product out of the cart.</summary>
    RemoveFromCart,

    /// <summary>Bought the product.</summary>
    Purchase,
}

/// <summary>One validated behaviour event: what a visitor did with one product, when, and where the event came from.</summary>
/// <remarks>Ids are opaque text of 1 to 64 printable characters; an integer id is the text of its decimal digits.</remarks>
public sealed record BehaviorEvent : ISourcedMessage
{
    /// <summary>The source of the sample that comes with Fecom, <c>data/raw/sample.csv</c>: made up, of a shop that does not exist.</summary>
    public const string SampleSource = "file:sample.csv@8e7e245da946";

    /// <summary>128 bits that identify the event, the same each time it is sent: see <see cref="EventId"/>.</summary>
    public required Guid EventId { get; init; }

    /// <summary>When it happened, UTC, to the microsecond.</summary>
    public required DateTime EventTime { get; init; }

    /// <summary>What the visitor did.</summary>
    public required BehaviorEventType EventType { get; init; }

    /// <summary>The product, opaque.</summary>
    public required string ProductId { get; init; }

    /// <summary>The product's category, opaque; null when the shop did not say.</summary>
    public string? CategoryId { get; init; }

    /// <summary>Dotted category path such as <c>electronics.smartphone</c>; null when the shop did not say.</summary>
    public string? CategoryCode { get; init; }

    /// <summary>Brand name; null when the shop did not say.</summary>
    public string? Brand { get; init; }

    /// <summary>Unit price in the shop's currency, above zero.</summary>
    public required decimal Price { get; init; }

    /// <summary>The visitor, opaque.</summary>
    public required string UserId { get; init; }

    /// <summary>The visit, opaque.</summary>
    public required string UserSession { get; init; }

    /// <summary>Where it came from: <c>file:NAME@FINGERPRINT</c>, <c>api</c>, or <c>kafka:CLUSTER/TOPIC/PARTITION</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Place in the source: a line number, an outbox sequence or a Kafka offset. Ascends within a source and lane.</summary>
    public required long Position { get; init; }

    /// <summary>
    /// Partition of the raw topic that it came through; null in events of an earlier version. Raw partitions are read independently, so
    /// events of one source that came through two of them may arrive out of the order of their positions.
    /// </summary>
    public int? Lane { get; init; }

    /// <summary>When Fecom first received it, UTC.</summary>
    public required DateTime ReceivedAt { get; init; }

    /// <summary>When validation passed it, UTC.</summary>
    public required DateTime ValidatedAt { get; init; }

    /// <summary>Whether it was received much later than it happened: by more than <c>Validation:LateHours</c>.</summary>
    public bool Late { get; init; }
}
