using System.Globalization;
using Hangfire;
using Hangfire.Storage.Monitoring;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Jobs;

/// <summary>Whether this host's workers send heartbeats, and which jobs failed in their last run. Serving does not need them, so the worst state is degraded.</summary>
internal sealed class JobHealthCheck(
    JobStorage storage,
    JobStarter jobs,
    RunTable runs,
    IOptions<JobOptions> options,
    TimeProvider time
) : IHealthCheck
{
    private const int MissedBeats = 4;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        DateTime since = time.GetUtcNow().UtcDateTime - (MissedBeats * JobRegistration.Heartbeat);
        ServerDto[] living = [.. storage.GetMonitoringApi().Servers().Where(server => server.Heartbeat > since)];
        string[] silent =
        [
            .. JobRegistration.Queues(options.Value).Where(queue => !living.Any(server => IsOwn(server, queue))),
        ];
        if (silent.Length > 0)
        {
            return HealthCheckResult.Degraded(
                $"The workers of {string.Join(", ", silent)} give no sign of life: runs wait, or other hosts do them."
            );
        }

        RunRow[] failed =
        [
            .. (await runs.LastEndedAsync(cancellationToken)).Where(run =>
                run.State == "Failed" && jobs.Jobs.Any(job => job.Name == run.Job)
            ),
        ];
        return failed.Length == 0
            ? HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"{jobs.Jobs.Count} jobs"))
            : HealthCheckResult.Degraded(
                string.Join(
                    "; ",
                    failed.Select(run => $"{run.Job} failed last time: see /api/v1/jobs/{run.Job}/runs/{run.Id}")
                )
            );
    }

    private static bool IsOwn(ServerDto server, string queue) =>
        server.Name.StartsWith(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{JobRegistration.ServerName(queue)}:{Environment.ProcessId}:"
            ),
            StringComparison.OrdinalIgnoreCase
        );
}
