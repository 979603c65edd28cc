using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Platform.Messaging;

/// <summary>Whether Kafka answers, and whether its topics keep what they are given. Without it a host still takes events and serves, so it is never more than degraded.</summary>
internal sealed class KafkaHealthCheck(
    KafkaCluster cluster,
    TopicSettings settings,
    RetentionLag lag,
    ForeignMembers members
) : IHealthCheck
{
    /// <summary>Whoever asks for the health waits for this.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        if ((cluster.NotOpen ?? await cluster.AskAsync(Timeout)) is { } reason)
        {
            return HealthCheckResult.Degraded(reason);
        }

        string[] losing =
        [
            .. settings
                .Findings.Where(finding => finding.LosesEvents)
                .Select(finding =>
                    $"{finding.Topic} has {finding.Setting}={finding.Value}: {finding.Reason}; {finding.Command}"
                ),
            .. lag.Found,
            .. members.Found,
        ];
        return losing.Length > 0 ? HealthCheckResult.Degraded(string.Join("; ", losing))
            : settings.Findings.Count > 0
                ? HealthCheckResult.Healthy(
                    $"answers; {settings.Findings.Count} settings of its topics do not fit: GET /api/v1/pipeline lists them"
                )
            : HealthCheckResult.Healthy("answers");
    }
}
