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
    /// <param name="session">The session.</param>
    /// <param name="activityCount">Its events so far: each state has more than the one before.</param>
    /// <param name="fields">Names and values by turns.</param>
    public static FeatureState OfSession(string session, int activityCount, string[] fields) =>
        new(SessionView.View, session, activityCount.ToString("D10", CultureInfo.InvariantCulture), fields);

    public static FeatureState OfProduct(string product, long revision, ProductState state) =>
        new(ProductView.View, product, Revised(revision), state.ToFields());

    public static FeatureState OfCategory(string category, long revision, CategoryState state) =>
        new(CategoryView.View, category, Revised(revision), state.ToFields());

    /// <summary>The letter comes after the digits with which guards began before there were revisions, so these give way.</summary>
    private static string Revised(long revision) => $"r{revision:D19}";
}
