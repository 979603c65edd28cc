using System.Diagnostics.Metrics;

namespace Fecom.Serving.LoadModels;

/// <summary>Which version of each model answers on this host.</summary>
internal sealed class ModelMetrics
{
    private readonly IModelSlot[] _slots;

    public ModelMetrics(IMeterFactory meters, IEnumerable<IModelSlot> slots)
    {
        _slots = [.. slots];
        meters
            .Create("Fecom.Serving.Models")
            .CreateObservableGauge(
                "fecom.serving.model.version",
                () =>
                    _slots.Select(slot => new Measurement<int>(
                        slot.Version ?? 0,
                        new KeyValuePair<string, object?>("fecom.model.name", slot.Name)
                    )),
                unit: null,
                "The version that answers; 0 while none does and the fallback answers."
            );
    }
}
