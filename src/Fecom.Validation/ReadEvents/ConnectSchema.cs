using System.Globalization;
using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>How Kafka Connect or Debezium wrote a field.</summary>
internal enum ConnectForm
{
    /// <summary>Milliseconds since 1970: <c>io.debezium.time.Timestamp</c> and Connect's own <c>Timestamp</c>.</summary>
    Milliseconds,

    /// <summary><c>io.debezium.time.MicroTimestamp</c>.</summary>
    Microseconds,

    /// <summary><c>io.debezium.time.NanoTimestamp</c>.</summary>
    Nanoseconds,

    /// <summary>Days since 1970: <c>io.debezium.time.Date</c> and Connect's own <c>Date</c>.</summary>
    Days,

    /// <summary>Connect's <c>Decimal</c>: base64 of the unscaled number.</summary>
    Decimal,
}

/// <summary>A field whose JSON value must be converted to get its meaning.</summary>
/// <param name="Name">The field.</param>
/// <param name="Form">How it was written.</param>
/// <param name="Scale">Of a decimal: digits after the point; below zero, zeros before it.</param>
internal sealed record ConnectField(string Name, ConnectForm Form, int Scale = 0)
{
    /// <summary>The event's field of this name.</summary>
    public EventKey Key { get; } = EventKeys.Find(Name);
}

/// <summary>The fields of an envelope's schema that have to be converted; those of the row, when the envelope holds a change.</summary>
internal static class ConnectSchema
{
    private const int HighestScale = 64;

    /// <summary>All values of a topic have one schema, and all keys another: the last one of each is cached until it differs.</summary>
    [ThreadStatic]
    private static (byte[] Bytes, ConnectField[]? Fields) _lastOfValues;

    [ThreadStatic]
    private static (byte[] Bytes, ConnectField[]? Fields) _lastOfKeys;

    /// <returns>Null when the schema describes no field.</returns>
    public static ConnectField[]? Read(ReadOnlySpan<byte> schema) => Read(schema, ref _lastOfValues);

    /// <returns>Null when the schema describes no field.</returns>
    public static ConnectField[]? ReadOfKey(ReadOnlySpan<byte> schema) => Read(schema, ref _lastOfKeys);

    private static ConnectField[]? Read(ReadOnlySpan<byte> schema, ref (byte[] Bytes, ConnectField[]? Fields) last)
    {
        if (last.Bytes is null || !schema.SequenceEqual(last.Bytes))
        {
            byte[] bytes = schema.ToArray();
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement[] fields = [.. Fields(Row(document.RootElement))];
            last = (bytes, fields.Length == 0 ? null : [.. fields.Select(Convert).OfType<ConnectField>()]);
        }

        return last.Fields;
    }

    /// <summary>The struct that describes the row: that of <c>after</c> in a change, else the schema itself.</summary>
    private static JsonElement Row(JsonElement schema) =>
        Fields(schema).FirstOrDefault(field => Text(field, "field") == "after")
            is { ValueKind: JsonValueKind.Object } after
            ? after
            : schema;

    private static IEnumerable<JsonElement> Fields(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty("fields", out JsonElement fields)
        && fields.ValueKind == JsonValueKind.Array
            ? fields.EnumerateArray().Where(field => field.ValueKind == JsonValueKind.Object)
            : [];

    private static ConnectField? Convert(JsonElement field) =>
        (Text(field, "field"), Text(field, "name")) switch
        {
            ({ } name, "io.debezium.time.Timestamp" or "org.apache.kafka.connect.data.Timestamp") => new(
                name,
                ConnectForm.Milliseconds
            ),
            ({ } name, "io.debezium.time.MicroTimestamp") => new(name, ConnectForm.Microseconds),
            ({ } name, "io.debezium.time.NanoTimestamp") => new(name, ConnectForm.Nanoseconds),
            ({ } name, "io.debezium.time.Date" or "org.apache.kafka.connect.data.Date") => new(name, ConnectForm.Days),
            ({ } name, "org.apache.kafka.connect.data.Decimal") when Scale(field) is { } scale => new(
                name,
                ConnectForm.Decimal,
                scale
            ),
            _ => null,
        };

    private static int? Scale(JsonElement field) =>
        field.TryGetProperty("parameters", out JsonElement parameters)
        && parameters.ValueKind == JsonValueKind.Object
        && int.TryParse(
            Text(parameters, "scale"),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out int scale
        )
        && scale is >= -HighestScale and <= HighestScale
            ? scale
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
