using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.FollowChanges;

/// <summary>
/// Identifies the row of a change by its table and its primary key, the same for every sender and repetition: Fecom's own
/// capture, Debezium's stream, or one of its snapshots. A position in the WAL identifies no row: all rows of one COPY share it, and rows of
/// an incremental snapshot have none; an offset is another one each time that a connector sends the row again.
/// </summary>
internal sealed class RowIdentity(IOptions<ChangeOptions> options)
{
    /// <summary>A key with these columns alone is shared by many rows: it was chosen for the order of messages, and does not identify a row.</summary>
    private static readonly HashSet<string> Shared =
    [
        "user_id",
        "user_session",
        "product_id",
        "category_id",
        "category_code",
        "brand",
        "event_type",
        "price",
    ];

    private readonly string[] _rowKey = options.Value.RowKeyColumns;
    private readonly string _table = options.Value.Table;
    private readonly List<KeyColumn> _columns = [];
    private (string Name, ulong Hash) _last = ("", 0);

    /// <summary>The row's identity as an event's id; null when the change does not identify its row.</summary>
    /// <param name="change">The change, read.</param>
    /// <param name="message">Its message's value.</param>
    /// <param name="messageKey">Its message's key.</param>
    public Guid? Of(RawEvent change, ReadOnlySpan<byte> message, ReadOnlySpan<byte> messageKey)
    {
        _columns.Clear();
        bool named =
            _rowKey.Length > 0
                ? change.Row is { } row
                    && TryRead(message[row], change.Converted, _rowKey)
                    && _columns.Count == _rowKey.Length
            : change.SourceKey is { } key ? TryRead(message[key], [], only: null)
            : TryReadKey(messageKey) && !_columns.TrueForAll(column => Shared.Contains(column.Name));
        return named && _columns.Count > 0 ? Id(change.Table ?? _table) : null;
    }

    /// <summary>Whether a message's key is the user's id alone: then a user's changes are in one partition, in their order.</summary>
    public bool IsOfUser(RawEvent change, ReadOnlySpan<byte> messageKey)
    {
        _columns.Clear();
        return messageKey.Trim("\""u8).SequenceEqual(Encoding.UTF8.GetBytes(change[EventKey.UserId].Text ?? ""))
            || (TryReadKey(messageKey) && _columns is [{ Name: "user_id" }]);
    }

    /// <summary>False for a key that is not JSON, or has an unpaired surrogate.</summary>
    private bool TryReadKey(ReadOnlySpan<byte> key)
    {
        try
        {
            return key.StartsWith("Struct{"u8) && key[^1] == '}'
                ? TryReadStruct(Encoding.UTF8.GetString(key[7..^1]))
                : key.StartsWith("{"u8) && TryReadJsonKey(key);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private bool TryReadJsonKey(ReadOnlySpan<byte> key)
    {
        Wrapping wrapping = default;
        Utf8JsonReader reader = new(key);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            wrapping.Take(ref reader);
        }

        ConnectField[] converted = wrapping is { IsEnvelope: true, Schema: { } schema }
            ? ConnectSchema.ReadOfKey(key[schema]) ?? []
            : [];
        return !wrapping.IsEmptyEnvelope
            && TryRead(wrapping.IsEnvelope ? key[wrapping.Payload] : key, converted, only: null);
    }

    /// <summary>A key as StringConverter writes it. With several columns it is ambiguous where one ends.</summary>
    private bool TryReadStruct(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || text.Contains(',', StringComparison.Ordinal))
        {
            return false;
        }

        _columns.Add(new(text[..equals], text[(equals + 1)..]));
        return true;
    }

    /// <summary>Reads the columns of an object; false when one of them is null, or text with an unpaired surrogate.</summary>
    private bool TryRead(ReadOnlySpan<byte> json, IReadOnlyList<ConnectField> converted, string[]? only)
    {
        try
        {
            return ReadColumns(json, converted, only);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private bool ReadColumns(ReadOnlySpan<byte> json, IReadOnlyList<ConnectField> converted, string[]? only)
    {
        Utf8JsonReader reader = new(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (only is not null && !only.Contains(name, StringComparer.Ordinal))
            {
                reader.Skip();
            }
            else if (Value(name, ref reader, json, converted) is { } value)
            {
                _columns.RemoveAll(column => column.Name == name);
                _columns.Add(new(name, value));
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A value in a form that does not depend on who wrote it; null for null.</summary>
    private static string? Value(
        string name,
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        IReadOnlyList<ConnectField> converted
    )
    {
        ConnectField? field = converted.FirstOrDefault(field => field.Name == name);
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                string text = reader.GetString()!;
                return field is { Form: ConnectForm.Decimal }
                    ? ConnectValues.Number(text, field.Scale) is { } digits
                        ? Number(digits)
                        : text
                    : Time(text) ?? text;
            case JsonTokenType.Number:
                string number = Encoding.UTF8.GetString(reader.ValueSpan);
                return (
                        field?.Form is { } form and not ConnectForm.Decimal
                            ? Time(ConnectValues.Time(number, form))
                            : null
                    ) ?? Number(number);
            case JsonTokenType.StartObject:
                int start = (int)reader.TokenStartIndex;
                return ConnectValues.VariableScaleDecimal(ref reader) is { } scaled
                    ? Number(scaled)
                    : Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
            default:
                int from = (int)reader.TokenStartIndex;
                reader.Skip();
                return Encoding.UTF8.GetString(json[from..(int)reader.BytesConsumed]);
        }
    }

    /// <summary>For PostgreSQL the numbers 5.0 and 5.00 are one key. A text that looks like a number is not changed: as texts 007 and 7 differ.</summary>
    private static string Number(string number)
    {
        if (number.AsSpan().ContainsAny('e', 'E'))
        {
            return ConnectValues.Whole(number) ?? number;
        }

        return number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;
    }

    /// <summary>An instant as whole microseconds since 1970; null for any other text.</summary>
    private static string? Time(string text) =>
        text.Length >= 20 && text[10] is 'T' && text[^1] == 'Z' && EventTimes.TryParse(text, out DateTime time)
            ? Time(time)
            : null;

    private static string? Time(DateTime? time) =>
        time is { } at
            ? ((at - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture)
            : null;

    /// <summary>Rows with a single integer key get ids in the key's order, so that inserts and lookups touch neighbouring index pages, which are cached.</summary>
    private Guid Id(string table)
    {
        if (
            _columns is [var only]
            && long.TryParse(only.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number.ToString(CultureInfo.InvariantCulture) == only.Value
        )
        {
            string name = $"row:{table}:{only.Name}";
            if (_last.Name != name)
            {
                _last = (name, EventId.HashSource(name));
            }

            return EventId.At(_last.Hash, number);
        }

        _columns.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        StringBuilder text = new($"row:{table}");
        foreach (KeyColumn column in _columns)
        {
            text.Append(CultureInfo.InvariantCulture, $":{column.Name}={column.Value.Length}={column.Value}");
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()), hash);
        return new Guid(hash[..16], bigEndian: true);
    }

    private readonly record struct KeyColumn(string Name, string Value);
}
