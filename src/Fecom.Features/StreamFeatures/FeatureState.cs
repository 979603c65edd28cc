using System.Globalization;
using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>An entity's newest state, on its way to the stores.</summary>
/// <param name="View">The view.</param>
/// <param name="Entity">The entity's id.</param>
/// <param name="Partition">The partition whose event made this state.</param>
/// <param name="Guard">Ascends with the entity's states, compared as text: an older state never overwrites a newer one.</param>
/// <param name="Fields">Names and values by turns.</param>
internal sealed record FeatureState(FeatureView View, string Entity, int Partition, string Guard, string[] Fields)
{
    public static FeatureState Of(string session, int partition, SessionState state) =>
        new(SessionView.View, session, partition, state.ActivityCount.ToString("D10", CultureInfo.InvariantCulture), state.ToFields());

    public static FeatureState Of(string product, int partition, ProductState state) =>
        new(ProductView.View, product, partition, $"{state.EventTime.Ticks:D19}:{state.EventId:N}", state.ToFields());
}
