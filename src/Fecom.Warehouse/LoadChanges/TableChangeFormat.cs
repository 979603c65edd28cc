using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Warehouse.LoadChanges;

/// <summary>Reads the changes of one Fecom table: a <see cref="RowChange"/> in JSON.</summary>
internal sealed class TableChangeFormat(FecomTable table) : ITopicFormat<TableChange>
{
    /// <summary>Characters of a key's value: it is indexed, and PostgreSQL's index has room for some 2,700 bytes.</summary>
    private const int MaxKey = 200;

    /// <summary>Partitions are made of these times; a wrong clock is not to make thousands of them.</summary>
    private static readonly (DateTime First, DateTime End) Times = (
        new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc)
    );

    private readonly JsonTopicFormat<RowChange> _json = new();

    public TableChange Read(ReadOnlySpan<byte> value)
    {
        RowChange change = _json.Read(value);
        if (change.Op is not ("c" or "u" or "d"))
        {
            throw new FormatException($"op is '{change.Op}'; it is c, u or d.");
        }

        JsonElement? before = change.Op == "c" ? null : Row(change.Before, "before");
        JsonElement? after = change.Op == "d" ? null : Row(change.After, "after");
        JsonElement[] rows = [.. new[] { before, after }.OfType<JsonElement>()];
        DateTime changedAt = Time(change.Source.Ts);
        string key = Key(rows[^1]);
        return new TableChange
        {
            Id = Id(key, change, changedAt),
            Key = key,
            Op = change.Op,
            Before = Json(before),
            After = Json(after),
            ChangedAt = changedAt,
            Snapshot = change.Source.Snapshot,
            File = Storable(change.Source.File),
            Line = change.Source.Line,
            Users =
            [
                .. rows.Select(row => Text(row, "subscriber_id")).OfType<string>().Distinct(StringComparer.Ordinal),
            ],
            Owners = [.. rows.SelectMany(Owners).Distinct(StringComparer.Ordinal)],
        };
    }

    private static JsonElement Row(JsonElement? row, string name) =>
        row is { ValueKind: JsonValueKind.Object } there
            ? there
            : throw new FormatException($"'{name}' is missing: an object with the columns of the table.");

    private static DateTime Time(DateTime ts)
    {
        DateTime utc =
            ts.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(ts, DateTimeKind.Utc) : ts.ToUniversalTime();
        return utc >= Times.First && utc < Times.End
            ? utc
            : throw new FormatException(
                $"source.ts is {utc.ToString("o", CultureInfo.InvariantCulture)}; it lies from 2000 to 2099."
            );
    }

    private string Key(JsonElement row)
    {
        string[] values = new string[table.KeyColumns];
        for (int i = 0; i < values.Length; i++)
        {
            string name = table.Columns[i].Name;
            values[i] = Text(row, name) is { Length: > 0 and <= MaxKey } text
                ? text
                : throw new FormatException($"{name} is part of the key: a text of 1 to {MaxKey} characters.");
        }

        return string.Join('/', values);
    }

    private static IEnumerable<string> Owners(JsonElement row)
    {
        if (Text(row, "customer_trx_id") is { } customer)
        {
            yield return ForgottenRows.Customer(customer);
        }

        if (Text(row, "order_id") is { } order)
        {
            yield return ForgottenRows.Order(order);
        }
    }

    private static string? Text(JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        try
        {
            return Storable(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"{name} is not valid Unicode.", e);
        }
    }

    private Guid Id(string key, RowChange change, DateTime changedAt)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(
            Encoding.UTF8.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{table.Name}\n{key}\n{change.Op}\n{change.Source.Snapshot}\n{changedAt.Ticks}"
                )
            ),
            hash
        );
        return new Guid(hash[..16], bigEndian: true);
    }

    private static byte[]? Json(JsonElement? row)
    {
        if (row is not { } there)
        {
            return null;
        }

        string text = there.GetRawText();
        return text.Contains(@"\u0000", StringComparison.Ordinal) ? WithoutNul(there) : Encoding.UTF8.GetBytes(text);
    }

    /// <summary>PostgreSQL's text cannot hold U+0000.</summary>
    private static byte[] WithoutNul(JsonElement row)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        foreach (JsonProperty column in row.EnumerateObject())
        {
            if (column.Value.ValueKind == JsonValueKind.String)
            {
                json.WriteString(Storable(column.Name), Storable(column.Value.GetString()!));
            }
            else
            {
                json.WritePropertyName(Storable(column.Name));
                column.Value.WriteTo(json);
            }
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static string Storable(string text) => text.Replace('\0', '\uFFFD');
}
