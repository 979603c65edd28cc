using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Features.ServeOnlineFeatures;
using Fecom.Learning.Views;

namespace Fecom.Features.CompareFeatures;

/// <summary>An entity's features as they are served, beside those that its events give.</summary>
/// <param name="View">The view.</param>
/// <param name="Entity">The entity.</param>
/// <param name="At">The moment of both: times to now and windows are counted from it.</param>
/// <param name="Online">What the online store has.</param>
/// <param name="Offline">What the events of bronze give.</param>
/// <param name="Differing">How many features differ.</param>
/// <param name="Features">The view's features.</param>
internal sealed record EntityComparison(
    string View,
    string Entity,
    DateTime At,
    OnlineEntity Online,
    OfflineEntity Offline,
    int Differing,
    IReadOnlyList<ComparedFeature> Features
)
{
    /// <summary>Puts the values side by side.</summary>
    public static EntityComparison Of(FeatureView view, EntityFeatures online, EntityHistory offline, DateTime at)
    {
        ComparedFeature[] features =
        [
            .. view.Features.Select(
                (feature, place) =>
                    new ComparedFeature(
                        feature.Name,
                        online.Features.Values[place].ToObject(),
                        offline.Values[place].ToObject(),
                        online.Features.Values[place] != offline.Values[place]
                    )
            ),
        ];
        return new EntityComparison(
            view.Name,
            online.Entity,
            at,
            new OnlineEntity(online.Status, online.EventTime),
            new OfflineEntity(offline.Events, offline.EventTime),
            features.Count(feature => feature.Differs),
            features
        );
    }
}

/// <summary>What the online store has of an entity.</summary>
/// <param name="Status">How far its values are to be trusted.</param>
/// <param name="EventTime">When the newest event that they speak of happened, UTC; null when nothing is known.</param>
internal sealed record OnlineEntity(
    [property: JsonConverter(typeof(JsonStringEnumConverter<FeatureStatus>))] FeatureStatus Status,
    DateTime? EventTime
);

/// <summary>What bronze has of an entity.</summary>
/// <param name="Events">How many events.</param>
/// <param name="EventTime">When the newest of them happened, UTC; null when there is none.</param>
internal sealed record OfflineEntity(
    [property: Range(0, EntityHistoryReader.MaxEvents)] int Events,
    DateTime? EventTime
);

/// <summary>A feature's two values.</summary>
/// <param name="Name">The feature.</param>
/// <param name="Online">As it is served.</param>
/// <param name="Offline">As the events give it.</param>
/// <param name="Differs">Whether they are not the same.</param>
internal sealed record ComparedFeature(string Name, object? Online, object? Offline, bool Differs);
