using Fecom.Serving.LoadModels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Serving.TryChallengers;

/// <summary>Says for some minutes which challengers failed, so that the champion answered in their place.</summary>
internal sealed class ChallengerHealthCheck(Challengers challengers, TimeProvider time) : IHealthCheck
{
    /// <summary>How long health tells of a failure.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromMinutes(5);

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        string[] told =
        [
            .. challengers
                .Failures.Where(one => time.GetUtcNow() - one.Value.LastAt < Told)
                .Select(one => Describe(one.Key, one.Value)),
        ];
        return Task.FromResult(
            told.Length == 0
                ? HealthCheckResult.Healthy("none has failed of late")
                : HealthCheckResult.Degraded(string.Join("; ", told))
        );
    }

    private static string Describe(WantedVersion version, ChallengerFailures failures) =>
        $"{version.Model} version {version.Version} failed {failures.All} times, and the champion answered in its place: {failures.Reason}";
}
