using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fecom.Validation.ReadEvents;

/// <summary>What an object holds beside an event's fields that may make it an envelope or a change: places of values in its JSON.</summary>
/// <remarks>
/// An envelope of Kafka Connect is <c>{"schema":…,"payload":…}</c>. A change of Debezium is
/// <c>{"before":…,"after":…,"source":…,"op":…}</c>; unwrapped by its ExtractNewRecordState it is the row, perhaps with
/// <c>__op</c> and <c>__deleted</c>, or with the operation under another name. None of these names is a field of an event.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal struct Wrapping
{
    private JsonTokenType _payload;
    private JsonTokenType _schema;
    private JsonTokenType _after;
    private JsonTokenType _source;
    private bool _isOfChange;
    private string? _op;
    private string? _rowOp;
    private string? _rowDeleted;
    private string? _renamedOp;
    private string? _rowSchema;
    private string? _rowTable;
    private string? _status;
    private bool _hasTime;
    private bool _hasSpecification;
    private bool _hasData;
    private int _others;

    /// <summary>Whether this is an envelope: what counts is in <see cref="Payload"/>.</summary>
    public readonly bool IsEnvelope =>
        _schema != JsonTokenType.None && _payload is JsonTokenType.StartObject or JsonTokenType.Null;

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

    /// <summary>Where the change says that it came from; null when it does not.</summary>
    public readonly Range? Source => _source == JsonTokenType.StartObject ? SourcePlace : null;

    /// <summary>Whether this is surely a change that was unwrapped.</summary>
    public readonly bool IsUnwrapped => _rowOp is not null || _rowDeleted is not null;

    /// <summary>Whether the unwrapped row is one that was removed.</summary>
    public readonly bool IsRemoved => _rowDeleted == "true";

    /// <summary>The operation that the unwrapped row names, where its topic carries changes; null when it names none.</summary>
    public readonly string? UnwrappedOp(bool ofChanges) => _rowOp ?? (ofChanges ? Operation(_op) ?? _renamedOp : null);

    /// <summary>The table that an unwrapped row names; null when it does not.</summary>
    public readonly string? UnwrappedTable => _rowTable is null ? null : $"{_rowSchema ?? "public"}.{_rowTable}";

    /// <summary>Whether this is a connector's sign of life: <c>{"ts_ms":…}</c>.</summary>
    public readonly bool IsHeartbeat => _hasTime && _others == 0 && !_isOfChange && _op is null;

    /// <summary>Whether this tells where a transaction begins or ends: <c>{"status":"END","id":…}</c>.</summary>
    public readonly bool IsTransaction => _status is "BEGIN" or "END";

    /// <summary>Whether this is a CloudEvent, which holds the change in a way of its own.</summary>
    public readonly bool IsCloudEvent => _hasSpecification && _hasData;

    private Range SchemaPlace { get; set; }

    private Range AfterPlace { get; set; }

    private Range SourcePlace { get; set; }

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
        else if (reader.ValueTextEquals("before"u8))
        {
            reader.Skip();
            _isOfChange = true;
        }
        else if (reader.ValueTextEquals("source"u8))
        {
            (_source, SourcePlace) = Place(ref reader);
            _isOfChange = true;
        }
        else if (reader.ValueTextEquals("op"u8))
        {
            _op = Word(ref reader);
        }
        else if (reader.ValueTextEquals("ts_ms"u8))
        {
            reader.Skip();
            _hasTime = true;
        }
        else
        {
            TakeOther(ref reader);
        }
    }

    /// <summary>The operation that a name or a header's value says; null when it is none.</summary>
    public static string? Operation(string? word) => word is "c" or "r" or "u" or "d" or "t" ? word : null;

    /// <summary>Whether a field or a header may carry the operation: <c>op</c>, whatever prefix it was given.</summary>
    public static bool IsNamedOp(ReadOnlySpan<byte> name) =>
        name.EndsWith("op"u8) && (name.Length == 2 || !char.IsAsciiLetterOrDigit((char)name[^3]));

    private void TakeOther(ref Utf8JsonReader reader)
    {
        _others++;
        ReadOnlySpan<byte> name = reader.ValueSpan;
        if (name.SequenceEqual("__op"u8))
        {
            _rowOp = Word(ref reader);
        }
        else if (name.SequenceEqual("__deleted"u8))
        {
            _rowDeleted = Word(ref reader);
        }
        else if (name.SequenceEqual("__table"u8) || name.SequenceEqual("__source_table"u8))
        {
            _rowTable = Word(ref reader);
        }
        else if (name.SequenceEqual("__schema"u8) || name.SequenceEqual("__source_schema"u8))
        {
            _rowSchema = Word(ref reader);
        }
        else if (name.SequenceEqual("status"u8))
        {
            _status = Word(ref reader);
        }
        else if (name.SequenceEqual("specversion"u8))
        {
            reader.Skip();
            _hasSpecification = true;
        }
        else if (name.SequenceEqual("data"u8))
        {
            reader.Skip();
            _hasData = true;
        }
        else if (IsNamedOp(name) || (name.StartsWith("__"u8) && !IsOfSource(name)))
        {
            _renamedOp = Operation(Word(ref reader)) ?? _renamedOp;
        }
        else
        {
            reader.Skip();
        }
    }

    /// <summary>Names that a database, a table or a connector may have: one of a single letter is no operation.</summary>
    private static bool IsOfSource(ReadOnlySpan<byte> name) =>
        name.EndsWith("db"u8)
        || name.EndsWith("name"u8)
        || name.EndsWith("connector"u8)
        || name.EndsWith("table"u8)
        || name.EndsWith("schema"u8);

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
