using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Serving.RunExperiments;

/// <summary>Says which experiments rest, and for a day what the guard has changed: somebody has to look at both.</summary>
internal sealed class ExperimentHealthCheck(Experiments experiments, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        string[] notes =
        [
            .. experiments.Resting.Select(one =>
                $"experiment '{one.Name}' rests on this host, and all its visitors get what everybody gets, because version {one.Version} of the recommender is not loaded"
            ),
            .. experiments
                .Guarded.Where(one => time.GetUtcNow() - one.ChangedAt < ExperimentsRefresh.Told)
                .Select(one => $"the guard changed experiment '{one.Name}' at {one.ChangedAt:u}: {one.Reason}"),
        ];
        return Task.FromResult(
            notes.Length == 0
                ? HealthCheckResult.Healthy(
                    experiments.Running.Count == 0 ? "none runs" : $"{experiments.Running.Count} running"
                )
                : HealthCheckResult.Degraded(string.Join("; ", notes))
        );
    }
}
