using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Serving.FollowTrending;

/// <summary>The fields of an event that trending, the catalogue and the live sessions need.</summary>
internal sealed record ProductVisit(
    string ProductId,
    string? CategoryId,
    string? CategoryCode,
    BehaviorEventType Type,
    DateTime Time,
    bool IsSample = false,
    string? Brand = null,
    decimal? Price = null,
    string? Session = null
);

/// <summary>Reads only these fields from the validated topic: every host reads every event for these, so reading must be cheap.</summary>
internal sealed class ProductVisitFormat : ITopicFormat<ProductVisit>
{
    public ProductVisit Read(ReadOnlySpan<byte> value)
    {
        Fields fields = default;
        try
        {
            return EventReader.Read(value, ref fields) is { } problem
                ? throw new FormatException(problem)
                : fields.ToVisit();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"Not a validated event: {e.Message}", e);
        }
    }

    private struct Fields : IEventFields
    {
        private string? _product;
        private string? _category;
        private string? _code;
        private BehaviorEventType? _type;
        private DateTime? _time;
        private bool _isSample;
        private string? _brand;
        private decimal? _price;
        private string? _session;

        public void Take(EventKey key, ref Utf8JsonReader reader)
        {
            reader.Read();
            switch (key)
            {
                case EventKey.ProductId:
                    _product = SharedText.Read(ref reader);
                    break;
                case EventKey.CategoryId:
                    _category = SharedText.Read(ref reader);
                    break;
                case EventKey.CategoryCode:
                    _code = SharedText.Read(ref reader);
                    break;
                case EventKey.EventType:
                    _type = BehaviorEventTypes.Read(ref reader);
                    break;
                case EventKey.EventTime:
                    _time = reader.GetDateTime();
                    break;
                case EventKey.Brand:
                    _brand = SharedText.Read(ref reader);
                    break;
                case EventKey.Price:
                    _price = reader.GetDecimal();
                    break;
                case EventKey.UserSession:
                    _session = SharedText.Read(ref reader);
                    break;
                case EventKey.Source:
                    _isSample = reader.ValueTextEquals(BehaviorEvent.SampleSource);
                    break;
            }
        }

        public readonly ProductVisit ToVisit() =>
            _product is null || _type is null || _time is null
                ? throw new FormatException("product_id, event_type or event_time is missing.")
                : new ProductVisit(
                    _product,
                    _category,
                    _code,
                    _type.Value,
                    _time.Value,
                    _isSample,
                    _brand,
                    _price,
                    _session
                );
    }
}
