using System.Globalization;
using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>An entity's newest state as the offline store has it, on its way to the online store.</summary>
/// <param name="View">The view.</param>
/// <param name="Entity">The entity's id.</param>
/// <param name="Guard">Ascends with the entity's states, compared as text: an older state never overwrites a newer one.</param>
/// <param name="Fields">Names and values by turns.</param>
internal readonly record struct FeatureState(FeatureView View, string Entity, string Guard, string[] Fields)
{
    public static FeatureState OfSession(string session, long revision, string[] fields) =>
        new(SessionView.View, session, Revised(revision), fields);

    public static FeatureState OfProduct(string product, long revision, ProductState state) =>
        new(ProductView.View, product, Revised(revision), state.ToFields());

    public static FeatureState OfCategory(string category, long revision, CategoryState state) =>
        new(CategoryView.View, category, Revised(revision), state.ToFields());

    /// <summary>The letter comes after the digits with which guards began when they were no revisions, so these give way.</summary>
    private static string Revised(long revision) => $"r{revision:D19}";
}
