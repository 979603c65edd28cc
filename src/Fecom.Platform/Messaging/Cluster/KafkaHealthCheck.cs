using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Platform.Messaging;

/// <summary>Whether Kafka answers, and whether its topics' settings keep messages. A host accepts events and serves without it, so the worst state is degraded.</summary>
internal sealed class KafkaHealthCheck(
    KafkaCluster cluster,
    TopicSettings settings,
    RetentionLag lag,
    ForeignMembers members
) : IHealthCheck
{
    /// <summary>Short, because the caller of the health check waits for it.</summary>
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
