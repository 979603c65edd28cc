using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary>Turns an entity's value in the online store into values of the features' types.</summary>
internal sealed class FeatureReader
{
    private readonly FeatureView _view;
    private readonly (Feature Feature, int Place)[] _features;
    private readonly int _eventTime;

    public FeatureReader(FeatureView view, IReadOnlyList<string> names)
    {
        _view = view;
        _features = [.. names.Distinct(StringComparer.Ordinal).Select(name => Find(view, name))];
        _eventTime = Find(view, "event_time").Place;
    }

    /// <param name="entity">The entity's id.</param>
    /// <param name="packed">What Redis has; nothing for an entity that it does not know.</param>
    /// <param name="now">The present, UTC.</param>
    public EntityFeatures Read(string entity, ReadOnlySpan<byte> packed, DateTime now)
    {
        string?[] values = PackedFeatures.Unpack(packed, _view);
        if (values[_eventTime] is not { } time)
        {
            return new EntityFeatures(entity, Found: false, Features: null, EventTime: null, AgeSeconds: null);
        }

        Dictionary<string, object?> features = new(_features.Length, StringComparer.Ordinal);
        foreach ((Feature feature, int place) in _features)
        {
            features[feature.Name] = Value(feature.Type, values[place]);
        }

        DateTime eventTime = Time(time);
        return new EntityFeatures(
            entity,
            Found: true,
            features,
            eventTime,
            Math.Round((now - eventTime).TotalSeconds, 3)
        );
    }

    private static (Feature Feature, int Place) Find(FeatureView view, string name) =>
        view.Features.Select((feature, place) => (feature, place)).First(found => found.feature.Name == name);

    private static object? Value(FeatureType type, string? value) =>
        string.IsNullOrEmpty(value)
            ? null
            : type switch
            {
                FeatureType.Integer => long.Parse(value, CultureInfo.InvariantCulture),
                FeatureType.Number => decimal.Parse(value, CultureInfo.InvariantCulture),
                FeatureType.Timestamp => Time(value),
                FeatureType.Products => RecentProducts
                    .Parse(value)
                    .Select(product => new RecentProductView(product.ProductId, product.Type.Name()))
                    .ToArray(),
                _ => value,
            };

    private static DateTime Time(string microseconds) =>
        DateTime.UnixEpoch.AddMicroseconds(long.Parse(microseconds, CultureInfo.InvariantCulture));
}
