using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>An invalid event as two lines of a bulk request.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Index">The index that it goes to.</param>
/// <param name="Lines">The action and the document, each with its line feed.</param>
internal sealed record IndexedInvalidEvent(long Id, string Index, byte[] Lines)
{
    /// <summary>Name of the index of an invalid event's day.</summary>
    public static string DayOf(InvalidEventToIndex invalidEvent, string index) =>
        $"{index}-{invalidEvent.RejectedAt.ToString("yyyy.MM.dd", CultureInfo.InvariantCulture)}";

    /// <summary>The document's id is the event's, which is the same whenever it is sent: a repeat changes nothing.</summary>
    public static IndexedInvalidEvent Of(InvalidEventToIndex invalidEvent, string index)
    {
        ArrayBufferWriter<byte> lines = new(invalidEvent.Original.Length + 1_024);
        using Utf8JsonWriter json = new(lines);
        json.WriteStartObject();
        json.WriteStartObject("index");
        json.WriteString("_index", index);
        json.WriteString("_id", invalidEvent.EventId);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        lines.Write("\n"u8);
        json.Reset();
        WriteDocument(json, invalidEvent);
        json.Flush();
        lines.Write("\n"u8);
        return new IndexedInvalidEvent(invalidEvent.Id, index, lines.WrittenSpan.ToArray());
    }

    private static void WriteDocument(Utf8JsonWriter json, InvalidEventToIndex invalidEvent)
    {
        json.WriteStartObject();
        json.WriteString("@timestamp", invalidEvent.RejectedAt);
        json.WriteNumber("invalid_event_id", invalidEvent.Id);
        json.WriteString("event_id", invalidEvent.EventId);
        json.WriteString("source", invalidEvent.Source);
        json.WriteNumber("position", invalidEvent.Position);
        json.WriteString("received_at", invalidEvent.ReceivedAt);
        json.WriteString("rejected_at", invalidEvent.RejectedAt);
        json.WriteStartArray("rules");
        foreach (string rule in invalidEvent.Rules)
        {
            json.WriteStringValue(rule);
        }

        json.WriteEndArray();
        json.WritePropertyName("errors");
        json.WriteRawValue(invalidEvent.Errors);
        json.WriteNumber("original_size", invalidEvent.Original.Length);
        if (Utf8.IsValid(invalidEvent.Original))
        {
            json.WriteString("original", Encoding.UTF8.GetString(invalidEvent.Original));
        }
        else
        {
            json.WriteBase64String("original_base64", invalidEvent.Original);
        }

        json.WriteEndObject();
    }
}

/// <summary>The data of an invalid event that go to the index.</summary>
internal sealed record InvalidEventToIndex
{
    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>Identifies the event, the same each time it is sent.</summary>
    public required Guid EventId { get; init; }

    /// <summary>Where it came from.</summary>
    public required string Source { get; init; }

    /// <summary>Place in the source.</summary>
    public required long Position { get; init; }

    /// <summary>When Fecom first received it, UTC.</summary>
    public required DateTime ReceivedAt { get; init; }

    /// <summary>When validation refused it, UTC.</summary>
    public required DateTime RejectedAt { get; init; }

    /// <summary>The checks that failed.</summary>
    public required string[] Rules { get; init; }

    /// <summary>Every error, a JSON array.</summary>
    public required string Errors { get; init; }

    /// <summary>The event as it came.</summary>
    public required byte[] Original { get; init; }
}
