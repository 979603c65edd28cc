using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Serving.FollowTrending;

/// <summary>The fields of an event that trending needs.</summary>
internal sealed record ProductVisit(
    string ProductId,
    string? CategoryId,
    string? CategoryCode,
    BehaviorEventType Type,
    DateTime Time,
    bool IsSample = false
);

/// <summary>Reads only these fields from the validated topic: every host reads every event for trending, so reading must be cheap.</summary>
internal sealed class ProductVisitFormat : ITopicFormat<ProductVisit>
{
    public ProductVisit Read(ReadOnlySpan<byte> value)
    {
        (string? product, string? category, string? code) = (null, null, null);
        BehaviorEventType? type = null;
        DateTime? time = null;
        bool isSample = false;
        try
        {
            Utf8JsonReader reader = new(value);
            _ = reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadOnlySpan<byte> name = reader.ValueSpan;
                _ = reader.Read();
                if (name.SequenceEqual("product_id"u8))
                {
                    product = Text(ref reader);
                }
                else if (name.SequenceEqual("category_id"u8))
                {
                    category = Text(ref reader);
                }
                else if (name.SequenceEqual("category_code"u8))
                {
                    code = Text(ref reader);
                }
                else if (name.SequenceEqual("event_type"u8))
                {
                    type = BehaviorEventTypes.TryParse(Text(ref reader), out BehaviorEventType known) ? known : null;
                }
                else if (name.SequenceEqual("event_time"u8))
                {
                    time = reader.GetDateTime();
                }
                else if (name.SequenceEqual("source"u8))
                {
                    isSample = reader.ValueTextEquals(BehaviorEvent.SampleSource);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"Not a validated event: {e.Message}", e);
        }

        return product is null || type is null || time is null
            ? throw new FormatException("Not a validated event: product_id, event_type or event_time is missing.")
            : new ProductVisit(product, category, code, type.Value, time.Value, isSample);
    }

    private static string? Text(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? null
        : reader.ValueIsEscaped ? reader.GetString()
        : SharedText.Get(reader.ValueSpan);
}
