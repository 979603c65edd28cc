using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

/// <summary>A purchase as a raw event. Nothing is validated here: validation reports missing values and bad numbers.</summary>
internal sealed record OrderedProduct
{
    /// <summary>What the exports write for a category that a lookup did not find.</summary>
    private const string NoCategory = "#N/A";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required long Position { get; init; }

    public string? EventTime { get; init; }

    public string? ProductId { get; init; }

    public string? Category { get; init; }

    public string? Price { get; init; }

    public string? UserId { get; init; }

    public required string UserSession { get; init; }

    public required DateTime ReceivedAt { get; init; }

    /// <summary>The category's path: the product's category has one level, <c>Sports_Leisure</c>.</summary>
    private string? CategoryCode =>
        Category is null or NoCategory ? null : Category.Trim().Replace(' ', '_').ToLowerInvariant();

    public OutgoingMessage ToMessage() =>
        new(
            Encoding.UTF8.GetBytes(UserId ?? UserSession),
            Json(),
            new MessageOrigin(PurchaseProgress.SourceName, Position, ReceivedAt)
        );

    private byte[] Json()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("event_time"u8, EventTime);
            json.WriteString("event_type"u8, BehaviorEventType.Purchase.Name());
            json.WriteString("product_id"u8, ProductId);
            json.WriteString("category_id"u8, CategoryCode is { Length: <= EventRules.MaxIdLength } id ? id : null);
            json.WriteString("category_code"u8, CategoryCode);
            json.WriteNull("brand"u8);
            WritePrice(json);
            json.WriteString("user_id"u8, UserId);
            json.WriteString("user_session"u8, UserSession);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private void WritePrice(Utf8JsonWriter json)
    {
        if (Price is not null && JsonNumber.Is(Encoding.UTF8.GetBytes(Price)))
        {
            json.WritePropertyName("price"u8);
            json.WriteRawValue(Price, skipInputValidation: true);
        }
        else
        {
            json.WriteString("price"u8, Price);
        }
    }
}
