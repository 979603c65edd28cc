using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>Reads and writes a <see cref="BehaviorEvent"/> in the format of the validated topic: one JSON object with snake_case names, ids as strings.</summary>
/// <remarks>Written by hand for speed, since every event is written here once and read three times: no reflection, and repeated texts share one string.</remarks>
public static class BehaviorEventJson
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes the event.</summary>
    public static void Write(IBufferWriter<byte> output, BehaviorEvent e)
    {
        using Utf8JsonWriter writer = new(output, WriterOptions);
        Write(writer, e);
    }

    /// <summary>Writes the event with a writer that the caller reuses.</summary>
    public static void Write(Utf8JsonWriter writer, BehaviorEvent e)
    {
        writer.WriteStartObject();
        writer.WriteString("event_id"u8, e.EventId);
        writer.WriteString("event_time"u8, e.EventTime);
        writer.WriteString("event_type"u8, e.EventType.Name());
        writer.WriteString("product_id"u8, e.ProductId);
        WriteOptional(writer, "category_id"u8, e.CategoryId);
        WriteOptional(writer, "category_code"u8, e.CategoryCode);
        WriteOptional(writer, "brand"u8, e.Brand);
        writer.WriteNumber("price"u8, e.Price);
        writer.WriteString("user_id"u8, e.UserId);
        writer.WriteString("user_session"u8, e.UserSession);
        writer.WriteString("source"u8, e.Source);
        writer.WriteNumber("position"u8, e.Position);
        writer.WriteString("received_at"u8, e.ReceivedAt);
        writer.WriteString("validated_at"u8, e.ValidatedAt);
        if (e.Lane is { } lane)
        {
            writer.WriteNumber("lane"u8, lane);
        }

        if (e.Late)
        {
            writer.WriteBoolean("late"u8, true);
        }

        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary>Reads an event.</summary>
    /// <exception cref="FormatException">Not such an object; the message names the field.</exception>
    public static BehaviorEvent Read(ReadOnlySpan<byte> json)
    {
        Fields fields = default;
        string field = "$";
        try
        {
            Utf8JsonReader reader = new(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new FormatException("It is no JSON object.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadField(ref reader, ref fields, ref field);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"Not a validated event: {field}: {e.Message}", e);
        }

        return fields.ToEvent();
    }

    private static void ReadField(ref Utf8JsonReader reader, ref Fields fields, ref string field)
    {
        ReadOnlySpan<byte> name = reader.ValueSpan;
        int known = Names.IndexOf(name);
        field = known < 0 ? "$" : Names.Text[known];
        reader.Read();
        switch (known)
        {
            case 0:
                fields.EventId = reader.GetGuid();
                break;
            case 1:
                fields.EventTime = reader.GetDateTime();
                break;
            case 2:
                fields.EventType = ReadType(ref reader);
                break;
            case 3:
                fields.ProductId = Text(ref reader);
                break;
            case 4:
                fields.CategoryId = Text(ref reader);
                break;
            case 5:
                fields.CategoryCode = Text(ref reader);
                break;
            case 6:
                fields.Brand = Text(ref reader);
                break;
            case 7:
                fields.Price = reader.GetDecimal();
                break;
            case 8:
                fields.UserId = reader.GetString();
                break;
            case 9:
                fields.UserSession = reader.GetString();
                break;
            case 10:
                fields.Source = Text(ref reader);
                break;
            case 11:
                fields.Position = reader.GetInt64();
                break;
            case 12:
                fields.ReceivedAt = reader.GetDateTime();
                break;
            case 13:
                fields.ValidatedAt = reader.GetDateTime();
                break;
            case 14:
                fields.Late = reader.GetBoolean();
                break;
            case 15:
                fields.Lane = reader.GetInt32();
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static BehaviorEventType ReadType(ref Utf8JsonReader reader) =>
        BehaviorEventTypes.TryParse(Text(ref reader), out BehaviorEventType type)
            ? type
            : throw new FormatException("It is none of the four.");

    private static string? Text(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? null
        : reader.ValueIsEscaped ? reader.GetString()
        : SharedText.Get(reader.ValueSpan);

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static class Names
    {
        public static readonly string[] Text =
        [
            "event_id",
            "event_time",
            "event_type",
            "product_id",
            "category_id",
            "category_code",
            "brand",
            "price",
            "user_id",
            "user_session",
            "source",
            "position",
            "received_at",
            "validated_at",
            "late",
            "lane",
        ];

        private static readonly byte[][] Utf8 = [.. Text.Select(Encoding.UTF8.GetBytes)];

        public static int IndexOf(ReadOnlySpan<byte> name)
        {
            for (int i = 0; i < Utf8.Length; i++)
            {
                if (name.SequenceEqual(Utf8[i]))
                {
                    return i;
                }
            }

            return -1;
        }
    }

    private struct Fields
    {
        public Guid EventId;
        public DateTime? EventTime;
        public BehaviorEventType? EventType;
        public string? ProductId;
        public string? CategoryId;
        public string? CategoryCode;
        public string? Brand;
        public decimal? Price;
        public string? UserId;
        public string? UserSession;
        public string? Source;
        public long Position;
        public DateTime ReceivedAt;
        public DateTime ValidatedAt;
        public bool Late;
        public int? Lane;

        public readonly BehaviorEvent ToEvent() =>
            new()
            {
                EventId = EventId,
                EventTime = EventTime ?? throw Missing("event_time"),
                EventType = EventType ?? throw Missing("event_type"),
                ProductId = ProductId ?? throw Missing("product_id"),
                CategoryId = CategoryId,
                CategoryCode = CategoryCode,
                Brand = Brand,
                Price = Price ?? throw Missing("price"),
                UserId = UserId ?? throw Missing("user_id"),
                UserSession = UserSession ?? throw Missing("user_session"),
                Source = Source ?? throw Missing("source"),
                Position = Position,
                ReceivedAt = ReceivedAt,
                ValidatedAt = ValidatedAt,
                Late = Late,
                Lane = Lane,
            };

        private static FormatException Missing(string field) => new($"Not a validated event: {field} is missing.");
    }
}
