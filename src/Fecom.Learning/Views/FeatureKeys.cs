namespace Fecom.Learning.Views;

/// <summary>Where the online store keeps an entity's features: one value an entity and view (see <see cref="PackedFeatures"/>).</summary>
public static class FeatureKeys
{
    /// <summary>The key of an entity's value: <c>fs:{view}:{entity}</c>.</summary>
    /// <param name="view">A view's name, such as <c>session</c>.</param>
    /// <param name="entity">The entity's id, opaque.</param>
    public static string Key(string view, string entity) => $"fs:{view}:{entity}";
}
