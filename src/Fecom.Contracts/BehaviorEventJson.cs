using System.Buffers;
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
        fields.At = EventKey.Other;
        try
        {
            return EventReader.Read(json, ref fields) is { } problem
                ? throw new FormatException(problem)
                : fields.ToEvent();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            string field = fields.At == EventKey.Other ? "$" : fields.At.Name();
            throw new FormatException($"Not a validated event: {field}: {e.Message}", e);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private struct Fields : IEventFields
    {
        /// <summary>The field that is read.</summary>
        public EventKey At;

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

        public void Take(EventKey key, ref Utf8JsonReader reader)
        {
            At = key;
            if (key == EventKey.Other)
            {
                return;
            }

            reader.Read();
            switch (key)
            {
                case EventKey.EventId:
                    EventId = reader.GetGuid();
                    break;
                case EventKey.EventTime:
                    EventTime = reader.GetDateTime();
                    break;
                case EventKey.EventType:
                    EventType = BehaviorEventTypes.Read(ref reader);
                    break;
                case EventKey.ProductId:
                    ProductId = SharedText.Read(ref reader);
                    break;
                case EventKey.CategoryId:
                    CategoryId = SharedText.Read(ref reader);
                    break;
                case EventKey.CategoryCode:
                    CategoryCode = SharedText.Read(ref reader);
                    break;
                case EventKey.Brand:
                    Brand = SharedText.Read(ref reader);
                    break;
                case EventKey.Price:
                    Price = reader.GetDecimal();
                    break;
                case EventKey.UserId:
                    UserId = reader.GetString();
                    break;
                case EventKey.UserSession:
                    UserSession = reader.GetString();
                    break;
                case EventKey.Source:
                    Source = SharedText.Read(ref reader);
                    break;
                case EventKey.Position:
                    Position = reader.GetInt64();
                    break;
                case EventKey.ReceivedAt:
                    ReceivedAt = reader.GetDateTime();
                    break;
                case EventKey.ValidatedAt:
                    ValidatedAt = reader.GetDateTime();
                    break;
                case EventKey.Lane:
                    Lane = reader.GetInt32();
                    break;
                case EventKey.Late:
                    Late = reader.GetBoolean();
                    break;
            }
        }

        public BehaviorEvent ToEvent() =>
            new()
            {
                EventId = EventId,
                EventTime = EventTime ?? throw Missing(EventKey.EventTime),
                EventType = EventType ?? throw Missing(EventKey.EventType),
                ProductId = ProductId ?? throw Missing(EventKey.ProductId),
                CategoryId = CategoryId,
                CategoryCode = CategoryCode,
                Brand = Brand,
                Price = Price ?? throw Missing(EventKey.Price),
                UserId = UserId ?? throw Missing(EventKey.UserId),
                UserSession = UserSession ?? throw Missing(EventKey.UserSession),
                Source = Source ?? throw Missing(EventKey.Source),
                Position = Position,
                ReceivedAt = ReceivedAt,
                ValidatedAt = ValidatedAt,
                Late = Late,
                Lane = Lane,
            };

        private FormatException Missing(EventKey key)
        {
            At = key;
            return new FormatException("It is missing.");
        }
    }
}
