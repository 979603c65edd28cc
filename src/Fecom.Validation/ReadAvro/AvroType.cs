using System.Text.Json;
using Fecom.Validation.ReadEvents;

namespace Fecom.Validation.ReadAvro;

/// <summary>The types of Avro.</summary>
internal enum AvroKind
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Record,
    Enum,
    Array,
    Map,
    Union,
    Fixed,
}

/// <summary>A type of an Avro schema, with what its values mean.</summary>
internal sealed class AvroType
{
    private const int MaxDepth = 64;

    private static readonly Dictionary<string, AvroKind> Primitives = new(StringComparer.Ordinal)
    {
        ["null"] = AvroKind.Null,
        ["boolean"] = AvroKind.Boolean,
        ["int"] = AvroKind.Int,
        ["long"] = AvroKind.Long,
        ["float"] = AvroKind.Float,
        ["double"] = AvroKind.Double,
        ["bytes"] = AvroKind.Bytes,
        ["string"] = AvroKind.String,
    };

    private AvroType(AvroKind kind) => Kind = kind;

    public AvroKind Kind { get; }

    /// <summary>Of a record: its fields, in the order in which their values come.</summary>
    public IReadOnlyList<(string Name, JsonEncodedText Encoded, AvroType Type)> Fields { get; private set; } = [];

    /// <summary>Of an enum.</summary>
    public IReadOnlyList<string> Symbols { get; private init; } = [];

    /// <summary>Of a union: its types. Of an array or a map: the one of its values.</summary>
    public IReadOnlyList<AvroType> Types { get; private init; } = [];

    /// <summary>Of a fixed: its bytes.</summary>
    public int Size { get; private init; }

    /// <summary>What a number or bytes mean, where the schema says so.</summary>
    public ConnectForm? Form { get; private init; }

    /// <summary>Of a decimal: digits after the point.</summary>
    public int Scale { get; private init; }

    /// <summary>Reads a schema.</summary>
    /// <param name="schema">The schema, JSON.</param>
    /// <param name="named">The types that it may name; its own are added.</param>
    /// <exception cref="InvalidDataException">It is none; the message says why.</exception>
    public static AvroType Parse(string schema, Dictionary<string, AvroType> named)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(schema);
            return Read(document.RootElement, named, "", 0);
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"it cannot be read: {e.Message}", e);
        }
    }

    private static AvroType Read(JsonElement schema, Dictionary<string, AvroType> named, string space, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException($"its types are nested more than {MaxDepth} deep");
        }

        return schema.ValueKind switch
        {
            JsonValueKind.String => Find(schema.GetString()!, named, space),
            JsonValueKind.Array => new AvroType(AvroKind.Union)
            {
                Types = [.. schema.EnumerateArray().Select(type => Read(type, named, space, depth + 1))],
            },
            _ => ReadObject(schema, named, space, depth),
        };
    }

    private static AvroType ReadObject(JsonElement schema, Dictionary<string, AvroType> named, string space, int depth)
    {
        JsonElement type = schema.GetProperty("type");
        if (type.ValueKind != JsonValueKind.String)
        {
            return Read(type, named, space, depth + 1);
        }

        switch (type.GetString())
        {
            case "record" or "error":
                return ReadRecord(schema, named, space, depth);
            case "enum":
                return Name(
                    schema,
                    named,
                    space,
                    new AvroType(AvroKind.Enum)
                    {
                        Symbols =
                        [
                            .. schema.GetProperty("symbols").EnumerateArray().Select(symbol => symbol.GetString()!),
                        ],
                    }
                );
            case "fixed":
                return Name(
                    schema,
                    named,
                    space,
                    new AvroType(AvroKind.Fixed)
                    {
                        Size = schema.GetProperty("size").GetInt32() is >= 0 and var size
                            ? size
                            : throw new InvalidDataException("a fixed has a negative size"),
                        Form = FormOf(schema),
                        Scale = ScaleOf(schema),
                    }
                );
            case "array":
                return new AvroType(AvroKind.Array)
                {
                    Types = [Read(schema.GetProperty("items"), named, space, depth + 1)],
                };
            case "map":
                return new AvroType(AvroKind.Map)
                {
                    Types = [Read(schema.GetProperty("values"), named, space, depth + 1)],
                };
            case { } name when Primitives.TryGetValue(name, out AvroKind kind):
                return new AvroType(kind) { Form = FormOf(schema), Scale = ScaleOf(schema) };
            case var name:
                return Find(name!, named, space);
        }
    }

    private static AvroType ReadRecord(JsonElement schema, Dictionary<string, AvroType> named, string space, int depth)
    {
        // Its fields may name it.
        AvroType record = Name(schema, named, space, new AvroType(AvroKind.Record));
        string full = FullName(schema, space);
        string own = full.Contains('.', StringComparison.Ordinal) ? full[..full.LastIndexOf('.')] : "";
        record.Fields =
        [
            .. schema
                .GetProperty("fields")
                .EnumerateArray()
                .Select(field =>
                {
                    string name = field.GetProperty("name").GetString()!;
                    return (name, JsonEncodedText.Encode(name), Read(field.GetProperty("type"), named, own, depth + 1));
                }),
        ];
        return record;
    }

    private static AvroType Name(JsonElement schema, Dictionary<string, AvroType> named, string space, AvroType type)
    {
        named[FullName(schema, space)] = type;
        return type;
    }

    private static string FullName(JsonElement schema, string space)
    {
        string name = schema.GetProperty("name").GetString()!;
        string own = Text(schema, "namespace") ?? space;
        return name.Contains('.', StringComparison.Ordinal) || own.Length == 0 ? name : $"{own}.{name}";
    }

    private static AvroType Find(string name, Dictionary<string, AvroType> named, string space) =>
        Primitives.TryGetValue(name, out AvroKind kind) ? new AvroType(kind)
        : named.TryGetValue($"{space}.{name}", out AvroType? near) ? near
        : named.TryGetValue(name, out AvroType? type) ? type
        : throw new InvalidDataException($"it names the type {name}, which it does not define");

    /// <summary>Avro's own logical types, and what Kafka Connect and Debezium call theirs.</summary>
    private static ConnectForm? FormOf(JsonElement schema) =>
        Text(schema, "connect.name") switch
        {
            "io.debezium.time.Timestamp" or "org.apache.kafka.connect.data.Timestamp" => ConnectForm.Milliseconds,
            "io.debezium.time.MicroTimestamp" => ConnectForm.Microseconds,
            "io.debezium.time.NanoTimestamp" => ConnectForm.Nanoseconds,
            "io.debezium.time.Date" or "org.apache.kafka.connect.data.Date" => ConnectForm.Days,
            "org.apache.kafka.connect.data.Decimal" => ConnectForm.Decimal,
            _ => Text(schema, "logicalType") switch
            {
                "timestamp-millis" or "local-timestamp-millis" => ConnectForm.Milliseconds,
                "timestamp-micros" or "local-timestamp-micros" => ConnectForm.Microseconds,
                "timestamp-nanos" or "local-timestamp-nanos" => ConnectForm.Nanoseconds,
                "date" => ConnectForm.Days,
                "decimal" => ConnectForm.Decimal,
                _ => null,
            },
        };

    private static int ScaleOf(JsonElement schema) =>
        schema.TryGetProperty("scale", out JsonElement scale)
        && scale.ValueKind == JsonValueKind.Number
        && scale.TryGetInt32(out int digits)
        && digits is >= 0 and <= 64
            ? digits
            : 0;

    private static string? Text(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
