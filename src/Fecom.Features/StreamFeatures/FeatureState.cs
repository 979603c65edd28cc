using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>An entity's newest state as the offline store has it, on its way to the online store.</summary>
/// <param name="View">The view.</param>
/// <param name="Entity">The entity's id.</param>
/// <param name="Packed">The online store's value, of which an older one never overwrites a newer one.</param>
internal readonly record struct FeatureState(FeatureView View, string Entity, string Packed)
{
    /// <param name="session">The session.</param>
    /// <param name="revision">Revision of its row.</param>
    /// <param name="values">Its values as JSON, as its row has them.</param>
    public static FeatureState OfSession(string session, long revision, string values) =>
        new(SessionView.View, session, PackedFeatures.Pack(revision, values));

    public static FeatureState OfProduct(string product, long revision, ProductState state) =>
        new(ProductView.View, product, PackedFeatures.Pack(revision, PackedFeatures.Values(state.ToFields())));

    public static FeatureState OfCategory(string category, long revision, CategoryState state) =>
        new(CategoryView.View, category, PackedFeatures.Pack(revision, PackedFeatures.Values(state.ToFields())));
}
