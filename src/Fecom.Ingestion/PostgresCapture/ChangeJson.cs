using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Where and when a change took place.</summary>
/// <param name="Lsn">Of the change.</param>
/// <param name="Transaction">The transaction's id; null of a snapshot's row.</param>
/// <param name="CommittedAt">When it was committed, UTC; of a snapshot's row when it was read.</param>
/// <param name="Snapshot">Whether the row comes from the initial snapshot.</param>
internal readonly record struct ChangePlace(ulong Lsn, uint? Transaction, DateTime CommittedAt, bool Snapshot);

/// <summary>Writes changes as Debezium's PostgreSQL connector does, without schema.</summary>
/// <remarks>
/// Whole numbers, decimals and money are JSON numbers with PostgreSQL's own digits; a domain is what it is made of; <c>timestamp</c> is microseconds since 1970
/// (MicroTimestamp), <c>timestamptz</c> ISO text in UTC (ZonedTimestamp), <c>date</c> days since 1970; bytes are base64; anything
/// else is PostgreSQL's text. The message's key is the user's id; the row's primary key is in <c>source</c>. A long value that PostgreSQL does not tell, as it has not changed, is Debezium's placeholder.
/// </remarks>
internal sealed class ChangeJson(string database, string schema, string table) : IDisposable
{
    /// <summary>Oid of the type money.</summary>
    public const uint Money = 790;

    private const string Unavailable = "__debezium_unavailable_value";
    private const string KeyColumn = "user_id";

    /// <summary>Maximum bytes of a row before its long values are truncated: Kafka takes no message of 2 MB, and no field of an event is that long.</summary>
    private const int MaxWholeLength = 1_000_000;
    private const int KeptOfLong = 400;
    private const int MaxKeyLength = 256;

    private int _maxText;
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);
    private readonly Utf8JsonWriter _json = new(
        Stream.Null,
        new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }
    );

    /// <summary>The change as a message's value.</summary>
    /// <param name="op"><c>c</c>, <c>r</c>, <c>u</c>, <c>d</c> or <c>t</c>.</param>
    /// <param name="columns">The columns of both rows.</param>
    /// <param name="before">The row as it was, as far as PostgreSQL tells it; null when it does not.</param>
    /// <param name="beforeIsKey">Whether only the key's columns of it are told.</param>
    /// <param name="after">The row as it is; null when there is none.</param>
    /// <param name="place">Where it took place.</param>
    /// <param name="now">When it was taken in, UTC.</param>
    public byte[] Write(
        char op,
        IReadOnlyList<SourceColumn> columns,
        CapturedRow? before,
        bool beforeIsKey,
        CapturedRow? after,
        in ChangePlace place,
        DateTime now
    )
    {
        _maxText = int.MaxValue;
        WriteChange(op, columns, before, beforeIsKey, after, place, now);
        if (_buffer.WrittenCount > MaxWholeLength)
        {
            _maxText = KeptOfLong;
            WriteChange(op, columns, before, beforeIsKey, after, place, now);
        }

        return _buffer.WrittenSpan.ToArray();
    }

    /// <summary>The row's user id, or the position: a change that is sent twice must go to the same partition.</summary>
    public static byte[] Key(IReadOnlyList<SourceColumn> columns, CapturedRow? row, long position)
    {
        for (int column = 0; row is not null && column < Math.Min(columns.Count, row.Count); column++)
        {
            if (
                columns[column].Name == KeyColumn
                && row.Kind(column) == CapturedKind.Text
                && row.Text(column).Length > 0
            )
            {
                ReadOnlySpan<byte> user = row.Text(column);
                return user[..Math.Min(user.Length, MaxKeyLength)].ToArray();
            }
        }

        return Encoding.UTF8.GetBytes(position.ToString(CultureInfo.InvariantCulture));
    }

    public void Dispose() => _json.Dispose();

    private void WriteChange(
        char op,
        IReadOnlyList<SourceColumn> columns,
        CapturedRow? before,
        bool beforeIsKey,
        CapturedRow? after,
        in ChangePlace place,
        DateTime now
    )
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        WriteRow("before"u8, columns, before, beforeIsKey);
        WriteRow("after"u8, columns, after, onlyKey: false);
        _json.WriteStartObject("source"u8);
        _json.WriteString("connector"u8, "postgresql"u8);
        _json.WriteString("name"u8, "tracking_postgres_cdc"u8);
        _json.WriteNumber("ts_ms"u8, Milliseconds(place.CommittedAt));
        _json.WriteString("snapshot"u8, place.Snapshot ? "true"u8 : "false"u8);
        _json.WriteString("db"u8, database);
        _json.WriteString("schema"u8, schema);
        _json.WriteString("table"u8, table);
        if (place.Transaction is { } transaction)
        {
            _json.WriteNumber("txId"u8, transaction);
        }
        else
        {
            _json.WriteNull("txId"u8);
        }

        _json.WriteNumber("lsn"u8, place.Lsn);
        WriteKey(columns, before, after);
        _json.WriteEndObject();
        Span<byte> letter = [(byte)op];
        _json.WriteString("op"u8, letter);
        _json.WriteNumber("ts_ms"u8, Milliseconds(now));
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <summary>
    /// The row's primary key, which Debezium has in the message's key; our message key is the user's id. A former key that an update has changed
    /// is written too: Debezium sends such an update as a delete and a create.
    /// </summary>
    private void WriteKey(IReadOnlyList<SourceColumn> columns, CapturedRow? before, CapturedRow? after)
    {
        CapturedRow? row = after ?? before;
        int[] key =
        [
            .. Enumerable.Range(0, Math.Min(columns.Count, row?.Count ?? 0)).Where(column => columns[column].IsPrimary),
        ];
        if (key.Length == 0 || !Array.TrueForAll(key, column => row!.Kind(column) == CapturedKind.Text))
        {
            return;
        }

        WriteKey("key"u8, columns, row!, key);
        if (
            after is not null
            && before is not null
            && Array.Exists(
                key,
                column =>
                    before.Kind(column) == CapturedKind.Text && !before.Text(column).SequenceEqual(after.Text(column))
            )
        )
        {
            WriteKey("old_key"u8, columns, before, key);
        }
    }

    private void WriteKey(ReadOnlySpan<byte> name, IReadOnlyList<SourceColumn> columns, CapturedRow row, int[] key)
    {
        // A key is never truncated: two rows could get the same one.
        int max = _maxText;
        _maxText = int.MaxValue;
        _json.WriteStartObject(name);
        foreach (int column in key)
        {
            _json.WritePropertyName(columns[column].Name);
            WriteValue(columns[column], row.Kind(column), row.Text(column));
        }

        _json.WriteEndObject();
        _maxText = max;
    }

    private void WriteRow(ReadOnlySpan<byte> name, IReadOnlyList<SourceColumn> columns, CapturedRow? row, bool onlyKey)
    {
        if (row is null)
        {
            _json.WriteNull(name);
            return;
        }

        _json.WriteStartObject(name);
        for (int column = 0; column < Math.Min(columns.Count, row.Count); column++)
        {
            if (!onlyKey || columns[column].IsKey)
            {
                _json.WritePropertyName(columns[column].Name);
                WriteValue(columns[column], row.Kind(column), row.Text(column));
            }
        }

        _json.WriteEndObject();
    }

    private void WriteValue(in SourceColumn column, CapturedKind kind, ReadOnlySpan<byte> text)
    {
        if (kind == CapturedKind.Null)
        {
            _json.WriteNullValue();
        }
        else if (kind == CapturedKind.Unchanged)
        {
            _json.WriteStringValue(Unavailable);
        }
        else if (text.Length > _maxText)
        {
            _json.WriteStringValue(Cut(text));
        }
        else if (!TryWriteTyped(column, text))
        {
            _json.WriteStringValue(text);
        }
    }

    /// <summary>The beginning, up to a whole character.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text)
    {
        int length = KeptOfLong;
        while ((text[length] & 0xc0) == 0x80)
        {
            length--;
        }

        return text[..length];
    }

    /// <returns>False for what is written as its text: another type, or a value such as NaN or infinity.</returns>
    private bool TryWriteTyped(in SourceColumn column, ReadOnlySpan<byte> text)
    {
        switch (column.Type)
        {
            case Money:
                _json.WriteRawValue(MoneyNumber(text, column.MoneyDigits), skipInputValidation: true);
                return true;
            case PgTypes.Bool:
                _json.WriteBooleanValue(text.SequenceEqual("t"u8));
                return true;
            case PgTypes.Int2
            or PgTypes.Int4
            or PgTypes.Int8
            or PgTypes.Oid
            or PgTypes.Float4
            or PgTypes.Float8
            or PgTypes.Numeric when JsonNumber.Is(text):
                _json.WriteRawValue(text, skipInputValidation: true);
                return true;
            case PgTypes.Bytea when text.StartsWith("\\x"u8):
                _json.WriteBase64StringValue(Convert.FromHexString(Encoding.ASCII.GetString(text[2..])));
                return true;
            case PgTypes.Date when TryParse(text, "yyyy-MM-dd", out DateTime date):
                _json.WriteNumberValue((date - DateTime.UnixEpoch).Days);
                return true;
            case PgTypes.Timestamp when TryParse(text, "yyyy-MM-dd HH:mm:ss.FFFFFF", out DateTime time):
                _json.WriteNumberValue((time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
                return true;
            case PgTypes.TimestampTz when TryParse(text, "yyyy-MM-dd HH:mm:ss.FFFFFFzz", out DateTime instant):
                _json.WriteStringValue(
                    instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)
                );
                return true;
            default:
                return false;
        }
    }

    /// <summary>The server's locale decides the currency sign and the group marks of money: only the digits count.</summary>
    private static string MoneyNumber(ReadOnlySpan<byte> text, int decimals)
    {
        StringBuilder digits = new();
        foreach (byte b in text)
        {
            if (b is >= (byte)'0' and <= (byte)'9')
            {
                digits.Append((char)b);
            }
        }

        string number = digits.ToString().TrimStart('0').PadLeft(decimals + 1, '0');
        string sign = text.IndexOfAny((byte)'-', (byte)'(') >= 0 ? "-" : "";
        return decimals == 0 ? sign + number : $"{sign}{number[..^decimals]}.{number[^decimals..]}";
    }

    private static bool TryParse(ReadOnlySpan<byte> text, string form, out DateTime time)
    {
        Span<char> characters = stackalloc char[40];
        time = default;
        return text.Length <= characters.Length
            && DateTime.TryParseExact(
                characters[..Encoding.ASCII.GetChars(text, characters)],
                form,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out time
            );
    }

    private static long Milliseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>OIDs of the types that are not written as text.</summary>
    private static class PgTypes
    {
        public const uint Bool = 16;
        public const uint Bytea = 17;
        public const uint Int8 = 20;
        public const uint Int2 = 21;
        public const uint Int4 = 23;
        public const uint Oid = 26;
        public const uint Float4 = 700;
        public const uint Float8 = 701;
        public const uint Date = 1082;
        public const uint Timestamp = 1114;
        public const uint TimestampTz = 1184;
        public const uint Numeric = 1700;
    }
}
