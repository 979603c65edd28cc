using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Views;
using StackExchange.Redis;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary>Turns a hash's texts into values of the features' types.</summary>
internal sealed class FeatureReader
{
    private readonly Feature[] _features;

    public FeatureReader(FeatureView view, IReadOnlyList<string> names)
    {
        _features = [.. names.Distinct(StringComparer.Ordinal).Select(name => view.Features.First(feature => feature.Name == name))];
        Fields = [.. _features.Select(feature => (RedisValue)feature.Name), "event_time"];
    }

    /// <summary>The fields to ask Redis for: the features', then the event time.</summary>
    public RedisValue[] Fields { get; }

    public EntityFeatures Read(string entity, RedisValue[] values, DateTime now)
    {
        if (values[^1].IsNull)
        {
            return new EntityFeatures(entity, Found: false, Features: null, EventTime: null, AgeSeconds: null);
        }

        Dictionary<string, object?> features = new(_features.Length, StringComparer.Ordinal);
        for (int i = 0; i < _features.Length; i++)
        {
            features[_features[i].Name] = Value(_features[i].Type, values[i]);
        }

        DateTime eventTime = Time(values[^1]!);
        return new EntityFeatures(entity, Found: true, features, eventTime, Math.Round((now - eventTime).TotalSeconds, 3));
    }

    private static object? Value(FeatureType type, RedisValue value) =>
        value.IsNullOrEmpty ? null
        : type switch
        {
            FeatureType.Integer => (long)value,
            FeatureType.Number => decimal.Parse((string)value!, CultureInfo.InvariantCulture),
            FeatureType.Timestamp => Time((string)value!),
            FeatureType.Products => RecentProducts
                .Parse((string)value!)
                .Select(product => new RecentProductView(product.ProductId, product.Type.Name()))
                .ToArray(),
            _ => (string?)value,
        };

    private static DateTime Time(string microseconds) =>
        DateTime.UnixEpoch.AddMicroseconds(long.Parse(microseconds, CultureInfo.InvariantCulture));
}
