using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Fecom.Validation.IndexLetters;

/// <summary>A letter as two lines of a bulk request.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Index">The index that it goes to.</param>
/// <param name="Lines">The action and the document, each with its line feed.</param>
internal sealed record IndexedLetter(long Id, string Index, byte[] Lines)
{
    /// <summary>Name of the index of a letter's day.</summary>
    public static string DayOf(LetterToIndex letter, string index) => $"{index}-{letter.RejectedAt.ToString("yyyy.MM.dd", CultureInfo.InvariantCulture)}";

    /// <summary>The document's id is the event's, which is the same whenever it is sent: a repeat changes nothing.</summary>
    public static IndexedLetter Of(LetterToIndex letter, string index)
    {
        ArrayBufferWriter<byte> lines = new(letter.Original.Length + 1_024);
        using Utf8JsonWriter json = new(lines);
        json.WriteStartObject();
        json.WriteStartObject("index");
        json.WriteString("_index", index);
        json.WriteString("_id", letter.EventId);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        lines.Write("\n"u8);
        json.Reset();
        WriteDocument(json, letter);
        json.Flush();
        lines.Write("\n"u8);
        return new IndexedLetter(letter.Id, index, lines.WrittenSpan.ToArray());
    }

    private static void WriteDocument(Utf8JsonWriter json, LetterToIndex letter)
    {
        json.WriteStartObject();
        json.WriteString("@timestamp", letter.RejectedAt);
        json.WriteNumber("letter_id", letter.Id);
        json.WriteString("event_id", letter.EventId);
        json.WriteString("source", letter.Source);
        json.WriteNumber("position", letter.Position);
        json.WriteString("received_at", letter.ReceivedAt);
        json.WriteString("rejected_at", letter.RejectedAt);
        json.WriteStartArray("rules");
        foreach (string rule in letter.Rules)
        {
            json.WriteStringValue(rule);
        }

        json.WriteEndArray();
        json.WritePropertyName("errors");
        json.WriteRawValue(letter.Errors);
        json.WriteNumber("original_size", letter.Original.Length);
        if (Utf8.IsValid(letter.Original))
        {
            json.WriteString("original", Encoding.UTF8.GetString(letter.Original));
        }
        else
        {
            json.WriteBase64String("original_base64", letter.Original);
        }

        json.WriteEndObject();
    }
}

/// <summary>What the index is told of a letter.</summary>
/// <param name="Id">Its number.</param>
/// <param name="EventId">What names it wherever it is sent again.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Position">Place in the source.</param>
/// <param name="ReceivedAt">When Fecom first took it in, UTC.</param>
/// <param name="RejectedAt">When validation refused it, UTC.</param>
/// <param name="Rules">The checks that failed.</param>
/// <param name="Errors">Every error, a JSON array.</param>
/// <param name="Original">The event as it came.</param>
internal sealed record LetterToIndex(
    long Id,
    Guid EventId,
    string Source,
    long Position,
    DateTime ReceivedAt,
    DateTime RejectedAt,
    string[] Rules,
    string Errors,
    byte[] Original
);
