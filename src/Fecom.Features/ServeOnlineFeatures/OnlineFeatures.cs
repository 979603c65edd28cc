using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary>Which features of which entities.</summary>
/// <param name="View">A view's name, such as <c>session</c>.</param>
/// <param name="Entities">Entity ids, 1 to 1,000; integers or texts, as in events.</param>
/// <param name="Features">Feature names; all of the view's when left out.</param>
internal sealed record OnlineFeaturesRequest(
    string? View,
    [property: JsonConverter(typeof(OpaqueIdListConverter))] IReadOnlyList<string>? Entities,
    IReadOnlyList<string>? Features
);

/// <summary>Features in the order of the request's entities.</summary>
internal sealed record OnlineFeatures(string View, IReadOnlyList<EntityFeatures> Results);

/// <summary>An entity's features.</summary>
/// <param name="Entity">Its id.</param>
/// <param name="Found">Whether anything is known of it.</param>
/// <param name="Features">Value by name; null where the shop did not say.</param>
/// <param name="EventTime">When the newest event that they speak of happened, UTC.</param>
/// <param name="AgeSeconds">Seconds since then.</param>
internal sealed record EntityFeatures(
    string Entity,
    bool Found,
    IReadOnlyDictionary<string, object?>? Features,
    DateTime? EventTime,
    double? AgeSeconds
);

/// <summary>A product of <c>recent_products</c>.</summary>
internal sealed record RecentProductView(string ProductId, string EventType);

internal sealed record FeatureViewList(IReadOnlyList<FeatureViewDescription> Views);

internal sealed record FeatureViewDescription(
    string Name,
    string Entity,
    long TimeToLiveSeconds,
    IReadOnlyList<FeatureDescription> Features
);

internal sealed record FeatureDescription(string Name, string Type, string Meaning);
