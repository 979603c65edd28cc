namespace Fecom.Contracts;

/// <summary>One reason why an event was refused.</summary>
/// <param name="Field">The field's wire name, or <c>$</c> for the event as a whole.</param>
/// <param name="Rule">The check that failed, such as <c>price_positive</c>.</param>
/// <param name="Message">What is wrong and what would be right, for a person.</param>
public sealed record EventError(string Field, string Rule, string Message);

/// <summary>An event that validation refused: every error, the original bytes, and where it came from.</summary>
public sealed record InvalidEvent
{
    /// <summary>Identifies the event, the same each time it is sent.</summary>
    public required Guid EventId { get; init; }

    /// <summary>Where it came from, as <see cref="BehaviorEvent.Source"/>.</summary>
    public required string Source { get; init; }

    /// <summary>Place in the source: the line of a file, an outbox sequence or a Kafka offset.</summary>
    public required long Position { get; init; }

    /// <summary>When Fecom first received it, UTC.</summary>
    public required DateTime ReceivedAt { get; init; }

    /// <summary>When validation refused it, UTC.</summary>
    public required DateTime RejectedAt { get; init; }

    /// <summary>Every check that failed; never empty.</summary>
    public required IReadOnlyList<EventError> Errors { get; init; }

    /// <summary>The event as it came, byte for byte (base64 in JSON); only the first bytes of one above <see cref="CutOriginal.MaxEventBytes"/>.</summary>
    public required byte[] Original { get; init; }

    /// <summary>Length and hash of the whole event; null when <see cref="Original"/> is all of it.</summary>
    public CutOriginal? Cut { get; init; }

    /// <summary>For a change of a captured table: its message's key, which identifies the row (base64 in JSON). Null for any other event.</summary>
    public byte[]? Key { get; init; }
}

/// <summary>A source was loaded to its end and every sink has all of it.</summary>
public sealed record LoadCompleted
{
    /// <summary>The load's id.</summary>
    public required Guid LoadId { get; init; }

    /// <summary>The source, as <see cref="BehaviorEvent.Source"/>.</summary>
    public required string Source { get; init; }

    /// <summary>Rows sent, invalid ones included.</summary>
    public required long Rows { get; init; }

    /// <summary>When the last sink had the last row, UTC.</summary>
    public required DateTime CompletedAt { get; init; }
}

/// <summary>An alias of a registered model now points to another version.</summary>
public sealed record ModelPromoted
{
    /// <summary>The registered model, such as <c>purchase</c> or <c>recommender</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Version in the registry, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>The alias that moved, such as <c>champion</c>.</summary>
    public required string Alias { get; init; }

    /// <summary>Path of the artifact, relative to the artifact root.</summary>
    public required string ArtifactPath { get; init; }

    /// <summary>SHA-256 of the artifact, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>When the alias moved, UTC.</summary>
    public required DateTime PromotedAt { get; init; }

    /// <summary>
    /// Number of the promotion in the registry; ascends. A message may be late,
    /// repeated or out of order; one with a smaller number than another is out of date. 0 in messages from before promotions were numbered.
    /// </summary>
    public long Promotion { get; init; }

    /// <summary>Warnings about the version, a sentence each, which answers of the model repeat: trained on the sample, stale, worse than its baseline.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether the version is worse than it should be, as its notes say.</summary>
    public bool IsDegraded { get; init; }
}

/// <summary>A message that a consumer could not process after its retries, with what it needs to be sent again.</summary>
public sealed record DeadLetter
{
    /// <summary>Identifies the log that the offset belongs to; with endpoint, topic, partition and offset it identifies the letter.</summary>
    public required string Cluster { get; init; }

    /// <summary>The endpoint that gave up.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The topic it read from.</summary>
    public required string Topic { get; init; }

    /// <summary>The partition there.</summary>
    public required int Partition { get; init; }

    /// <summary>The offset there.</summary>
    public required long Offset { get; init; }

    /// <summary>What went wrong, in a line.</summary>
    public required string Reason { get; init; }

    /// <summary>The message's key (base64 in JSON).</summary>
    public required byte[] Key { get; init; }

    /// <summary>The message's value as it came (base64 in JSON); of one above <see cref="CutOriginal.MaxDeadLetterBytes"/> the first bytes.</summary>
    public required byte[] Original { get; init; }

    /// <summary>Length and hash of the whole message; null when <see cref="Key"/> and <see cref="Original"/> are all of it.</summary>
    public CutOriginal? Cut { get; init; }

    /// <summary>When the endpoint gave up, UTC.</summary>
    public required DateTime FailedAt { get; init; }
}
