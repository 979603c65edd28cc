using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.EventFiles.Shared;

/// <summary>Makes a message of the raw topic from a row: JSON when the row can be parsed, the unchanged line when it cannot.</summary>
/// <remarks>Nothing is validated here. A value that is not a number stays text, so that validation can name the error.</remarks>
internal sealed class RawEventWriter : IDisposable
{
    private const int Price = 6;
    private const int MaxPriceLength = 64;
    private const int UserId = 7;

    private static readonly JsonEncodedText[] Names =
    [
        .. BehaviorHeader.Columns.Select(name => JsonEncodedText.Encode(name)),
    ];
    private static readonly bool[] IsId =
    [
        .. BehaviorHeader.Columns.Select(name => name is "product_id" or "category_id" or "user_id" or "user_session"),
    ];

    private readonly BehaviorHeader _header;
    private readonly string _source;
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;

    public RawEventWriter(BehaviorHeader header, string source)
    {
        _header = header;
        _source = source;
        _json = new Utf8JsonWriter(
            _buffer,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }
        );
    }

    public OutgoingMessage Write(CsvRecordReader row, DateTime receivedAt)
    {
        MessageOrigin origin = new(_source, row.Line, receivedAt);
        return row.Fault == CsvFault.None
            ? new OutgoingMessage(KeyOf(row), Json(row), origin)
            : new OutgoingMessage(LineKey(row), row.Record.ToArray(), origin, row.FaultMessage);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>The user's id, or the line number without one: a row that is sent twice must go to the same partition.</summary>
    private byte[] KeyOf(CsvRecordReader row)
    {
        ReadOnlySpan<byte> user = row.Field(_header.PlaceOf(UserId));
        return user.IsEmpty ? LineKey(row) : user.ToArray();
    }

    private static byte[] LineKey(CsvRecordReader row) =>
        Encoding.UTF8.GetBytes(row.Line.ToString(CultureInfo.InvariantCulture));

    private byte[] Json(CsvRecordReader row)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        for (int column = 0; column < Names.Length; column++)
        {
            ReadOnlySpan<byte> value = row.Field(_header.PlaceOf(column));
            if (value.IsEmpty)
            {
                _json.WriteNull(Names[column]);
            }
            else if (column == Price)
            {
                WritePrice(value, row.Separator);
            }
            else
            {
                Write(column, value, isNumber: IsId[column] && IsCanonicalInteger(value));
            }
        }

        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    private void WritePrice(ReadOnlySpan<byte> value, byte separator)
    {
        if (separator == ';')
        {
            WriteLocalPrice(value);
        }
        else
        {
            Write(Price, value, JsonNumber.Is(value));
        }
    }

    /// <summary>In files with semicolons between the fields, a comma may be a decimal mark. A method of its own, so that other files need no buffer for the number.</summary>
    private void WriteLocalPrice(ReadOnlySpan<byte> value)
    {
        Span<byte> number = stackalloc byte[MaxPriceLength];
        if (value.Length <= MaxPriceLength && DecimalComma.TryRead(value, number, out int length))
        {
            Write(
                Price,
                number[..length],
                JsonNumber.Is(number[..length]) && !DecimalComma.MayBeGrouped(number[..length])
            );
        }
        else
        {
            Write(Price, value, JsonNumber.Is(value) && !DecimalComma.MayBeGrouped(value));
        }
    }

    private void Write(int column, ReadOnlySpan<byte> value, bool isNumber)
    {
        if (isNumber)
        {
            _json.WritePropertyName(Names[column]);
            _json.WriteRawValue(value, skipInputValidation: true);
        }
        else
        {
            _json.WriteString(Names[column], value);
        }
    }

    /// <summary>Whether the text is exactly how a 64-bit integer would be printed: 0, 17, not 017 and not +17.</summary>
    private static bool IsCanonicalInteger(ReadOnlySpan<byte> value) =>
        value[0] is >= (byte)'0' and <= (byte)'9'
        && (value[0] != '0' || value.Length == 1)
        && Utf8Parser.TryParse(value, out long _, out int read)
        && read == value.Length;
}
