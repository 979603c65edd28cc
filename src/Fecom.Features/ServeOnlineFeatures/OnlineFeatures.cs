using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary>Which features of which entities.</summary>
/// <param name="View">A view's name, such as <c>session</c>.</param>
/// <param name="Entities">Entity ids, 1 to 1,000; integers or texts, as in events.</param>
/// <param name="Features">Feature names; all of the view's when left out.</param>
internal sealed record OnlineFeaturesRequest(
    [property: Required] string? View,
    [property: Required, Length(1, OnlineFeaturesApi.MaxEntities), JsonConverter(typeof(OpaqueIdListConverter))]
        IReadOnlyList<string>? Entities,
    IReadOnlyList<string>? Features
);

/// <summary>Features of entities.</summary>
/// <param name="View">The view.</param>
/// <param name="Results">In the order of the request's entities.</param>
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
/// <param name="ProductId">The product.</param>
/// <param name="EventType">What was done with it.</param>
internal sealed record RecentProductView(string ProductId, string EventType);

/// <summary>Feature views.</summary>
/// <param name="Views">The views, each with its features.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record FeatureViewList(IReadOnlyList<FeatureViewDescription> Views, string? Next);

/// <summary>A feature view.</summary>
/// <param name="Name">Its name, as calls give it.</param>
/// <param name="Entity">The event's field that names whom the features are about.</param>
/// <param name="TimeToLiveSeconds">How long the online store keeps an entity after its last event.</param>
/// <param name="Features">Its features.</param>
internal sealed record FeatureViewDescription(
    string Name,
    string Entity,
    long TimeToLiveSeconds,
    IReadOnlyList<FeatureDescription> Features
);

/// <summary>A feature.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What kind of value it has.</param>
/// <param name="Meaning">What it says.</param>
internal sealed record FeatureDescription(
    string Name,
    [property: AllowedValues("text", "integer", "number", "timestamp", "products")] string Type,
    string Meaning
);
