using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on invalid events and dead letters answer.</summary>
internal static class RefusedAnswers
{
    internal sealed record EventList(IReadOnlyList<Summary> InvalidEvents, string? Next);

    internal sealed record Summary(
        long Id,
        string Source,
        long Position,
        DateTime RejectedAt,
        string State,
        IReadOnlyList<Fault> Errors,
        string Excerpt
    );

    internal sealed record Fault(string Field, string Rule, string Message);

    internal sealed record Detail(
        long Id,
        string Source,
        long Position,
        DateTime ReceivedAt,
        DateTime RejectedAt,
        string State,
        IReadOnlyList<Fault> Errors,
        Content Original,
        Content? Mended,
        DateTime? ResentAt,
        long? ReturnedAs,
        long? ResendOf,
        JsonElement? Cut
    );

    internal sealed record Content(int Size, string? Text, string? Base64);

    internal sealed record Counts(long Total, [property: JsonPropertyName("counts")] IReadOnlyList<Count> Items);

    internal sealed record Count(string Key, long Events);

    internal sealed record Resent(int Resending, bool More);

    internal sealed record LetterList(IReadOnlyList<Letter> DeadLetters, string? Next);

    internal sealed record Letter(
        long Id,
        string Endpoint,
        string Topic,
        int Partition,
        long Offset,
        string Reason,
        byte[] Original,
        DateTime FailedAt,
        string State,
        JsonElement? Cut
    );

    internal sealed record ResentLetters(int Resending);
}
