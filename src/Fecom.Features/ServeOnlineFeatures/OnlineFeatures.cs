using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary>Which features of which entities.</summary>
/// <param name="View">A view's name, such as <c>session</c>.</param>
/// <param name="Entities">Entity ids, 1 to 500; integers or texts, as in events.</param>
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
/// <param name="Status">How far the values are to be trusted.</param>
/// <param name="EventTime">When the newest event that they speak of happened, UTC; null when nothing is known.</param>
/// <param name="Features">Value by name; null where the shop did not say.</param>
internal sealed record EntityFeatures(
    string Entity,
    [property: JsonConverter(typeof(JsonStringEnumConverter<FeatureStatus>))] FeatureStatus Status,
    DateTime? EventTime,
    FeatureValues Features
);

/// <summary>How far an entity's values are to be trusted.</summary>
internal enum FeatureStatus
{
    /// <summary>They are its newest.</summary>
    [JsonStringEnumMemberName("found")]
    Found,

    /// <summary>The online store is being filled again: they may be older than the newest, or missing though the entity is known.</summary>
    [JsonStringEnumMemberName("stale")]
    Stale,

    /// <summary>Nothing is known of the entity: they are the features' defaults.</summary>
    [JsonStringEnumMemberName("default")]
    Default,
}

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
/// <param name="Unit">What the value counts or measures; empty for texts.</param>
/// <param name="Meaning">What it says.</param>
/// <param name="Default">Its value for an entity that nothing is known of.</param>
internal sealed record FeatureDescription(
    string Name,
    [property: AllowedValues("text", "integer", "number", "timestamp", "texts")] string Type,
    string Unit,
    string Meaning,
    object? Default
);
