using System.Text.Json;
using System.Text.Json.Serialization;
using Fecom.Learning.Views;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary>Reads an entity's features, some or all of its view's, from its value in the online store.</summary>
internal sealed class FeatureReader
{
    private readonly FeatureView _view;
    private readonly int[] _places;
    private readonly Feature[] _features;

    public FeatureReader(FeatureView view, IReadOnlyList<string>? names)
    {
        _view = view;
        HashSet<string>? wanted = names is { Count: > 0 } ? new(names, StringComparer.Ordinal) : null;
        _places =
        [
            .. Enumerable
                .Range(0, view.Features.Count)
                .Where(place => wanted is null || wanted.Contains(view.Features[place].Name)),
        ];
        _features = Array.ConvertAll(_places, place => view.Features[place]);
    }

    /// <param name="entity">The entity's id.</param>
    /// <param name="packed">What Redis has; nothing for an entity that it does not know.</param>
    /// <param name="isBehind">Whether Redis is being brought up to what PostgreSQL has.</param>
    /// <param name="now">The present, UTC.</param>
    /// <exception cref="FormatException">The value is of no version that this one knows.</exception>
    public EntityFeatures Read(string entity, ReadOnlySpan<byte> packed, bool isBehind, DateTime now)
    {
        if (packed.IsEmpty)
        {
            return new EntityFeatures(
                entity,
                isBehind ? FeatureStatus.Stale : FeatureStatus.Default,
                EventTime: null,
                new FeatureValues(_features, Array.ConvertAll(_features, feature => feature.Default))
            );
        }

        EntityState state = _view.Unpack(packed);
        FeatureValue[] values = new FeatureValue[_places.Length];
        _view.ReadSome(state, now, _places, values);
        return new EntityFeatures(
            entity,
            isBehind ? FeatureStatus.Stale : FeatureStatus.Found,
            state.EventTime,
            new FeatureValues(_features, values)
        );
    }
}

/// <summary>Values by feature, in JSON an object.</summary>
[JsonConverter(typeof(FeatureValuesConverter))]
internal sealed record FeatureValues(Feature[] Features, FeatureValue[] Values);

internal sealed class FeatureValuesConverter : JsonConverter<FeatureValues>
{
    public override FeatureValues Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        throw new NotSupportedException("Features are written, never read.");

    public override void Write(Utf8JsonWriter writer, FeatureValues features, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        for (int i = 0; i < features.Values.Length; i++)
        {
            writer.WritePropertyName(features.Features[i].Name);
            features.Values[i].WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
