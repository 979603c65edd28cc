namespace Fecom.Learning.Views;

/// <summary>What a feature's text in the online store stands for.</summary>
public enum FeatureType
{
    /// <summary>Free text; empty when the shop did not say.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A decimal number with a point, without trailing zeros.</summary>
    Number,

    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    Timestamp,

    /// <summary>Products with what was done to them, one a line: see <see cref="RecentProducts"/>.</summary>
    Products,
}

/// <summary>One feature of a view.</summary>
/// <param name="Name">The field's name, online and offline.</param>
/// <param name="Type">How to read its text.</param>
/// <param name="Meaning">What it says, for a person.</param>
public sealed record Feature(string Name, FeatureType Type, string Meaning);

/// <summary>Describes a feature view: whose features it holds, which, and how long they live online.</summary>
/// <param name="Name">The view's name, such as <c>session</c>.</param>
/// <param name="Entity">The event's field that names whom the features are about, such as <c>user_session</c>.</param>
/// <param name="TimeToLive">How long the online store keeps an entity after its last event.</param>
/// <param name="Features">The features, in the order of the state's fields.</param>
public sealed record FeatureView(string Name, string Entity, TimeSpan TimeToLive, IReadOnlyList<Feature> Features)
{
    /// <summary>The features' names, in the order of <see cref="Features"/>.</summary>
    public IReadOnlyList<string> FieldNames { get; } = [.. Features.Select(feature => feature.Name)];
}

/// <summary>Every feature view there is.</summary>
public static class FeatureViews
{
    /// <summary>The views, in the order in which they are listed.</summary>
    public static IReadOnlyList<FeatureView> All { get; } = [SessionView.View, ProductView.View, CategoryView.View];
}
