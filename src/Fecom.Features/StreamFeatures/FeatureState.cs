using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>An entity's newest state as PostgreSQL has it, on its way to the online store.</summary>
/// <param name="View">The view.</param>
/// <param name="Entity">The entity's id.</param>
/// <param name="Packed">The online store's value, of which an older one never overwrites a newer one. Of a tick: until that is released (<see cref="PackedStates"/>).</param>
internal readonly record struct FeatureState(FeatureView View, string Entity, ReadOnlyMemory<byte> Packed);
