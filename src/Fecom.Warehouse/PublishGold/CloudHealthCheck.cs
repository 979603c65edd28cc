using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.PublishGold;

/// <summary>Whether the cloud warehouse follows gold. What it has not is noted here, so nothing is worse than degraded.</summary>
internal sealed class CloudHealthCheck(CloudStatus status, IOptions<CloudOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        CloudBody cloud = await status.ReadAsync(cancellationToken);
        string waiting = string.Create(
            CultureInfo.InvariantCulture,
            $"{cloud.WaitingChanges:N0} changes of the last {cloud.WaitingSeconds / 60:N0} minutes wait in gold"
        );
        if (cloud.Failure is { } failure)
        {
            return HealthCheckResult.Degraded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{failure.TrimEnd('.')}; so for {cloud.AwaySeconds / 60:N0} minutes, {waiting}"
                )
            );
        }

        return cloud.WaitingSeconds > TimeSpan.FromMinutes(options.Value.MaxLagMinutes).TotalSeconds
                ? HealthCheckResult.Degraded(
                    $"The cloud warehouse is behind: {waiting}, see /api/v1/jobs/{CloudPublisher.Job}/runs"
                )
            : cloud.PublishedAt is { } at
                ? HealthCheckResult.Healthy(
                    string.Create(CultureInfo.InvariantCulture, $"published at {at:yyyy-MM-dd HH:mm} UTC")
                )
            : HealthCheckResult.Healthy("gold has not been published yet");
    }
}
