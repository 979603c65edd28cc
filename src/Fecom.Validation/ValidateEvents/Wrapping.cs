using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fecom.Validation.ValidateEvents;

/// <summary>What an object holds beside an event's fields that may make it an envelope or a change: places of values in its JSON.</summary>
/// <remarks>
/// An envelope of Kafka Connect is <c>{"schema":…,"payload":…}</c>. A change of Debezium is
/// <c>{"before":…,"after":…,"source":…,"op":…}</c>; unwrapped by its ExtractNewRecordState it is the row, perhaps with
/// <c>__op</c> and <c>__deleted</c>. None of these names is a field of an event.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal struct Wrapping
{
    private JsonTokenType _payload;
    private JsonTokenType _schema;
    private JsonTokenType _after;
    private bool _isOfChange;
    private string? _op;
    private string? _rowOp;
    private string? _rowDeleted;

    /// <summary>Whether this is an envelope: what counts is in <see cref="Payload"/>.</summary>
    public readonly bool IsEnvelope => _schema != JsonTokenType.None && _payload is JsonTokenType.StartObject or JsonTokenType.Null;

    /// <summary>Whether the envelope holds nothing: what a connector sends after a row was removed.</summary>
    public readonly bool IsEmptyEnvelope => IsEnvelope && _payload == JsonTokenType.Null;

    public Range Payload { get; private set; }

    /// <summary>Null when the envelope has no schema to speak of.</summary>
    public readonly Range? Schema => _schema == JsonTokenType.StartObject ? SchemaPlace : null;

    /// <summary>Whether this is a change: what counts is in <see cref="After"/>.</summary>
    public readonly bool IsChange => _op is not null && _isOfChange;

    public readonly string? Op => _op;

    /// <summary>The row; null when the change has none.</summary>
    public readonly Range? After => _after == JsonTokenType.StartObject ? AfterPlace : null;

    /// <summary>Whether this is a change that was unwrapped.</summary>
    public readonly bool IsUnwrapped => _rowOp is not null || _rowDeleted is not null;

    /// <summary>Whether the unwrapped change is none that brings a new row.</summary>
    public readonly bool IsUnwrappedSkip => _rowDeleted == "true" || BringsNoRow(_rowOp);

    private Range SchemaPlace { get; set; }

    private Range AfterPlace { get; set; }

    /// <summary>Whether an operation changes or removes rows, or (<c>m</c>) has nothing to do with any.</summary>
    public static bool BringsNoRow(string? op) => op is "u" or "d" or "t" or "m";

    /// <summary>Takes the value of the property that the reader stands at, whatever it is called, and leaves the reader at its end.</summary>
    public void Take(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("payload"u8))
        {
            (_payload, Payload) = Place(ref reader);
        }
        else if (reader.ValueTextEquals("schema"u8))
        {
            (_schema, SchemaPlace) = Place(ref reader);
        }
        else if (reader.ValueTextEquals("after"u8))
        {
            (_after, AfterPlace) = Place(ref reader);
            _isOfChange = true;
        }
        else if (reader.ValueTextEquals("before"u8) || reader.ValueTextEquals("source"u8))
        {
            reader.Skip();
            _isOfChange = true;
        }
        else if (reader.ValueTextEquals("op"u8))
        {
            _op = Word(ref reader);
        }
        else if (reader.ValueTextEquals("__op"u8))
        {
            _rowOp = Word(ref reader);
        }
        else if (reader.ValueTextEquals("__deleted"u8))
        {
            _rowDeleted = Word(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }

    private static (JsonTokenType Kind, Range Place) Place(ref Utf8JsonReader reader)
    {
        reader.Read();
        JsonTokenType kind = reader.TokenType;
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return (kind, start..(int)reader.BytesConsumed);
    }

    private static string? Word(ref Utf8JsonReader reader)
    {
        reader.Read();
        string? word = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            _ => null,
        };
        reader.Skip();
        return word;
    }
}
