using System.Globalization;
using Fecom.Learning.Purchase;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.LoadModels;

/// <summary>Says which models serve, what answers where none does, and which promotion could not be followed.</summary>
internal sealed class ModelHealthCheck(IEnumerable<IModelSlot> slots, IOptions<ServingOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        string description = string.Join("; ", slots.Select(Describe));
        bool isDegraded = slots.Any(slot =>
            slot.Version is null || slot.Refused is not null || slot.Unloadable.Count > 0 || slot.State.IsDegraded
        );
        return Task.FromResult(
            isDegraded ? HealthCheckResult.Degraded(description) : HealthCheckResult.Healthy(description)
        );
    }

    private string Describe(IModelSlot slot)
    {
        string serves = slot.Version is { } version
            ? $"{slot.Name} version {version} serves"
            : $"no {slot.Name} model serves yet: {Instead(slot)}";
        IReadOnlyList<string> notes = IModelSlot.NotesOf(slot);
        return notes.Count == 0 ? serves : $"{serves} ({string.Join(' ', notes)})";
    }

    private string Instead(IModelSlot slot) =>
        slot.Name == PurchaseModel.Kind
            ? string.Create(CultureInfo.InvariantCulture, $"the base rate {options.Value.BaseRate} answers")
            : "what is trending answers";
}
